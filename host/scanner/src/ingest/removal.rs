//! A source is removed with all that it stated: an operator takes back what was handed in by mistake.

use std::collections::BTreeSet;

use limpid_model::RemovedSource;
use limpid_runtime::{Mode, Source};
use limpid_store::Batch;
use limpid_store::tables::feeds::Feeds;
use limpid_store::tables::fetches::Fetches;
use limpid_store::tables::sources::{self, Sources};

use super::difference::{Difference, Terms};
use super::records::{AdvisorySet, Knowledge};
use super::silence::Guard;
use super::{enrichments, keeping, sources_of};
use crate::Error;
use crate::history::Record;
use crate::ingest::Ingest;
use crate::plugins::no_feed;

impl Ingest<'_> {
    /// Removes a source of a feed, with all that it stated, and what is kept of it, as one difference.
    /// Subscribers are told what is so no longer, since they were told that it is so. Where the feed is
    /// fetched and its publisher still has it, the next run brings it back.
    ///
    /// # Errors
    /// [`Error::NoFeed`], [`Error::NoSource`], and where the store fails.
    pub(crate) fn remove_source(&self, feed: &str, source: &str) -> Result<RemovedSource, Error> {
        let writer = self.writers.ingest();
        let view = writer.view();
        let key = sources::Key { feed: feed.to_owned(), source: source.to_owned() };
        let stored = view.get::<Feeds>(&key.feed)?;
        if stored.is_none() && self.registry.snapshot().feed(feed).is_none() {
            return Err(no_feed(&self.registry.snapshot(), feed));
        }
        let (stated, fetched) = (view.get::<Sources>(&key)?, view.get::<Fetches>(&key)?);
        if stated.is_none() && fetched.is_none() {
            let known = sources_of(&view, feed)?.into_iter().collect();
            return Err(Error::NoSource { feed: feed.to_owned(), name: source.to_owned(), known });
        }
        let mut row = stored.unwrap_or_default();
        let record = Record {
            at: self.moments.next(&self.settings.clock),
            feed,
            revision: row.revision + 1,
            source,
            before: stated.as_ref().map(|stated| stated.namespaces.clone()),
        };
        let mut batch = Batch::default();
        let whole = Source { name: source.to_owned(), url: String::new(), mode: Mode::Whole };
        let terms = Terms {
            source: &whole,
            before: stated.as_ref(),
            guard: Guard::Forced,
            now: self.settings.clock.now(),
            least: 0,
            withdrawn: &BTreeSet::new(),
            others: BTreeSet::new(),
        };
        let nothing = AdvisorySet::default();
        let mut difference = Difference::write(*self, &view, &mut batch, &record, nothing, &terms)?;
        enrichments::write(&view, &mut batch, (&record, &whole), Knowledge::default(), &mut difference)?;
        difference.changes.is_removal = true;
        if record.before.is_some() {
            row.revision = record.revision;
            record.removal(&mut batch)?;
        }
        let cause = (feed, row.revision);
        let notices = self.notifying().announce(&writer, (&view, &mut batch), cause, &difference.changes)?;
        row.advisories = row.advisories.saturating_sub(difference.withdrawn);
        batch.put::<Feeds>(&key.feed, &row)?;
        batch.delete::<Sources>(&key);
        batch.delete::<Fetches>(&key);
        keeping::forget(&view, &mut batch, &key)?;
        writer.commit(batch)?;
        drop((view, writer));
        self.notifying().post_now();
        tracing::info!(
            feed,
            source,
            withdrawn = difference.withdrawn,
            notices,
            "removed source `{source}` of feed `{feed}`"
        );
        let (feed, source) = (key.feed, key.source);
        Ok(RemovedSource { feed, source, revision: row.revision, withdrawn: difference.withdrawn })
    }
}
