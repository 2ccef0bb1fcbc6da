use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use limpid_model::report::Enriched;
use limpid_store::tables::enrichments as knowledge;
use limpid_store::tables::history::{self, Row};
use limpid_store::tables::{advisories, affects};

use crate::Error;
use crate::matching::{Said, Statements};

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
    /// Takes a change back. Changes come in the order in which they were made.
    pub(super) fn add(&mut self, key: history::Key, row: Row) {
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
