//! Ingesting advisories: a document is parsed, compared with what its source stated before, and the
//! difference is written in one batch.

mod again;
mod ahead;
mod aliases;
mod collecting;
mod collector;
mod difference;
mod document;
mod enrichments;
mod keeping;
mod naming;
mod parser;
mod records;
mod removal;
mod restoring;
mod silence;
mod soundness;
mod writing;

use std::fs::File;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use limpid_model::{Ingested, chain};
use limpid_runtime::Registry;
use limpid_store::tables::feeds::Feeds;
use limpid_store::{Batch, Store};

use crate::history::Moments;
use crate::notices::{Deliveries, Notifying};
use crate::plugins::no_feed;
use crate::running::Runs;
use crate::writer::Writers;
use crate::{Error, Settings};
pub(crate) use again::{Confirmed, followed, is_same};
use ahead::{Ahead, Stream};
use collecting::Teller;
use collector::Collector;
pub(crate) use document::{Document, Spool};
pub(crate) use keeping::{Kept, kept};
pub(crate) use naming::sources_of;
pub(crate) use parser::Parser;
pub(crate) use records::Records;
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

/// Whether documents that are read are kept after that, or are what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeping {
    Later,
    Already,
}

/// While a plugin reads. However that ends, what is done beside it ends, too.
struct Reading<'a> {
    sink: &'a Mutex<Teller>,
    stream: &'a Stream,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        Teller::close(self.sink);
        self.stream.close();
    }
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
        let parsed = self.parse(parser, source.unwrap_or(name), &documents, Keeping::Later)?;
        let known = sources_of(&self.store.view(), parser.name())?;
        let source = naming::resolve(parser.name(), handed, &parsed.collected, (&starts, known))?;
        let input =
            Input { source: &source, documents: &documents, validators: None, trust, news: News::Told };
        Ok(self.write(parser, input, parsed)?.ingested)
    }

    /// Gives documents of one source to the feed's plugin. While it reads them, other threads inflate what it
    /// reads next, collect what it has stated, and compress what is kept of the documents later.
    pub(crate) fn parse(
        &self,
        parser: &dyn Parser,
        source: &str,
        documents: &[Document],
        keeping: Keeping,
    ) -> Result<Parsed, Error> {
        let feeds = &self.settings.feeds;
        let collector = Collector::new(feeds.advisories, feeds.follow_documents);
        let (ahead, stream) = Ahead::of(documents, &self.settings.documents);
        let (sink, collecting) = Teller::new();
        let is_wanted = AtomicBool::new(true);
        let compress = |document: &Document| {
            document.compress_ahead(self.settings, || is_wanted.load(Ordering::Relaxed))
        };
        let (parsed, collected) = thread::scope(|scope| {
            let reading = Reading { sink: &sink, stream: &stream };
            let start = || thread::Builder::new();
            start().spawn_scoped(scope, || ahead.run()).map_err(Error::no_thread)?;
            let collected =
                start().spawn_scoped(scope, || collecting.into(collector)).map_err(Error::no_thread)?;
            // Of many there would be as many open files.
            if let (Keeping::Later, [document]) = (keeping, documents) {
                start().spawn_scoped(scope, || compress(document)).map_err(Error::no_thread)?;
            }
            let parsed = parser.parse(source, Box::new(stream.clone()), sink.clone());
            let parsed = parsed.map_err(Error::from).and_then(|cursor| {
                stream.finish().map_err(Error::Document)?;
                Ok(cursor)
            });
            if parsed.is_err() {
                is_wanted.store(false, Ordering::Relaxed);
            }
            drop(reading);
            Ok::<_, Error>((parsed, collected.join().unwrap_or_else(|panic| resume_unwind(panic))))
        })?;
        if let Some(excess) = collected.excess() {
            return Err(excess);
        }
        Ok(Parsed { collected, cursor: parsed? })
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
