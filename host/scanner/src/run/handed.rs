//! What somebody does to a feed is kept beside its runs: documents that are handed in, bundles, and sources that are
//! removed.

use std::fs::File;

use limpid_model::{ImportedFeed, Ingested, PastRun, RemovedSource, RunKind, RunResult, chain};
use limpid_store::Batch;

use super::{past, shorten};
use crate::Error;
use crate::ingest::{Handed, Ingest};

impl Ingest<'_> {
    /// Ingests a document of a feed, and keeps what came of it, also where it is refused.
    ///
    /// # Errors
    /// Those of [`Self::ingest_document`].
    pub(crate) fn take_document(
        &self,
        feed: &str,
        handed: Handed<'_>,
        file: File,
    ) -> Result<Ingested, Error> {
        let began = self.settings.clock.now();
        let ingested = self.ingest_document(feed, handed, file);
        let past = match &ingested {
            Ok(ingested) => past::handed_in(ingested),
            // Nothing is kept of what nobody reads, and nothing can be kept where the store fails.
            Err(Error::NoFeed { .. } | Error::Store(_)) => return ingested,
            Err(error) => {
                let revision = past::revision(&self.store.view(), feed)?;
                PastRun {
                    kind: RunKind::HandedIn,
                    before: Some(revision),
                    result: RunResult { feed: feed.to_owned(), revision, ..RunResult::default() },
                    why: Some(shorten(&chain(error))),
                    ..PastRun::default()
                }
            }
        };
        self.keep_run(began, past);
        ingested
    }

    /// Removes a source of a feed, and keeps that it was removed.
    ///
    /// # Errors
    /// Those of [`Self::remove_source`].
    pub(crate) fn take_back_source(&self, feed: &str, source: &str) -> Result<RemovedSource, Error> {
        let began = self.settings.clock.now();
        let before = past::revision(&self.store.view(), feed)?;
        let removed = self.remove_source(feed, source)?;
        let result = RunResult {
            feed: removed.feed.clone(),
            revision: removed.revision,
            withdrawn: removed.withdrawn,
            ..RunResult::default()
        };
        // Others may have changed the feed meanwhile.
        let before = Some(before.max(removed.revision.saturating_sub(1)).min(removed.revision));
        self.keep_run(began, PastRun { kind: RunKind::Removed, before, result, ..PastRun::default() });
        Ok(removed)
    }

    /// Keeps what a bundle brought of a feed whose revision was `before` when it began.
    pub(crate) fn keep_import(&self, (began, before): (u64, u64), imported: &ImportedFeed) {
        let ImportedFeed { refused, missing, .. } = imported;
        let result = RunResult {
            feed: imported.feed.clone(),
            revision: imported.revision,
            ingested: imported.ingested,
            unchanged: imported.unchanged,
            added: imported.added,
            changed: imported.changed,
            withdrawn: imported.withdrawn,
            rejected: imported.rejected,
            absent: past::first(missing),
            failures: past::first(refused),
            ..RunResult::default()
        };
        let past = PastRun {
            kind: RunKind::Imported,
            before: Some(before),
            result,
            absent: missing.len() as u64,
            failed: refused.len() as u64,
            ..PastRun::default()
        };
        self.keep_run(began, past);
    }

    /// What was done is done, whether or not it can be kept that it was.
    fn keep_run(&self, began: u64, past: PastRun) {
        if let Err(error) = self.try_keep_run(began, past) {
            tracing::warn!(error = chain(&error), "it is not kept what a document brought");
        }
    }

    fn try_keep_run(&self, began: u64, past: PastRun) -> Result<(), Error> {
        let writer = self.writers.ingest();
        let view = writer.view();
        let mut batch = Batch::default();
        let ended = self.settings.clock.now();
        past::keep((&view, &mut batch), PastRun { began, ended, ..past })?;
        writer.commit(batch)
    }
}
