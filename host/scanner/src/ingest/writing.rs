//! What documents state, written as the difference to what their source stated before.

use std::collections::BTreeSet;

use limpid_fetch::Validators;
use limpid_model::Ingested;
use limpid_runtime::{Mode, Source};
use limpid_store::tables::feeds::Feeds;
use limpid_store::tables::fetches::{self, Fetches};
use limpid_store::tables::sources::{self, Sources};
use limpid_store::{Batch, View};

use super::difference::{Difference, Terms};
use super::silence::Guard;
use super::{
    Collector, Document, News, Parsed, Parser, REMEMBERED, Records, Trust, enrichments, keeping, soundness,
};
use crate::history::Record;
use crate::ingest::Ingest;
use crate::writer::Writer;
use crate::{Error, notices};

/// Documents of one source, and where they are from.
pub(crate) struct Input<'a> {
    pub(crate) source: &'a Source,
    pub(crate) documents: &'a [Document],
    /// By which their publisher knows them; none where they were handed in.
    pub(crate) validators: Option<&'a Validators>,
    pub(crate) trust: Trust,
    pub(crate) news: News,
}

/// What a source states, to be written.
pub(super) struct Stated<'a> {
    pub(super) source: &'a Source,
    pub(super) collected: &'a Collector,
    /// Ingested from there.
    pub(super) records: Records,
    pub(super) news: News,
    /// When its publisher stated it, in milliseconds since 1970; none: at this moment.
    pub(super) as_of: Option<u64>,
    /// Of when it says that it is, where that is what is known of its age.
    pub(super) dated: Option<u64>,
    pub(super) guard: Guard,
}

/// What came of documents.
pub(crate) struct Written {
    pub(crate) ingested: Ingested,
    /// What is to be remembered of a document that leads to others only when those are in, too:
    /// otherwise the next run would take it for unchanged, and not go there.
    pub(crate) deferred: Option<(sources::Key, fetches::Row)>,
    /// Number of the first change that was kept, where the documents are changes.
    pub(crate) first_change: Option<u64>,
}

/// The sources of a feed of which something is stored, but one.
fn others(view: &View<'_>, but: &sources::Key) -> Result<BTreeSet<String>, Error> {
    let keys = view.keys::<Sources>(|key| {
        key.text(&but.feed);
    });
    let others = keys.filter(|key| key.as_ref().map_or(true, |key| key.source != but.source));
    others.map(|key| Ok(key?.source)).collect()
}

impl Ingest<'_> {
    /// Writes what documents state, in one batch.
    pub(crate) fn write(
        &self,
        parser: &dyn Parser,
        input: Input<'_>,
        parsed: Parsed,
    ) -> Result<Written, Error> {
        let Parsed { mut collected, cursor } = parsed;
        let (feed, source) = (parser.name(), input.source);
        // What is compared with the store must be what is there until the difference is written.
        let writer = self.writers.ingest();
        let view = writer.view();
        let key = sources::Key { feed: feed.to_owned(), source: source.name.clone() };
        let before = view.get::<Fetches>(&key)?.unwrap_or_default();
        if input.trust == Trust::Checked && source.mode == Mode::Whole {
            let stated = view.get::<Sources>(&key)?;
            let least = self.settings.feeds.least_percent;
            soundness::check(&source.name, stated.as_ref(), &before, &collected, least)?;
        }
        let mut batch = Batch::default();
        let records = std::mem::take(&mut collected.records);
        let guard = input.trust.guard();
        // What is handed in is as old as it says that it is.
        let dated = collected.dated().filter(|_| input.validators.is_none());
        // One moment for all: a bundle says of a source when it was confirmed, and a report, as of when it is.
        let now = self.settings.clock.now();
        let as_of = Some(now);
        let stated = Stated { source, collected: &collected, records, news: input.news, as_of, dated, guard };
        let ingested = self.write_difference(parser, &writer, (&view, &mut batch), stated)?;
        let mut fetched = self.fetched(parser, &input, &before, (&collected, now));
        // A document that only names others, an index, is no source of advisories.
        let is_source = ingested.advisories > 0 || ingested.withdrawn > 0 || collected.follow.is_empty();
        let mut first_change = None;
        match source.mode {
            Mode::Whole if is_source => {
                for document in input.documents {
                    keeping::put_whole(self.settings, &view, &mut batch, &key, document)?;
                }
            }
            Mode::Delta if ingested.advisories > 0 || !collected.withdrawn.is_empty() => {
                first_change = Some(fetched.changes.next);
                for document in input.documents {
                    keeping::put_delta(self.settings, &mut batch, &key, fetched.changes.next, document)?;
                    fetched.changes.next += 1;
                    fetched.changes.count += 1;
                    fetched.changes.bytes += document.file.len();
                }
            }
            _ => {}
        }
        let leads_on = !collected.follow.is_empty() || cursor.is_some();
        let deferred = if leads_on && input.validators.is_some() {
            // What is kept is counted all the same.
            if fetched.changes != before.changes {
                batch.put::<Fetches>(&key, &fetches::Row { changes: fetched.changes, ..before })?;
            }
            Some((key, fetched))
        } else {
            batch.put::<Fetches>(&key, &fetched)?;
            None
        };
        writer.commit(batch)?;
        drop((view, writer));
        self.notifying().post_now();
        // The newest state of a record counts, whatever source has it.
        for overtaken in &ingested.overtaken {
            self.remove_source(parser.name(), overtaken)?;
        }
        Ok(Written { ingested, deferred, first_change })
    }

    /// Writes again what a source states, because another version of its plugin has read what is
    /// kept of it. Does nothing where that is not what is kept any more.
    pub(super) fn write_again(
        &self,
        parser: &dyn Parser,
        source: &str,
        mut collected: Collector,
        expected: Option<&fetches::Row>,
    ) -> Result<(), Error> {
        let writer = self.writers.ingest();
        let view = writer.view();
        let key = sources::Key { feed: parser.name().to_owned(), source: source.to_owned() };
        let fetched = view.get::<Fetches>(&key)?;
        if fetched.as_ref() != expected {
            return Ok(());
        }
        let stated = view.get::<Sources>(&key)?;
        let least = self.settings.feeds.least_percent;
        let named = fetches::Row::default();
        soundness::check(source, stated.as_ref(), &named, &collected, least)?;
        let mut batch = Batch::default();
        let whole = Source { name: source.to_owned(), url: String::new(), mode: Mode::Whole };
        let records = std::mem::take(&mut collected.records);
        let stated = Stated {
            source: &whole,
            collected: &collected,
            records,
            news: News::Told,
            as_of: None,
            // Reading it once more makes nothing newer.
            dated: Some(0),
            guard: Guard::SameDocument,
        };
        self.write_difference(parser, &writer, (&view, &mut batch), stated)?;
        if let Some(mut fetched) = fetched {
            if let Some(digest) = fetched.digest() {
                fetched.set_read(digest, parser.plugin().clone());
            }
            fetched.rejected = collected.rejected;
            fetched.rejections = collected.rejections;
            batch.put::<Fetches>(&key, &fetched)?;
        }
        writer.commit(batch)?;
        drop((view, writer));
        self.notifying().post_now();
        Ok(())
    }

    /// Adds to the batch what differs, and what the feed and its source are by then.
    pub(super) fn write_difference(
        &self,
        parser: &dyn Parser,
        writer: &Writer<'_>,
        (view, batch): (&View<'_>, &mut Batch),
        stated: Stated<'_>,
    ) -> Result<Ingested, Error> {
        let Stated { source, collected, records, news, as_of, dated, guard } = stated;
        let kinds = records.kinds;
        let (advisories, enrichments) = records.into_parts();
        let feed = parser.name();
        let now = self.settings.clock.now();
        let mut row = view.get::<Feeds>(&feed.to_owned())?.unwrap_or_default();
        let key = sources::Key { feed: feed.to_owned(), source: source.name.clone() };
        let before = view.get::<Sources>(&key)?;
        let record = Record {
            at: self.moments.next(&self.settings.clock),
            feed,
            revision: row.revision + 1,
            source: &source.name,
            before: before.as_ref().map(|known| known.namespaces.clone()),
        };
        let terms = Terms {
            source,
            before: before.as_ref(),
            guard,
            now: as_of.unwrap_or(now),
            least: self.settings.feeds.least_percent,
            withdrawn: &collected.withdrawn,
            others: others(view, &key)?,
        };
        let mut difference = Difference::write(*self, view, batch, &record, advisories, &terms)?;
        enrichments::write(view, batch, (&record, source), enrichments, &mut difference)?;
        row.set_plugin(parser.plugin().clone());
        if difference.any() {
            row.revision = record.revision;
            record.revision(batch, &difference.namespaces)?;
        }
        if news == News::First {
            difference.changes = notices::Changes::default();
        }
        let cause = (feed, row.revision);
        let notices = self.notifying().announce(writer, (view, batch), cause, &difference.changes)?;
        row.last_success = match dated {
            Some(dated) => row.last_success.max(Some(dated.min(now))),
            None => Some(as_of.unwrap_or(now)),
        };
        row.advisories = (row.advisories + difference.added).saturating_sub(difference.withdrawn);
        let stale = std::mem::take(&mut difference.stale);
        let rejected = collected.rejected + stale.len() as u64;
        let mut rejections = collected.rejections.clone();
        rejections.extend(stale);
        rejections.truncate(REMEMBERED);
        row.rejected = rejected;
        row.rejections = rejections.clone();
        batch.put::<Feeds>(&feed.to_owned(), &row)?;
        // A document that only names others, an index, is no source, and neither is a list of changes
        // that names none.
        let leads_nowhere = collected.follow.is_empty();
        let is_source = leads_nowhere && (source.mode == Mode::Whole || record.before.is_some());
        if difference.stated > 0 || difference.withdrawn > 0 || is_source {
            let namespaces = difference.namespaces.iter().cloned().collect();
            let mut state = sources::Row::new(parser.plugin().clone(), as_of.unwrap_or(now), namespaces);
            state.advisories = difference.stored;
            state.rejected = rejected;
            state.dated = collected.dated().or_else(|| earlier_date(source, before.as_ref()));
            state.spoken = std::mem::take(&mut difference.spoken);
            let changed = before.as_ref().filter(|_| source.mode == Mode::Delta);
            state.set_knows(kinds.and(changed.map(sources::Row::knows).unwrap_or_default()));
            batch.put::<Sources>(&key, &state)?;
        }
        for namespace in &difference.fell_silent {
            tracing::warn!(
                feed,
                source = source.name,
                namespace,
                "source `{}` of feed `{feed}` has stopped speaking of `{namespace}`: what it stated of that stays, \
                 and reports say so; `limpid feed add --force` takes the document as it is",
                source.name
            );
        }
        // Who began it tells of it: a run has many sources.
        tracing::debug!(
            feed,
            source = source.name,
            added = difference.added,
            changed = difference.changed,
            withdrawn = difference.withdrawn,
            notices,
            rejected,
            "read source `{}` of feed `{feed}`",
            source.name
        );
        Ok(Ingested {
            feed: feed.to_owned(),
            source: source.name.clone(),
            revision: row.revision,
            advisories: difference.stated,
            added: difference.added,
            changed: difference.changed,
            withdrawn: difference.withdrawn,
            rejected,
            rejections,
            fell_silent: difference.fell_silent,
            overtaken: difference.overtaken,
            follow: collected.follow.clone(),
        })
    }

    /// What is to be remembered of how a source came.
    fn fetched(
        &self,
        parser: &dyn Parser,
        input: &Input<'_>,
        before: &fetches::Row,
        (collected, now): (&Collector, u64),
    ) -> fetches::Row {
        let validators = input.validators.cloned().unwrap_or_default();
        let mut row = match (input.source.mode, input.documents) {
            (Mode::Whole, _) => fetches::Row::default(),
            // A change does not take the place of what is known of the whole document, unless it is
            // that very document of changes again.
            (Mode::Delta, [_]) if before.address.is_empty() || before.address == validators.address => {
                before.clone()
            }
            (Mode::Delta, _) => return fetches::Row { fetched: now, confirmed: now, ..before.clone() },
        };
        row.fetched = now;
        row.confirmed = now;
        row.address = validators.address;
        row.etag = validators.etag;
        row.modified = validators.modified;
        row.bytes = input.documents.iter().map(|document| document.file.len()).sum();
        row.rejected = collected.rejected;
        row.rejections = collected.rejections.clone();
        if let [document] = input.documents {
            row.set_read(document.digest, parser.plugin().clone());
        }
        if input.source.mode == Mode::Whole {
            row.follow = collected.follow.iter().map(named).collect();
        }
        row
    }
}

/// A source that a document names, as it is remembered.
pub(super) fn named(source: &Source) -> fetches::Followed {
    fetches::Followed {
        name: source.name.clone(),
        url: source.url.clone(),
        is_whole: source.mode == Mode::Whole,
    }
}

/// Changes that say nothing of their date leave that of what they change.
fn earlier_date(source: &Source, before: Option<&sources::Row>) -> Option<u64> {
    before.filter(|_| source.mode == Mode::Delta).and_then(|before| before.dated)
}
