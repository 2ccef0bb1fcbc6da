//! Documents that came before: those that come once more, and those that another version of a
//! plugin reads.

use limpid_fetch::Validators;
use limpid_model::{Ingested, chain};
use limpid_runtime::{Mode, Source};
use limpid_store::tables::feeds::Feeds;
use limpid_store::tables::fetches::{self, Fetches};
use limpid_store::tables::sources::{self, Sources};
use limpid_store::{Batch, View};

use super::{Document, Parser, keeping};
use crate::Error;
use crate::ingest::Ingest;

/// Who says that a source is as it was.
pub(crate) enum Confirmed<'v> {
    /// Its publisher does. The validators are those by which he knows it by now, where they have changed.
    ByPublisher(Option<&'v Validators>),
    /// Somebody has handed in the same document again.
    HandedIn,
}

impl Ingest<'_> {
    /// What is stored of a document that came before, byte for byte, and was read by this very plugin;
    /// none where it was not, or its source has changed since.
    pub(super) fn same_as_before(
        &self,
        parser: &dyn Parser,
        source: Option<&str>,
        documents: &[Document],
    ) -> Result<Option<Ingested>, Error> {
        let [document] = documents else { return Ok(None) };
        let view = self.store.view();
        let rows = view.scan::<Fetches>(|key| {
            key.text(parser.name());
        });
        for row in rows {
            let (key, row) = row?;
            let asked = source.is_none_or(|source| source == key.source);
            if asked && row.changes.count == 0 && is_same(&row, parser, document) {
                return self.confirm(&key, Confirmed::HandedIn);
            }
        }
        Ok(None)
    }

    /// Notes that a source is as it was, and says what is stored of it; none where nothing is.
    pub(crate) fn confirm(
        &self,
        key: &sources::Key,
        confirmed: Confirmed<'_>,
    ) -> Result<Option<Ingested>, Error> {
        let writer = self.writers.ingest();
        let view = writer.view();
        let Some(mut fetched) = view.get::<Fetches>(key)? else { return Ok(None) };
        let now = self.settings.clock.now();
        let mut batch = Batch::default();
        let mut feed = view.get::<Feeds>(&key.feed)?.unwrap_or_default();
        let stored = view.get::<Sources>(key)?;
        let validators = match confirmed {
            Confirmed::ByPublisher(validators) => {
                feed.last_success = Some(now);
                fetched.confirmed = now;
                validators
            }
            // It is as old as it says that it is.
            Confirmed::HandedIn => {
                let dated = stored.as_ref().and_then(|stored| stored.dated);
                feed.last_success = feed.last_success.max(Some(dated.unwrap_or(now).min(now)));
                None
            }
        };
        batch.put::<Feeds>(&key.feed, &feed)?;
        // Of what leads to others they are remembered when those are in.
        if let Some(validators) = validators.filter(|_| fetched.follow.is_empty()).cloned() {
            fetched.address = validators.address;
            fetched.etag = validators.etag;
            fetched.modified = validators.modified;
        }
        batch.put::<Fetches>(key, &fetched)?;
        if let Some(mut stored) = stored.clone() {
            stored.ingested = now;
            batch.put::<Sources>(key, &stored)?;
        }
        writer.commit(batch)?;
        Ok(stored.map(|stored| Ingested {
            feed: key.feed.clone(),
            source: key.source.clone(),
            revision: feed.revision,
            advisories: stored.advisories,
            added: 0,
            changed: 0,
            withdrawn: 0,
            rejected: fetched.rejected,
            rejections: fetched.rejections,
            fell_silent: Vec::new(),
            overtaken: Vec::new(),
            follow: fetched.follow.into_iter().map(followed).collect(),
        }))
    }

    /// Ingests again the documents that are kept of a feed, because its plugin has changed.
    pub(crate) fn parse_again(&self, feed: &str) -> Result<(), Error> {
        let plugins = self.registry.snapshot();
        plugins.feed(feed).map_or(Ok(()), |parser| self.parse_all_again(&parser))
    }

    pub(crate) fn parse_all_again(&self, parser: &dyn Parser) -> Result<(), Error> {
        let feed = parser.name();
        let view = self.store.view();
        let sources = view.scan::<Sources>(|key| {
            key.text(feed);
        });
        for row in sources {
            let key = row?.0;
            if let Err(error) = self.parse_source_again(parser, &view, &key) {
                let error = self.failed(feed, error);
                tracing::warn!("source `{}` of feed `{feed}` stays as it was: {}", key.source, chain(&error));
            }
        }
        Ok(())
    }

    /// Reads the whole document and the changes since then, and writes what they give in one step:
    /// what the changes brought is not gone in between.
    fn parse_source_again(
        &self,
        parser: &dyn Parser,
        view: &View<'_>,
        key: &sources::Key,
    ) -> Result<(), Error> {
        let fetched = view.get::<Fetches>(key)?;
        let kept = keeping::kept(self.settings, view, key)?;
        if kept.whole.is_none() && kept.deltas.is_empty() {
            tracing::warn!("the document of source `{}` of feed `{}` is not kept", key.source, key.feed);
            return Ok(());
        }
        let collected = self.read_kept(parser, &key.source, &kept)?;
        self.write_again(parser, &key.source, collected, fetched.as_ref())
    }
}

/// Whether a document is the one that this plugin has read of a source before.
pub(crate) fn is_same(row: &fetches::Row, parser: &dyn Parser, document: &Document) -> bool {
    row.digest() == Some(document.digest) && row.plugin().as_ref() == Some(parser.plugin())
}

/// A source as it was named.
pub(crate) fn followed(named: fetches::Followed) -> Source {
    let mode = if named.is_whole { Mode::Whole } else { Mode::Delta };
    Source { name: named.name, url: named.url, mode }
}
