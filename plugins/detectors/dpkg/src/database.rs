//! Which packages are there, by all that a database states: its stanzas in their order, of which later ones
//! take the place of earlier ones as in dpkg's own memory.

use std::collections::BTreeMap;

use limpid_plugin_sdk::detector::Providers;

use crate::relations::Relations;
use crate::status::{Stanza, State};
use crate::vendor;

/// How many bytes the packages that are kept may take, as [`Place::bytes`] counts them. With what is stated of them
/// they take about three times as much, which is what a plugin may use (256 MiB): some 200,000 packages fit.
pub(crate) const MAX_KEPT: usize = 70 << 20;

/// What a package takes in memory beside its texts, in bytes.
const OVERHEAD: usize = 256;

/// Which file a stanza stands in: dpkg finds the place of what it states otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A package has a place for each of its architectures.
    Status,
    /// A package that is there once, and in one architecture only, may change it.
    Journal,
}

/// All that is stated, by the names of packages.
#[derive(Debug, Default)]
pub(crate) struct Database {
    packages: BTreeMap<String, Vec<Place>>,
    kept: usize,
}

/// An architecture of a package, and what is there of it.
#[derive(Debug)]
struct Place {
    architecture: String,
    multi_arch_same: bool,
    state: State,
    found: Option<Found>,
}

/// A package that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Which file states it, as its caller counts them.
    pub(crate) file: usize,
    pub(crate) version: String,
    pub(crate) source: (String, String),
    pub(crate) vendor: Option<String>,
    pub(crate) relations: Relations,
}

impl Database {
    /// What a stanza of a file makes of the database.
    ///
    /// # Errors
    ///
    /// What is wrong with the stanza. One without a status that dpkg knows takes the place of what was before all
    /// the same: that is no longer so.
    pub(crate) fn apply(&mut self, mut stanza: Stanza, file: usize, kind: Kind) -> Result<(), String> {
        let (state, problem) = match stanza.state() {
            Ok(state) => (state, None),
            Err(why) => (State::NotInstalled, Some(why)),
        };
        let found = (state == State::Unpacked).then(|| Found {
            file,
            version: stanza.version.clone(),
            source: stanza.source(),
            vendor: vendor::of(&stanza),
            relations: Relations::take(&mut stanza),
        });
        let place = Place {
            multi_arch_same: stanza.is_multi_arch_same(),
            architecture: stanza.architecture,
            state,
            found,
        };
        self.kept += place.bytes(&stanza.package);
        if self.kept > MAX_KEPT {
            return Err(format!(
                "its packages take more memory than the {} MiB that this plugin uses",
                MAX_KEPT >> 20
            ));
        }
        // Almost every package has one place, and room for more would cost the most.
        let name = stanza.package.clone();
        let places = self.packages.entry(stanza.package).or_insert_with(|| Vec::with_capacity(1));
        match position(places, &place, kind).and_then(|at| places.get_mut(at)) {
            Some(before) => {
                self.kept -= before.bytes(&name);
                *before = place;
            }
            None => places.push(place),
        }
        problem.map_or(Ok(()), Err)
    }

    /// Whether it has no room for more.
    pub(crate) const fn is_full(&self) -> bool {
        self.kept > MAX_KEPT
    }

    /// Whether a package is there in this architecture and version.
    pub(crate) fn has(&self, package: &str, architecture: &str, version: &str) -> bool {
        self.packages.get(package).is_some_and(|places| {
            places.iter().any(|place| {
                place.architecture == architecture
                    && place.found.as_ref().is_some_and(|found| found.version == version)
            })
        })
    }

    /// What the packages that are there provide.
    pub(crate) fn providers(&self) -> Providers {
        let mut providers = Providers::default();
        for (name, places) in &self.packages {
            for found in places.iter().filter_map(|place| place.found.as_ref()) {
                providers.add(name, found.relations.provides());
            }
        }
        providers
    }

    /// The packages that are there, by name: name, architecture and what is found.
    pub(crate) fn into_found(self) -> impl Iterator<Item = (String, String, Found)> {
        self.packages.into_iter().flat_map(|(name, places)| {
            places.into_iter().filter_map(move |place| Some((name.clone(), place.architecture, place.found?)))
        })
    }
}

impl Place {
    /// What it takes, with what is stated of it: its name and version stand in a package URL as well, where a
    /// character may take three.
    fn bytes(&self, name: &str) -> usize {
        let found = self.found.as_ref().map_or(0, |found| {
            let vendor = found.vendor.as_ref().map_or(0, String::len);
            3 * (name.len() + found.version.len())
                + found.source.0.len()
                + found.source.1.len()
                + vendor
                + found.relations.bytes()
        });
        OVERHEAD + name.len() + self.architecture.len() + found
    }
}

/// Whose place a stanza takes; none where it gets one of its own.
fn position(places: &[Place], new: &Place, kind: Kind) -> Option<usize> {
    let mut there = places.iter().enumerate().filter(|(_, place)| place.state != State::NotInstalled);
    if kind == Kind::Journal
        && let (Some((at, only)), None) = (there.next(), there.next())
        && !(only.multi_arch_same && new.multi_arch_same)
    {
        return Some(at);
    }
    places.iter().position(|place| place.architecture == new.architecture)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(database: &mut Database, stanzas: &[(&str, &str, &str)], kind: Kind) {
        for (architecture, version, state) in stanzas {
            let stanza = Stanza {
                package: "a".to_owned(),
                status: format!("install ok {}", state.trim_end_matches('*')),
                version: (*version).to_owned(),
                architecture: (*architecture).to_owned(),
                multi_arch: if state.ends_with('*') { "same".to_owned() } else { String::new() },
                ..Stanza::default()
            };
            database.apply(stanza, 0, kind).unwrap();
        }
    }

    fn found(status: &[(&str, &str, &str)], journal: &[(&str, &str, &str)]) -> Vec<String> {
        let mut database = Database::default();
        apply(&mut database, status, Kind::Status);
        apply(&mut database, journal, Kind::Journal);
        database
            .into_found()
            .map(|(_, architecture, found)| format!("{architecture} {}", found.version))
            .collect()
    }

    #[test]
    fn the_last_stanza_of_a_package_and_architecture_wins() {
        let amd64 = ("amd64", "1", "installed");
        assert_eq!(found(&[amd64, ("amd64", "2", "installed")], &[]), ["amd64 2"]);
        assert_eq!(found(&[amd64, ("amd64", "1", "config-files")], &[]), [""; 0]);
        assert_eq!(
            found(&[("amd64", "1", "installed*"), ("i386", "1", "installed*")], &[]),
            ["amd64 1", "i386 1"]
        );
        assert_eq!(found(&[("amd64", "1", "not-installed"), ("i386", "2", "installed")], &[]), ["i386 2"]);
    }

    #[test]
    fn the_journal_takes_the_place_of_what_the_status_file_states() {
        let amd64 = ("amd64", "1", "installed");
        assert_eq!(found(&[amd64], &[("amd64", "2", "unpacked")]), ["amd64 2"]);
        assert_eq!(found(&[amd64], &[("amd64", "", "not-installed")]), [""; 0]);
        // Its architecture is gone with it, or is another now.
        assert_eq!(found(&[amd64], &[("", "", "not-installed")]), [""; 0]);
        assert_eq!(found(&[amd64], &[("all", "2", "installed")]), ["all 2"]);
        let same = [("amd64", "1", "installed*"), ("i386", "1", "installed*")];
        assert_eq!(found(&same, &[("i386", "2", "installed*")]), ["amd64 1", "i386 2"]);
        assert_eq!(found(&same[..1], &[("i386", "2", "installed*")]), ["amd64 1", "i386 2"]);
        assert_eq!(found(&same[..1], &[("i386", "2", "installed")]), ["i386 2"]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut database = Database::default();
        let big = "v".repeat(60 << 10);
        let apply = |database: &mut Database, name: String| {
            let stanza = Stanza {
                package: name,
                status: "install ok installed".to_owned(),
                version: big.clone(),
                ..Stanza::default()
            };
            database.apply(stanza, 0, Kind::Status)
        };
        // The same package again and again takes no more.
        for _ in 0..2000 {
            apply(&mut database, "a".to_owned()).unwrap();
        }
        let refused = (0..2000).find_map(|number| apply(&mut database, format!("b{number}")).err()).unwrap();
        assert_eq!(refused, "its packages take more memory than the 70 MiB that this plugin uses");
        assert!(database.is_full());
    }
}
