//! Sources as another service has kept them.

use limpid_fetch::Validators;
use limpid_model::Ingested;
use limpid_runtime::{Mode, Source};
use limpid_store::Batch;
use limpid_store::tables::fetches::{self, Fetches};
use limpid_store::tables::sources::{self, Sources};

use super::writing::Stated;
use super::{Collector, Keeping, Kept, News, Parsed, Parser, Trust, keeping, soundness};
use crate::Error;
use crate::ingest::Ingest;

/// A source, and all that it is read from.
pub(crate) struct Restored<'a> {
    pub(crate) key: sources::Key,
    pub(crate) kept: &'a Kept,
    /// By which its publisher knows the whole document.
    pub(crate) validators: Validators,
    /// When the document came, and when its publisher last stated that it is still the same.
    pub(crate) fetched: u64,
    pub(crate) confirmed: u64,
    /// How many of the changes are all that there was at the beginning.
    pub(crate) initial: u64,
    pub(crate) trust: Trust,
}

/// What came of it.
pub(crate) enum Restoring {
    Ingested(Box<Ingested>),
    /// It is stored just so.
    Same,
    /// A newer state of it is stored.
    Older {
        /// Of when that is.
        stored: u64,
    },
}

impl Ingest<'_> {
    /// Puts all that a source states in the place of what was stored of it, in one step.
    pub(crate) fn restore(&self, parser: &dyn Parser, restored: Restored<'_>) -> Result<Restoring, Error> {
        let stored = self.store.view().get::<Fetches>(&restored.key)?.unwrap_or_default();
        if let Some(outcome) = needless(&restored, &stored) {
            return Ok(outcome);
        }
        let mut collected = self.read_kept(parser, &restored.key.source, restored.kept)?;
        let writer = self.writers.ingest();
        let view = writer.view();
        // Looked at again, now that nobody else writes.
        let before = view.get::<Fetches>(&restored.key)?.unwrap_or_default();
        if let Some(outcome) = needless(&restored, &before) {
            return Ok(outcome);
        }
        let Restored { key, kept, confirmed, trust, .. } = &restored;
        if *trust == Trust::Checked {
            let stated = view.get::<Sources>(key)?;
            let least = self.settings.feeds.least_percent;
            soundness::check(&key.source, stated.as_ref(), &before, &collected, least)?;
        }
        let whole =
            Source { name: key.source.clone(), url: restored.validators.address.clone(), mode: Mode::Whole };
        let mut batch = Batch::default();
        let stated = Stated {
            source: &whole,
            records: std::mem::take(&mut collected.records),
            collected: &collected,
            news: News::Told,
            as_of: Some(*confirmed),
            dated: None,
            guard: trust.guard(),
        };
        let ingested = self.write_difference(parser, &writer, (&view, &mut batch), stated)?;
        keeping::put_all(self.settings, &view, &mut batch, key, kept)?;
        batch.put::<Fetches>(key, &fetched(parser, &restored, &collected))?;
        writer.commit(batch)?;
        drop((view, writer));
        self.notifying().post_now();
        Ok(Restoring::Ingested(Box::new(ingested)))
    }

    /// What the whole document and the changes since then state.
    pub(super) fn read_kept(
        &self,
        parser: &dyn Parser,
        source: &str,
        kept: &Kept,
    ) -> Result<Collector, Error> {
        let Parsed { mut collected, .. } = match &kept.whole {
            Some(whole) => self.parse(parser, source, std::slice::from_ref(whole), Keeping::Already)?,
            None => Parsed::default(),
        };
        // One at a time, since a later one may withdraw what an earlier one states.
        for delta in &kept.deltas {
            collected.change(
                self.parse(parser, source, std::slice::from_ref(delta), Keeping::Already)?.collected,
            )?;
        }
        Ok(collected)
    }
}

/// What comes of it where it need not be read.
fn needless(restored: &Restored<'_>, stored: &fetches::Row) -> Option<Restoring> {
    let same = stored.fetched == restored.fetched
        && stored.digest() == last(restored.kept).map(|document| document.digest)
        && stored.changes.count == restored.kept.deltas.len() as u64;
    if same {
        return Some(Restoring::Same);
    }
    let is_older = restored.trust == Trust::Checked && stored.confirmed > restored.confirmed;
    is_older.then_some(Restoring::Older { stored: stored.confirmed })
}

/// The document by which its publisher is asked for changes: the whole one, or else the last change.
fn last(kept: &Kept) -> Option<&super::Document> {
    kept.whole.as_ref().or(kept.deltas.last())
}

/// What is to be remembered of how it came.
fn fetched(parser: &dyn Parser, restored: &Restored<'_>, collected: &Collector) -> fetches::Row {
    let Restored { kept, validators, .. } = restored;
    let sizes = || kept.deltas.iter().map(|document| document.file.len());
    let count = kept.deltas.len() as u64;
    let initial = restored.initial.min(count);
    let changes = fetches::Changes {
        next: count,
        count,
        bytes: sizes().sum(),
        initial,
        initial_bytes: sizes().take(usize::try_from(initial).unwrap_or(usize::MAX)).sum(),
    };
    let mut row = fetches::Row {
        address: validators.address.clone(),
        etag: validators.etag.clone(),
        modified: validators.modified.clone(),
        fetched: restored.fetched,
        confirmed: restored.confirmed,
        bytes: last(kept).map_or(0, |document| document.file.len()),
        rejected: collected.rejected,
        rejections: collected.rejections.clone(),
        follow: collected.follow.iter().map(super::writing::named).collect(),
        changes,
        ..fetches::Row::default()
    };
    if let Some(document) = last(kept) {
        row.set_read(document.digest, parser.plugin().clone());
    }
    row
}
