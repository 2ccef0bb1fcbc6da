//! The reverse question: whom a vulnerability concerns.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use limpid_model::{Digest, PluginId, Rating};
use limpid_store::tables::advisories::{self, Advisories};
use limpid_store::tables::affects::{self, Affects};
use limpid_store::tables::contexts::{self, Contexts};
use limpid_store::tables::inventory;
use limpid_store::tables::known_as::KnownAs;
use limpid_store::{Cursor, View};

use super::candidates::{Place, candidates};
use crate::Error;
use crate::fold::Held;
use crate::matching::{AboutSome, Match, Matcher, Matches, Owned, Said, namespaces_in};

/// A package of a layer that a vulnerability concerns, in one context.
#[derive(Clone, Debug)]
pub(crate) struct Concerned {
    pub(crate) diff_id: Digest,
    pub(crate) context: u64,
    pub(crate) held: Arc<Held>,
    pub(crate) found: Match,
}

/// What all publishers say of the vulnerability of an identifier: their advisories, whatever they
/// call it.
#[derive(Debug, Default)]
pub(crate) struct Vulnerability {
    /// As all publishers call it.
    pub(crate) names: BTreeSet<String>,
    pub(crate) advisories: BTreeMap<advisories::Key, advisories::Row>,
}

impl Vulnerability {
    /// Finds it by any of its identifiers.
    pub(crate) fn find(view: &View<'_>, identifier: &str) -> Result<Self, Error> {
        let mut found = Self::default();
        found.add(view, identifier)?;
        for (key, row) in &found.advisories {
            let advisory = row.clone().into_advisory(key.id.clone());
            found.names.extend(advisory.vulnerabilities());
        }
        // An advisory that mends several is about each; the identifier asked for says which is meant.
        if found.names.contains(identifier) {
            found.names = BTreeSet::from([identifier.to_owned()]);
        }
        for name in found.names.clone() {
            found.add(view, &name)?;
        }
        Ok(found)
    }

    /// The one of that name, as all publishers call it, and what is said of it.
    pub(crate) fn about(view: &View<'_>, name: &str) -> Result<Self, Error> {
        let mut found = Self { names: BTreeSet::from([name.to_owned()]), ..Self::default() };
        found.add(view, name)?;
        Ok(found)
    }

    /// The same without some advisories.
    pub(crate) fn without(&self, gone: &BTreeSet<advisories::Key>) -> Self {
        let advisories = self.advisories.iter().filter(|(key, _)| !gone.contains(key));
        Self {
            names: self.names.clone(),
            advisories: advisories.map(|(key, row)| (key.clone(), row.clone())).collect(),
        }
    }

    /// The ratings that an advisory gives, whoever is affected.
    pub(crate) fn ratings(&self, key: &advisories::Key) -> Vec<Rating> {
        let row = self.advisories.get(key).cloned();
        row.map(|row| row.into_advisory(key.id.clone()).ratings).unwrap_or_default()
    }

    fn add(&mut self, view: &View<'_>, identifier: &str) -> Result<(), Error> {
        let keys = view.keys::<KnownAs>(|key| {
            key.text(identifier);
        });
        for key in keys {
            let key = key?;
            let key = advisories::Key { feed: key.feed, id: key.id, source: key.source };
            if !self.advisories.contains_key(&key)
                && let Some(row) = view.get::<Advisories>(&key)?
            {
                self.advisories.insert(key, row);
            }
        }
        Ok(())
    }

    /// What they say, by package.
    pub(crate) fn said(&self, view: &View<'_>) -> Result<AboutSome, Error> {
        Ok(AboutSome::new(self.all_said(view)?))
    }

    /// What they say, ready to be compared.
    pub(crate) fn all_said(&self, view: &View<'_>) -> Result<Vec<Said>, Error> {
        let mut keys = BTreeSet::new();
        for (key, row) in &self.advisories {
            for affected in row.clone().into_advisory(key.id.clone()).affected {
                keys.insert(affects::Key {
                    namespace: affected.namespace,
                    name: affected.name,
                    feed: key.feed.clone(),
                    id: key.id.clone(),
                    source: key.source.clone(),
                });
            }
        }
        let keys: Vec<_> = keys.into_iter().collect();
        let rows = view.multi_get::<Affects>(&keys)?;
        let said = keys.into_iter().zip(rows).filter_map(|(key, row)| Some(Said::new(key, row?)));
        Ok(said.filter_map(|said| self.only_its_own(said)).collect())
    }

    /// What is said of this vulnerability, and not of others that an advisory is about as well.
    pub(crate) fn only_its_own(&self, said: Said) -> Option<Said> {
        let vulnerabilities: Vec<_> =
            said.vulnerabilities.iter().filter(|name| self.names.contains(*name)).cloned().collect();
        (!vulnerabilities.is_empty()).then_some(Said { vulnerabilities, ..said })
    }
}

/// All packages of layers that what is said concerns, in each context in which they lie.
pub(crate) fn concerned(view: &View<'_>, said: &AboutSome, owned: Owned) -> Result<Vec<Concerned>, Error> {
    let mut contexts = KnownContexts::new(view);
    let mut found = Vec::new();
    for (place, row) in candidates(view, said)? {
        if row.owner().is_some() && owned == Owned::LeftToDistribution {
            continue;
        }
        let surroundings = contexts.of(&place.diff_id)?.iter();
        let surroundings: Vec<_> =
            surroundings.filter(|(_, surroundings)| is_there(&place, &row, surroundings)).collect();
        if surroundings.is_empty() {
            continue;
        }
        let held = Arc::new(held(row));
        for (context, surroundings) in surroundings {
            let concerned = |found| Concerned {
                diff_id: place.diff_id,
                context: *context,
                held: Arc::clone(&held),
                found,
            };
            found.extend(judged(&held, surroundings, said)?.into_iter().map(concerned));
        }
    }
    Ok(found)
}

/// Whether a package of a layer counts in a context: its detector does, and its file stays.
fn is_there(place: &Place, row: &inventory::Row, surroundings: &contexts::Row) -> bool {
    surroundings.detectors().any(|component| component == place.component)
        && !surroundings.hidden().any(|(path, _)| path == row.path())
}

fn held(row: inventory::Row) -> Held {
    let (path, package, keys) = row.into_parts();
    Held {
        // Who found it does not matter to advisories.
        detector: Arc::new(PluginId {
            name: String::new(),
            version: String::new(),
            digest: Digest::from_bytes([0; 32]),
        }),
        path,
        member: None,
        package: Box::new(package),
        keys,
        stated_by: 0,
        introduced_by: 0,
        owner: None,
    }
}

fn judged(held: &Held, surroundings: &contexts::Row, said: &AboutSome) -> Result<Vec<Match>, Error> {
    let mut matcher = Matcher { statements: said, out: Matches::default() };
    let namespaces = namespaces_in(&held.package.scope, surroundings.namespaces());
    matcher.package(0, held, namespaces, surroundings.properties())?;
    Ok(matcher.out.matches)
}

/// The contexts of layers, each read once.
pub(crate) struct KnownContexts<'v> {
    rows: Cursor<'v, Contexts>,
    by_layer: HashMap<Digest, Vec<(u64, contexts::Row)>>,
}

impl<'v> KnownContexts<'v> {
    pub(crate) fn new(view: &'v View<'v>) -> Self {
        Self { rows: view.cursor(), by_layer: HashMap::new() }
    }

    /// Those in which a layer lies.
    pub(crate) fn of(&mut self, diff_id: &Digest) -> Result<&[(u64, contexts::Row)], Error> {
        if !self.by_layer.contains_key(diff_id) {
            let rows = self.rows.scan(|key| {
                key.digest(diff_id);
            });
            let rows = rows.map(|row| row.map(|(key, row)| (key.context, row)));
            self.by_layer.insert(*diff_id, rows.collect::<Result<_, _>>()?);
        }
        Ok(self.by_layer.get(diff_id).map_or(&[], |rows| rows))
    }
}
