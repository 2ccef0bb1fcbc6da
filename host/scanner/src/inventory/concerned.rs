//! The reverse question: whom a vulnerability concerns.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use limpid_model::{Digest, KeyedVersion, PluginId, Rating};
use limpid_store::View;
use limpid_store::key::Writer;
use limpid_store::tables::advisories::{self, Advisories};
use limpid_store::tables::affects::{self, Affects, KeyedRange, Statement};
use limpid_store::tables::contexts::{self, Contexts};
use limpid_store::tables::inventory::{self, Inventory, Named};
use limpid_store::tables::known_as::KnownAs;

use crate::Error;
use crate::fold::Held;
use crate::matching::{AboutSome, Match, Matcher, Matches, Owned, Said, namespaces_in};

/// A package of a layer that a vulnerability concerns, in one context.
#[derive(Clone, Debug)]
pub(crate) struct Concerned {
    pub(crate) diff_id: Digest,
    pub(crate) context: u64,
    pub(crate) package: limpid_model::Package,
    pub(crate) path: String,
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
    let candidates = candidates(view, said)?;
    let mut contexts = KnownContexts::new(view);
    let mut found = Vec::new();
    for (place, row) in candidates {
        if row.owner().is_some() && owned == Owned::LeftToDistribution {
            continue;
        }
        for (context, surroundings) in contexts.of(&place.diff_id)? {
            let counts = surroundings.detectors().any(|component| component == place.component);
            if !counts || surroundings.hidden().any(|(path, _)| path == row.path()) {
                continue;
            }
            for (package, path, found_here) in judged(&row, surroundings, said)? {
                found.push(Concerned {
                    diff_id: place.diff_id,
                    context: *context,
                    package,
                    path,
                    found: found_here,
                });
            }
        }
    }
    Ok(found)
}

fn judged(
    row: &inventory::Row,
    surroundings: &contexts::Row,
    said: &AboutSome,
) -> Result<Vec<(limpid_model::Package, String, Match)>, Error> {
    let (path, package, keys) = row.clone().into_parts();
    let held = Held {
        // Who found it does not matter to advisories.
        detector: PluginId {
            name: String::new(),
            version: String::new(),
            digest: Digest::from_bytes([0; 32]),
        },
        path,
        member: None,
        package,
        keys,
        stated_by: 0,
        introduced_by: 0,
        owner: None,
    };
    let mut matcher = Matcher { statements: said, out: Matches::default() };
    let namespaces = namespaces_in(&held.package.scope, surroundings.namespaces());
    matcher.package(0, &held, namespaces, surroundings.properties())?;
    let matches = matcher.out.matches.into_iter();
    Ok(matches.map(|found| (held.package.clone(), held.path.clone(), found)).collect())
}

/// The contexts of layers, each read once.
pub(crate) struct KnownContexts<'v> {
    view: &'v View<'v>,
    by_layer: HashMap<Digest, Vec<(u64, contexts::Row)>>,
}

impl<'v> KnownContexts<'v> {
    pub(crate) fn new(view: &'v View<'v>) -> Self {
        Self { view, by_layer: HashMap::new() }
    }

    /// Those in which a layer lies.
    pub(crate) fn of(&mut self, diff_id: &Digest) -> Result<&[(u64, contexts::Row)], Error> {
        if !self.by_layer.contains_key(diff_id) {
            let rows = self.view.scan::<Contexts>(|key| {
                key.digest(diff_id);
            });
            let rows = rows.map(|row| row.map(|(key, row)| (key.context, row)));
            self.by_layer.insert(*diff_id, rows.collect::<Result<_, _>>()?);
        }
        Ok(self.by_layer.get(diff_id).map_or(&[], |rows| rows))
    }
}

/// A package in the inventory, under whichever of its names it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    diff_id: Digest,
    component: Digest,
    number: u64,
}

/// Packages that may be concerned: those of the names that are spoken of, with versions that are
/// said to be vulnerable.
fn candidates(view: &View<'_>, said: &AboutSome) -> Result<BTreeMap<Place, inventory::Row>, Error> {
    let mut candidates = BTreeMap::new();
    for (namespace, name) in said.names() {
        // A package of the distribution does not know of which: its context does.
        for namespace_of_package in [namespace, ""] {
            for statement in said.of_name(namespace, name).iter().flat_map(|said| &said.statements) {
                if statement.status.concerns() {
                    add_candidates(view, (namespace_of_package, name), statement, &mut candidates)?;
                }
            }
        }
    }
    Ok(candidates)
}

fn add_candidates(
    view: &View<'_>,
    (namespace, name): (&str, &str),
    statement: &Statement,
    candidates: &mut BTreeMap<Place, inventory::Row>,
) -> Result<(), Error> {
    let own = if statement.of_source { Named::Source } else { Named::Package };
    let mut add = |(key, row): (inventory::Key, inventory::Row)| {
        let place = Place { diff_id: key.diff_id, component: key.component, number: key.place };
        candidates.insert(place, row);
    };
    for named in [Named::Alike, own] {
        // What holds for all versions holds for those that nobody can order, too.
        if statement.ranges.iter().any(|range| range.introduced.is_none() && range.until.is_none()) {
            let rows = view.scan::<Inventory>(|key| {
                inventory::Key::of_name(key, namespace, name, named);
            });
            for row in rows {
                add(row?);
            }
            continue;
        }
        // A version that is listed is known by its text, where it cannot be ordered.
        let unordered = (!statement.versions.is_empty()).then_some(None);
        for scheme in statement.component.as_ref().map(Some).into_iter().chain(unordered) {
            for part in parts(statement, scheme) {
                let prefix = |key: &mut Writer| inventory::Key::prefix(key, namespace, name, named, scheme);
                let rows = view.scan_from::<Inventory>(prefix, |key| {
                    prefix(key);
                    if let Some(from) = part.from {
                        key.bytes(from);
                    }
                });
                for row in rows {
                    let (key, row) = row?;
                    if part.ends_before(&key.version) {
                        break;
                    }
                    add((key, row));
                }
            }
        }
    }
    Ok(())
}

/// A part of the versions of a name, as keys.
struct Part<'a> {
    from: Option<&'a [u8]>,
    until: Option<&'a [u8]>,
}

impl Part<'_> {
    /// Whether it has ended before a version. Where it ends exactly is for the judge to say.
    fn ends_before(&self, version: &[u8]) -> bool {
        self.until.is_some_and(|until| version > until)
    }
}

/// The parts of which a statement speaks, of the versions that a component orders, or that none
/// does. A range whose end cannot be ordered may have any.
fn parts<'a>(statement: &'a Statement, scheme: Option<&Digest>) -> Vec<Part<'a>> {
    if scheme.is_none() {
        return vec![Part { from: None, until: None }];
    }
    let range = |range: &'a KeyedRange| Part {
        from: range.introduced.as_ref().and_then(key_of),
        until: range.until.as_ref().and_then(key_of),
    };
    let mut parts: Vec<_> = statement.ranges.iter().map(range).collect();
    for version in statement.versions.iter().filter_map(key_of) {
        parts.push(Part { from: Some(version), until: Some(version) });
    }
    parts
}

fn key_of(keyed: &KeyedVersion) -> Option<&[u8]> {
    keyed.key.as_ref().ok().map(limpid_model::Key::as_bytes)
}
