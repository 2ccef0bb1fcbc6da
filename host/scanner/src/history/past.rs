use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use limpid_store::tables::enrichments as knowledge;
use limpid_store::tables::history::{self, Row};
use limpid_store::tables::{advisories, affects, revisions};

use crate::Error;
use crate::matching::{Said, Statements};

/// What was said and known at a moment, as far as that is something else than now. By default it is
/// now.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// What was changed at this time or later is taken back, in milliseconds since 1970; none where
    /// nothing is.
    since: Option<u64>,
    /// The revisions that feeds had which have others now.
    revisions: HashMap<String, u64>,
    /// Of which namespaces sources spoke, by feed and source, that speak of others now; none of what
    /// was not known.
    sources: HashMap<(String, String), Option<Vec<String>>>,
    /// Advisories that have changed since, and what they were.
    advisories: BTreeMap<advisories::Key, Option<advisories::Row>>,
    /// What they said, by namespace and name.
    said: HashMap<(String, String), Vec<Said>>,
    /// What was known of vulnerabilities.
    enrichments: BTreeMap<knowledge::Key, Option<knowledge::Row>>,
}

impl Past {
    /// That of the moment before a time.
    pub(super) fn new(since: u64) -> Self {
        Self { since: Some(since), ..Self::default() }
    }

    /// Takes a revision of a feed back. Those of one feed come in their order.
    pub(super) fn add_revision(&mut self, key: revisions::Key, row: revisions::Row) {
        if self.since.is_some_and(|since| row.at >= since) {
            self.revisions.entry(key.feed).or_insert(key.revision.saturating_sub(1));
        }
    }

    /// Takes a change back. Changes come in the order in which they were made: the first after the
    /// moment tells what was there at it.
    pub(super) fn add(&mut self, key: history::Key, row: Row) {
        if key.id.is_empty() {
            let namespaces = match row {
                Row::Source(namespaces) => Some(namespaces),
                _ => None,
            };
            self.sources.entry((key.feed, key.source)).or_insert(namespaces);
        } else if !self.knew(&key.feed, &key.source) {
            // Nothing was known of all that it says.
        } else if key.kind.is_empty() {
            self.add_advisory(key, row);
        } else {
            let known = match row {
                Row::Enrichment(row) => Some(row),
                _ => None,
            };
            let key = knowledge::Key { id: key.id, kind: key.kind, feed: key.feed, source: key.source };
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

    /// Whether it is no moment of the past.
    pub(crate) const fn is_now(&self) -> bool {
        self.since.is_none()
    }

    /// Whether what is said now was said then.
    fn says_the_same(&self) -> bool {
        self.advisories.is_empty() && self.sources.is_empty()
    }

    fn holds_now(&self, key: &affects::Key) -> bool {
        let advisory =
            advisories::Key { feed: key.feed.clone(), id: key.id.clone(), source: key.source.clone() };
        !self.advisories.contains_key(&advisory) && self.knew(&key.feed, &key.source)
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

    /// Makes of what is known of a vulnerability what was known of it.
    pub(crate) fn take_back(
        &self,
        vulnerability: &str,
        known: &mut BTreeMap<knowledge::Key, knowledge::Row>,
    ) {
        known.retain(|key, _| self.knew(&key.feed, &key.source));
        let [kind, feed, source] = [(); 3].map(|()| String::new());
        let first = knowledge::Key { id: vulnerability.to_owned(), kind, feed, source };
        let changed = self.enrichments.range(first..).take_while(|(key, _)| key.id == vulnerability);
        for (key, before) in changed {
            match before {
                Some(row) => drop(known.insert(key.clone(), row.clone())),
                None => drop(known.remove(key)),
            }
        }
    }

    /// Whether a source was known.
    pub(crate) fn knew(&self, feed: &str, source: &str) -> bool {
        !matches!(self.sources.get(&(feed.to_owned(), source.to_owned())), Some(None))
    }

    /// The namespaces of which a source spoke, given those of which it speaks.
    pub(crate) fn namespaces<'a>(&'a self, feed: &str, source: &str, now: &'a [String]) -> &'a [String] {
        match self.sources.get(&(feed.to_owned(), source.to_owned())) {
            Some(before) => before.as_deref().unwrap_or_default(),
            None => now,
        }
    }

    /// The revision that a feed had, given the one that it has.
    pub(crate) fn revision(&self, feed: &str, now: u64) -> u64 {
        self.revisions.get(feed).copied().unwrap_or(now)
    }

    /// A time that is not after the moment.
    pub(crate) fn not_after(&self, time: u64) -> u64 {
        self.since.map_or(time, |since| time.min(since.saturating_sub(1)))
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
        if self.past.says_the_same() {
            return Ok(now);
        }
        let mut said: Vec<Said> = now.iter().filter(|said| self.past.holds_now(&said.key)).cloned().collect();
        let before = self.past.said.get(&(namespace.to_owned(), name.to_owned()));
        said.extend(before.into_iter().flatten().cloned());
        said.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Arc::new(said))
    }
}
