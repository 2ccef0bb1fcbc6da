//! Taking in advisories: a document is parsed, held against what its source stated before, and the
//! difference is written in one batch.

mod collector;
mod difference;
mod document;
mod enrichments;
mod keeping;

use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use limpid_model::PluginId;
use limpid_runtime::{Feed, Mode, Source};
use limpid_store::Batch;
use limpid_store::tables::feeds::{self, Feeds};
use limpid_store::tables::sources::{self, Sources};

use crate::history::Record;
use crate::{Error, Scanner, notices};
use collector::Collector;
use difference::Difference;
use keeping::Keeping;

/// How many rejected records a feed remembers with their reasons.
const REMEMBERED: usize = 100;

/// What came of a document.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The feed.
    pub feed: String,
    /// The source that the document is.
    pub source: String,
    /// Revision of the feed after it.
    pub revision: u64,
    /// How many advisories it states.
    pub advisories: u64,
    /// How many of them are new.
    pub added: u64,
    /// How many say something else than before.
    pub changed: u64,
    /// How many of before are gone.
    pub withdrawn: u64,
    /// How many records could not be used.
    pub rejected: u64,
    /// The first of them, and why.
    pub rejections: Vec<(String, String)>,
    /// What the document names to be fetched next.
    pub follow: Vec<Source>,
}

/// A feed: its plugin, and what is held of it.
#[derive(Clone, Debug)]
pub struct FeedState {
    /// The feed's name.
    pub name: String,
    /// The plugin that is loaded for it; none where what is held was read by one that is gone.
    pub plugin: Option<PluginId>,
    /// What is held.
    pub row: feeds::Row,
    /// Its sources that were taken in.
    pub sources: Vec<SourceState>,
}

/// A source that was taken in.
#[derive(Clone, Debug)]
pub struct SourceState {
    /// Its name.
    pub name: String,
    /// What is held of it.
    pub row: sources::Row,
}

impl Scanner {
    /// Takes in one document of a feed, as its publisher serves it or compressed with gzip or zstd.
    /// `source` says which source it is; otherwise the plugin may tell, or else it is the feed's
    /// only source, or goes by its own name.
    ///
    /// # Errors
    /// [`Error::NoFeed`], [`Error::Plugin`] where the document is not what the feed reads, and
    /// where the store fails. What was there before then stays as it is.
    pub fn take_in(
        &self,
        feed: &str,
        source: Option<&str>,
        name: &str,
        bytes: impl Read + Send + 'static,
    ) -> Result<Taken, Error> {
        let plugins = self.plugins();
        let Some(parser) = plugins.feed(feed) else {
            let known = plugins.feeds().map(|feed| feed.name().to_owned()).collect();
            return Err(Error::NoFeed { name: feed.to_owned(), known });
        };
        let limit = self.settings().advisories;
        let collector = Arc::new(Mutex::new(Collector::new(limit)));
        let starts = parser.sources(None)?;
        let asked = source.map_or_else(|| name.to_owned(), str::to_owned);
        let keeping = Keeping::new(bytes, self.scratch_file()?).map_err(Error::Document)?;
        let documents = document::Documents::one(name, keeping.clone()).map_err(Error::Document)?;
        let parsed = parser.parse(&asked, Box::new(documents), collector.clone());
        let collected = std::mem::take(&mut *collector.lock().unwrap_or_else(PoisonError::into_inner));
        if collected.overflowed {
            return Err(self.failed(feed, Error::TooManyAdvisories { limit }));
        }
        parsed.map_err(|failure| self.failed(feed, failure.into()))?;
        let source = resolve(source, &collected, &starts, name);
        self.write(&parser, &source, collected, &keeping)
    }

    fn write(
        &self,
        feed: &Feed<'_>,
        source: &Source,
        collected: Collector,
        keeping: &Keeping,
    ) -> Result<Taken, Error> {
        let name = feed.name();
        // What is held against the store must be what is there until the difference is written.
        let _alone = self.lock_intake();
        let view = self.store().view();
        let mut batch = Batch::default();
        let mut row = view.get::<Feeds>(&name.to_owned())?.unwrap_or_default();
        let now = self.settings().clock.now();
        let record = Record { at: now, feed: name, revision: row.revision + 1, source: &source.name };
        let key = sources::Key { feed: name.to_owned(), source: source.name.clone() };
        if view.get::<Sources>(&key)?.is_none() {
            record.source(&mut batch)?;
        }
        let mut difference = Difference::write(
            self,
            &view,
            &mut batch,
            (&record, source),
            &collected.advisories,
            &collected.withdrawn,
        )?;
        let known = collected.enrichments.values();
        enrichments::write(&view, &mut batch, (&record, source), known, &mut difference)?;
        row.set_plugin(feed.plugin().clone());
        row.revision += u64::from(difference.any());
        let cause = (name, row.revision);
        let notices = notices::raise(self, &view, &mut batch, cause, &difference.changes)?;
        row.last_success = Some(now);
        row.advisories = (row.advisories + difference.added).saturating_sub(difference.withdrawn);
        row.rejected = collected.rejected;
        row.rejections = collected.rejections.clone();
        let stated = difference.stated;
        let taken = Taken {
            feed: name.to_owned(),
            source: source.name.clone(),
            revision: row.revision,
            advisories: stated,
            added: difference.added,
            changed: difference.changed,
            withdrawn: difference.withdrawn,
            rejected: collected.rejected,
            rejections: collected.rejections,
            follow: collected.follow,
        };
        batch.put::<Feeds>(&name.to_owned(), &row)?;
        let namespaces = difference.namespaces.into_iter().collect();
        let mut state = sources::Row::new(feed.plugin().clone(), now, namespaces);
        state.advisories = difference.held;
        state.rejected = taken.rejected;
        // A document that only names others, an index, is no source of advisories.
        if stated > 0 || difference.withdrawn > 0 || taken.follow.is_empty() {
            batch.put::<Sources>(&key, &state)?;
            keeping.put(&view, &mut batch, name, &source.name)?;
        }
        self.store().commit(batch)?;
        if notices > 0 {
            self.desk().ring();
        }
        tracing::info!(
            feed = name,
            source = source.name,
            added = taken.added,
            changed = taken.changed,
            withdrawn = taken.withdrawn,
            notices,
            rejected = taken.rejected,
            "took in a document of feed `{name}`"
        );
        Ok(taken)
    }

    /// Takes in again the documents that are kept of a feed, because its plugin has changed.
    pub(crate) fn parse_again(&self, feed: &str) -> Result<(), Error> {
        let view = self.store().view();
        let sources = view.scan::<Sources>(|key| {
            key.text(feed);
        });
        for row in sources {
            let source = row?.0.source;
            match keeping::kept(&view, feed, &source)? {
                Some(document) => {
                    if let Err(error) = self.take_in(feed, Some(&source), &source, document) {
                        tracing::warn!("source `{source}` of feed `{feed}` stays as it was: {error}");
                    }
                }
                None => tracing::warn!("the document of source `{source}` of feed `{feed}` is not kept"),
            }
        }
        Ok(())
    }

    /// Whoever changes what feeds state does so alone.
    pub(crate) fn lock_intake(&self) -> MutexGuard<'_, ()> {
        self.0.intake.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All feeds: those that a plugin reads, and those of which something is held.
    pub fn feeds(&self) -> Result<Vec<FeedState>, Error> {
        let view = self.store().view();
        let mut feeds = std::collections::BTreeMap::new();
        for feed in self.plugins().feeds() {
            feeds.insert(feed.name().to_owned(), (Some(feed.plugin().clone()), feeds::Row::default()));
        }
        for row in view.scan::<Feeds>(|_| ()) {
            let (name, row) = row?;
            feeds.entry(name).or_insert_with(|| (None, feeds::Row::default())).1 = row;
        }
        let mut states = Vec::new();
        for (name, (plugin, row)) in feeds {
            let sources = view.scan::<Sources>(|key| {
                key.text(&name);
            });
            let sources: Result<Vec<_>, limpid_store::Error> =
                sources.map(|entry| entry.map(|(key, row)| SourceState { name: key.source, row })).collect();
            states.push(FeedState { sources: sources?, name, plugin, row });
        }
        Ok(states)
    }

    /// Remembers why a document was refused; what was there before stays.
    fn failed(&self, feed: &str, error: Error) -> Error {
        let remember = || -> Result<(), Error> {
            let mut row = self.store().view().get::<Feeds>(&feed.to_owned())?.unwrap_or_default();
            row.last_failure = Some((self.settings().clock.now(), error.to_string()));
            let mut batch = Batch::default();
            batch.put::<Feeds>(&feed.to_owned(), &row)?;
            Ok(self.store().commit(batch)?)
        };
        match remember() {
            Ok(()) => error,
            Err(store) => store,
        }
    }
}

/// Which source a document is, and whether it states all of it.
fn resolve(asked: Option<&str>, collected: &Collector, starts: &[Source], name: &str) -> Source {
    let only = || match starts {
        [only] if collected.follow.is_empty() => Some(only.name.as_str()),
        _ => None,
    };
    let resolved = asked.or(collected.identified.as_deref()).or_else(only).unwrap_or(name);
    let known = starts.iter().find(|source| source.name == resolved);
    known.cloned().unwrap_or_else(|| Source {
        name: resolved.to_owned(),
        url: String::new(),
        mode: Mode::Whole,
    })
}

#[cfg(test)]
mod tests;
