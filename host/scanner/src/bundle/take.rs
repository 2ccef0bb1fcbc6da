use std::fs::File;

use limpid_fetch::Validators;
use limpid_model::{ImportedFeed, chain};
use limpid_store::Batch;
use limpid_store::tables::feeds::Feeds;
use limpid_store::tables::runs::{self, Runs};
use limpid_store::tables::sources;

use super::manifest::{self, Missing};
use super::read::Bundle;
use crate::Error;
use crate::ingest::Ingest;
use crate::ingest::{Kept, Parser, Restored, Restoring, Trust};
use crate::plugins::no_feed;

impl Ingest<'_> {
    /// Ingests a bundle: all of it was checked before anything of it is ingested. Each source is one
    /// step, as if its documents had come from their publisher. One of which a newer state is stored stays
    /// as it is, unless the bundle is forced.
    ///
    /// # Errors
    /// [`Error::Bundle`], and where the store fails. What is refused of single feeds and sources stands in
    /// [`ImportedFeed::refused`].
    pub(crate) fn import(&self, bundle: File, trust: Trust) -> Result<Vec<ImportedFeed>, Error> {
        let bundle = self.read_bundle(bundle)?;
        let feeds = bundle.manifest.feeds.iter();
        feeds.map(|feed| self.import_feed(&bundle, feed, trust)).collect()
    }

    fn import_feed(
        &self,
        bundle: &Bundle,
        feed: &manifest::Feed,
        trust: Trust,
    ) -> Result<ImportedFeed, Error> {
        let mut imported = ImportedFeed { feed: feed.name.clone(), ..ImportedFeed::default() };
        imported.missing =
            feed.missing.iter().map(|Missing { source, why }| (source.clone(), why.clone())).collect();
        let plugins = self.registry.snapshot();
        let Some(parser) = plugins.feed(&feed.name) else {
            imported
                .refused
                .push((String::new(), no_feed(&self.registry.snapshot(), &feed.name).to_string()));
            return Ok(imported);
        };
        let _running = match self.runs.begin(&feed.name) {
            Ok(running) => running,
            Err(error) => {
                imported.refused.push((String::new(), error.to_string()));
                return Ok(imported);
            }
        };
        let began = self.settings.clock.now();
        let before = self.store.view().get::<Feeds>(&feed.name)?.unwrap_or_default().revision;
        for source in &feed.sources {
            match self.import_source(&parser, bundle, source, trust) {
                Ok(Restoring::Ingested(ingested)) => {
                    imported.ingested += 1;
                    imported.added += ingested.added;
                    imported.changed += ingested.changed;
                    imported.withdrawn += ingested.withdrawn;
                    imported.rejected += ingested.rejected;
                }
                Ok(Restoring::Same) => imported.unchanged += 1,
                Ok(Restoring::Older { stored }) => {
                    let why = format!(
                        "what is stored of it is of {}, the bundle's of {}; `force` ingests it all the same",
                        limpid_formats::rfc3339(stored),
                        limpid_formats::rfc3339(source.confirmed)
                    );
                    imported.refused.push((source.name.clone(), why));
                }
                Err(error @ Error::Store(_)) => return Err(error),
                Err(error) => {
                    let error = self.failed(&feed.name, error);
                    imported.refused.push((source.name.clone(), chain(&error)));
                }
            }
        }
        if imported.refused.is_empty() && imported.missing.is_empty() {
            self.import_cursor(feed)?;
        }
        imported.revision = self.store.view().get::<Feeds>(&feed.name)?.unwrap_or_default().revision;
        self.keep_import((began, before), &imported);
        Ok(imported)
    }

    fn import_source(
        &self,
        parser: &dyn Parser,
        bundle: &Bundle,
        source: &manifest::Source,
        trust: Trust,
    ) -> Result<Restoring, Error> {
        let document =
            |named: &manifest::Document| Some(bundle.documents.get(&named.digest)?.called(&named.name));
        let kept = Kept {
            whole: source.document.as_ref().and_then(document),
            deltas: source.changes.iter().filter_map(document).collect(),
        };
        let validators = Validators {
            address: source.address.clone(),
            etag: source.etag.clone(),
            modified: source.modified.clone(),
        };
        // Whatever a clock stated where it was made, nothing is of tomorrow.
        let now = self.settings.clock.now();
        let restored = Restored {
            key: sources::Key { feed: parser.name().to_owned(), source: source.name.clone() },
            kept: &kept,
            validators,
            fetched: source.fetched.min(now),
            confirmed: source.confirmed.min(now),
            initial: source.initial,
            trust,
        };
        self.restore(parser, restored)
    }

    /// All of the feed is in: a run goes on where the one ended that the bundle is of.
    fn import_cursor(&self, feed: &manifest::Feed) -> Result<(), Error> {
        let Some(complete) = feed.complete else { return Ok(()) };
        let complete = complete.min(self.settings.clock.now());
        let writer = self.writers.ingest();
        let stored = writer.view().get::<Runs>(&feed.name)?.unwrap_or_default();
        if stored.last_complete.is_some_and(|stored| stored > complete) {
            return Ok(());
        }
        let row = runs::Row {
            cursor: feed.cursor.clone(),
            last_run: stored.last_run,
            last_complete: Some(complete),
            next_run: stored.next_run,
            ..runs::Row::default()
        };
        let mut batch = Batch::default();
        batch.put::<Runs>(&feed.name, &row)?;
        writer.commit(batch)
    }
}
