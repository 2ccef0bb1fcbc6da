//! Ingesting advisories: a document is parsed, compared with what its source stated before, and the
//! difference is written in one batch.

mod again;
mod aliases;
mod collector;
mod difference;
mod document;
mod enrichments;
mod keeping;
mod naming;
mod parser;
mod removal;
mod restoring;
mod silence;
mod soundness;
mod writing;

use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use limpid_model::{Ingested, chain};
use limpid_runtime::Registry;
use limpid_store::Batch;
use limpid_store::Store;
use limpid_store::tables::feeds::Feeds;

use crate::history::Moments;
use crate::notices::{Deliveries, Notifying};
use crate::plugins::no_feed;
use crate::running::Runs;
use crate::writer::Writers;
use crate::{Error, Settings};
pub(crate) use again::{Confirmed, followed, is_same};
use collector::Collector;
pub(crate) use document::{Document, Spool};
pub(crate) use keeping::{Kept, kept};
pub(crate) use naming::sources_of;
pub(crate) use parser::Parser;
pub(crate) use restoring::{Restored, Restoring};
use silence::Guard;
pub(crate) use writing::{Input, Written};

/// How many rejected records a feed remembers with their reasons.
const REMEMBERED: usize = 100;

/// A document that somebody hands in.
#[derive(Clone, Copy, Debug)]
pub struct Handed<'a> {
    /// Which source it is; where nothing is stated, the plugin may tell, or else it is the feed's only
    /// source, or goes by its own name.
    pub source: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
    /// Whether it is compared with what was there before.
    pub trust: Trust,
}

/// What a document may do to what was there before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// One that states next to nothing of what its source stated before is refused.
    #[default]
    Checked,
    /// Somebody has looked at it, and wants it ingested.
    Forced,
}

impl Trust {
    const fn guard(self) -> Guard {
        match self {
            Self::Checked => Guard::Checked,
            Self::Forced => Guard::Forced,
        }
    }
}

/// Whether somebody may want to be told of what documents change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Told,
    /// What a source states first is news to nobody, and it comes in many documents.
    First,
}

/// What ingesting documents needs of the service.
#[derive(Clone, Copy)]
pub(crate) struct Ingest<'s> {
    pub(crate) store: &'s Store,
    pub(crate) writers: &'s Writers,
    pub(crate) registry: &'s Registry,
    pub(crate) settings: &'s Settings,
    pub(crate) moments: &'s Moments,
    pub(crate) runs: &'s Runs,
    pub(crate) deliveries: &'s Deliveries,
}

/// What a plugin made of documents.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) collected: Collector,
    pub(crate) cursor: Option<String>,
}

impl Ingest<'_> {
    /// What it takes to tell of changes.
    fn notifying(&self) -> Notifying<'_> {
        let Self { store, writers, settings, deliveries, .. } = *self;
        Notifying { store, writers, settings, deliveries }
    }

    /// Ingests a document of a feed: as its publisher serves it or compressed, or an archive of
    /// such documents.
    ///
    /// # Errors
    /// [`Error::NoFeed`], [`Error::Plugin`] where the document is not what the feed reads,
    /// [`Error::Shrunk`] where it states next to nothing of what was there, and where the store
    /// fails. What was there before then stays as it is.
    pub(crate) fn ingest_document(
        &self,
        feed: &str,
        handed: Handed<'_>,
        file: File,
    ) -> Result<Ingested, Error> {
        let plugins = self.registry.snapshot();
        let Some(parser) = plugins.feed(feed) else { return Err(no_feed(&self.registry.snapshot(), feed)) };
        let ingested = self.hand_in(&parser, handed, file).map_err(|error| self.failed(feed, error))?;
        let Ingested { source, added, changed, withdrawn, rejected, .. } = &ingested;
        tracing::info!(
            feed,
            source,
            added,
            changed,
            withdrawn,
            rejected,
            "source `{source}` of feed `{feed}` was handed in"
        );
        Ok(ingested)
    }

    fn hand_in(&self, parser: &dyn Parser, handed: Handed<'_>, file: File) -> Result<Ingested, Error> {
        let Handed { source, name, trust } = handed;
        naming::check(source.unwrap_or(name))?;
        let documents = [Document::new(name, file)?];
        if trust == Trust::Checked
            && let Some(ingested) = self.same_as_before(parser, source, &documents)?
        {
            return Ok(ingested);
        }
        let starts = parser.sources(None)?;
        let parsed = self.parse(parser, source.unwrap_or(name), &documents)?;
        let known = sources_of(&self.store.view(), parser.name())?;
        let source = naming::resolve(parser.name(), handed, &parsed.collected, (&starts, known))?;
        let input =
            Input { source: &source, documents: &documents, validators: None, trust, news: News::Told };
        Ok(self.write(parser, input, parsed)?.ingested)
    }

    /// Gives documents of one source to the feed's plugin.
    pub(crate) fn parse(
        &self,
        parser: &dyn Parser,
        source: &str,
        documents: &[Document],
    ) -> Result<Parsed, Error> {
        let feeds = &self.settings.feeds;
        let collector = Arc::new(Mutex::new(Collector::new(feeds.advisories, feeds.follow_documents)));
        let stream = document::Stream::new(documents, &self.settings.documents);
        let parsed = parser.parse(source, Box::new(stream.clone()), collector.clone());
        let collected = std::mem::take(&mut *collector.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(excess) = collected.excess() {
            return Err(excess);
        }
        let cursor = parsed?;
        stream.finish().map_err(Error::Document)?;
        Ok(Parsed { collected, cursor })
    }

    /// Remembers why a document was refused; what was there before stays.
    pub(crate) fn failed(&self, feed: &str, error: Error) -> Error {
        let remember = || -> Result<(), Error> {
            let writer = self.writers.ingest();
            let mut row = writer.view().get::<Feeds>(&feed.to_owned())?.unwrap_or_default();
            row.last_failure = Some((self.settings.clock.now(), chain(&error)));
            let mut batch = Batch::default();
            batch.put::<Feeds>(&feed.to_owned(), &row)?;
            writer.commit(batch)
        };
        match remember() {
            Ok(()) => error,
            Err(store) => store,
        }
    }
}

#[cfg(test)]
mod tests;
