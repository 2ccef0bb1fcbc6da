//! Reports as they would have been: what has changed since is taken back, change by change.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use limpid_model::report::Enriched;
use limpid_store::tables::enrichments as knowledge;
use limpid_store::tables::history::{self, History, Row};
use limpid_store::tables::{advisories, affects};
use limpid_store::{Batch, View};

use crate::matching::{Said, Statements};
use crate::settings::rfc3339;
use crate::{Error, Scanner};

/// Rows removed in one batch.
const ROWS: usize = 10_000;

/// A moment of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// A time, in milliseconds since 1970.
    Time(u64),
    /// When a feed had a revision, the last moment of it.
    Revision {
        /// Name of the feed.
        feed: String,
        /// Its revision.
        revision: u64,
    },
}

impl std::str::FromStr for AsOf {
    type Err = String;

    /// `2026-11-26T05:00:00Z`, or `debian@17`.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((feed, revision)) = text.rsplit_once('@')
            && let Ok(revision) = revision.parse()
        {
            return Ok(Self::Revision { feed: feed.to_owned(), revision });
        }
        let time: Result<jiff::Timestamp, _> = text.parse();
        let time = time.ok().and_then(|time| u64::try_from(time.as_millisecond()).ok());
        time.map(Self::Time).ok_or_else(|| {
            format!("`{text}` is neither a time, as `2026-11-26T05:00:00Z`, nor a revision, as `debian@17`")
        })
    }
}

/// What was said and known at a moment, as far as that is something else than now.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// Advisories that have changed since, and what they were.
    advisories: BTreeMap<advisories::Key, Option<advisories::Row>>,
    /// What they said, by namespace and name.
    said: HashMap<(String, String), Vec<Said>>,
    /// Feeds and sources of which nothing was known.
    unknown: HashSet<(String, String)>,
    /// What was known of vulnerabilities.
    enrichments: BTreeMap<knowledge::Key, Option<knowledge::Row>>,
}

impl Past {
    fn add(&mut self, key: history::Key, row: Row) {
        if key.id.is_empty() {
            self.unknown.insert((key.feed, key.source));
        } else if key.kind.is_empty() {
            self.add_advisory(key, row);
        } else {
            let known = match row {
                Row::Enrichment(row) => Some(row),
                _ => None,
            };
            let key = knowledge::Key { id: key.id, kind: key.kind, feed: key.feed, source: key.source };
            // The first change after the moment tells what was there at it.
            self.enrichments.entry(key).or_insert(known);
        }
    }

    fn add_advisory(&mut self, key: history::Key, row: Row) {
        let key = advisories::Key { feed: key.feed, id: key.id, source: key.source };
        if self.advisories.contains_key(&key) {
            return;
        }
        let (advisory, said) = match row {
            Row::Advisory(advisory, said) => (Some(*advisory), said),
            _ => (None, Vec::new()),
        };
        for (namespace, name, row) in said {
            let place = affects::Key {
                namespace: namespace.clone(),
                name: name.clone(),
                feed: key.feed.clone(),
                id: key.id.clone(),
                source: key.source.clone(),
            };
            self.said.entry((namespace, name)).or_default().push(Said::new(place, row));
        }
        self.advisories.insert(key, advisory);
    }

    /// Whether nothing has changed since.
    fn is_now(&self) -> bool {
        self.advisories.is_empty() && self.unknown.is_empty()
    }

    fn holds_now(&self, key: &affects::Key) -> bool {
        let advisory =
            advisories::Key { feed: key.feed.clone(), id: key.id.clone(), source: key.source.clone() };
        !self.advisories.contains_key(&advisory)
            && !self.unknown.contains(&(key.feed.clone(), key.source.clone()))
    }

    /// An advisory as it was, given how it is.
    pub(crate) fn advisory(
        &self,
        key: &advisories::Key,
        now: Option<advisories::Row>,
    ) -> Option<advisories::Row> {
        match self.advisories.get(key) {
            Some(before) => before.clone(),
            None => now,
        }
    }

    /// What was known of a vulnerability, given what is known.
    pub(crate) fn enrichments(&self, vulnerability: &str, now: Vec<Enriched>) -> Vec<Enriched> {
        let touched: Vec<_> = self.enrichments.iter().filter(|(key, _)| key.id == vulnerability).collect();
        let same = |known: &Enriched| {
            !touched.iter().any(|(key, _)| key.feed == known.feed && key.kind == known.enrichment.kind)
        };
        let mut known: Vec<_> = now.into_iter().filter(same).collect();
        for (key, row) in touched {
            known.extend(row.clone().map(|row| Enriched {
                feed: key.feed.clone(),
                enrichment: row.into_enrichment(key.id.clone(), key.kind.clone()),
            }));
        }
        known
    }

    /// Whether a source was known.
    pub(crate) fn knew(&self, feed: &str, source: &str) -> bool {
        !self.unknown.contains(&(feed.to_owned(), source.to_owned()))
    }
}

/// What was said at a moment.
pub(crate) struct Then<'p, S> {
    pub(crate) past: &'p Past,
    pub(crate) now: S,
}

impl<S: Statements> Statements for Then<'_, S> {
    fn about(&mut self, namespace: &str, name: &str) -> Result<Arc<Vec<Said>>, Error> {
        let now = self.now.about(namespace, name)?;
        if self.past.is_now() {
            return Ok(now);
        }
        let mut said: Vec<Said> = now.iter().filter(|said| self.past.holds_now(&said.key)).cloned().collect();
        let before = self.past.said.get(&(namespace.to_owned(), name.to_owned()));
        said.extend(
            before
                .into_iter()
                .flatten()
                .filter(|said| self.past.knew(&said.key.feed, &said.key.source))
                .cloned(),
        );
        said.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Arc::new(said))
    }
}

impl Scanner {
    /// What was said and known at a moment.
    ///
    /// # Errors
    /// [`Error::BeforeHistory`] where it is longer ago than is kept.
    pub(crate) fn past(&self, view: &View<'_>, as_of: &AsOf) -> Result<Past, Error> {
        let mut past = Past::default();
        let settings = self.settings();
        let oldest = settings.clock.now().saturating_sub(settings.history);
        let after = match as_of {
            AsOf::Time(time) => time.saturating_add(1),
            AsOf::Revision { feed, revision } => self.end_of(view, feed, *revision)?,
        };
        if after < oldest {
            return Err(Error::BeforeHistory { oldest: rfc3339(oldest) });
        }
        let rows = view.scan_from::<History>(
            |_| (),
            |key| {
                key.number(after);
            },
        );
        for row in rows {
            let (key, row) = row?;
            past.add(key, row);
        }
        Ok(past)
    }

    /// When a feed got the revision after one; the end of time where it has not.
    fn end_of(&self, view: &View<'_>, feed: &str, revision: u64) -> Result<u64, Error> {
        for key in view.keys::<History>(|_| ()) {
            let key = key?;
            if key.feed == feed && key.revision > revision {
                return Ok(key.at);
            }
        }
        Ok(u64::MAX)
    }

    /// Forgets what is longer ago than is kept.
    ///
    /// # Errors
    /// The store fails.
    pub fn forget_history(&self) -> Result<(), Error> {
        let settings = self.settings();
        let oldest = settings.clock.now().saturating_sub(settings.history);
        let view = self.store().view();
        let mut batch = Batch::default();
        for key in view.keys::<History>(|_| ()) {
            let key = key?;
            if key.at >= oldest {
                break;
            }
            batch.delete::<History>(&key);
            if batch.len() >= ROWS {
                self.store().commit(std::mem::take(&mut batch))?;
            }
        }
        Ok(self.store().commit(batch)?)
    }
}

/// Takes down what a document changes, as it was before.
pub(crate) struct Record<'a> {
    pub(crate) at: u64,
    pub(crate) feed: &'a str,
    pub(crate) revision: u64,
    pub(crate) source: &'a str,
}

impl Record<'_> {
    /// All of the source came to be known.
    pub(crate) fn source(&self, batch: &mut Batch) -> Result<(), Error> {
        Ok(batch.put::<History>(&self.key("", ""), &Row::Nothing)?)
    }

    /// An advisory changed.
    pub(crate) fn advisory(&self, view: &View<'_>, batch: &mut Batch, id: &str) -> Result<(), Error> {
        let key =
            advisories::Key { feed: self.feed.to_owned(), id: id.to_owned(), source: self.source.to_owned() };
        let before = match view.get::<advisories::Advisories>(&key)? {
            None => Row::Nothing,
            Some(row) => {
                let said = self.said(view, id, &row)?;
                Row::Advisory(Box::new(row), said)
            }
        };
        Ok(batch.put::<History>(&self.key(id, ""), &before)?)
    }

    fn said(
        &self,
        view: &View<'_>,
        id: &str,
        row: &advisories::Row,
    ) -> Result<Vec<(String, String, affects::Row)>, Error> {
        let affected = row.clone().into_advisory(id.to_owned()).affected;
        let names: BTreeSet<_> = affected.into_iter().map(|it| (it.namespace, it.name)).collect();
        let mut said = Vec::new();
        for (namespace, name) in names {
            let key = affects::Key {
                namespace,
                name,
                feed: self.feed.to_owned(),
                id: id.to_owned(),
                source: self.source.to_owned(),
            };
            if let Some(row) = view.get::<affects::Affects>(&key)? {
                said.push((key.namespace, key.name, row));
            }
        }
        Ok(said)
    }

    /// What is known of a vulnerability changed.
    pub(crate) fn enrichment(
        &self,
        view: &View<'_>,
        batch: &mut Batch,
        id: &str,
        kind: &str,
    ) -> Result<(), Error> {
        let key = knowledge::Key {
            id: id.to_owned(),
            kind: kind.to_owned(),
            feed: self.feed.to_owned(),
            source: self.source.to_owned(),
        };
        let before = view.get::<knowledge::Enrichments>(&key)?.map_or(Row::Nothing, Row::Enrichment);
        Ok(batch.put::<History>(&self.key(id, kind), &before)?)
    }

    fn key(&self, id: &str, kind: &str) -> history::Key {
        history::Key {
            at: self.at,
            feed: self.feed.to_owned(),
            revision: self.revision,
            source: self.source.to_owned(),
            id: id.to_owned(),
            kind: kind.to_owned(),
        }
    }
}
