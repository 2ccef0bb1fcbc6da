//! What packages of a layer need to run: mostly packages that the same detector found in the same layer, which are
//! stored as their places. Names would take as much again as the packages themselves.

use std::collections::HashMap;

use limpid_model::{Package, Requirement, Text};
use serde::{Deserialize, Serialize};

/// What packages need, by their places among the packages of the row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Requires {
    /// Those of which it is known.
    of: Vec<(u32, Vec<Needed>)>,
    /// What is needed that has the name of no package of the row.
    others: Vec<(Text, Option<Text>)>,
}

/// One that is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Needed {
    /// Whatever has the name of the package at that place.
    Name(u32),
    /// What has its version, too.
    Version(u32),
    /// What stands at that place of the others.
    Other(u32),
}

impl Requires {
    pub(super) fn of(packages: &[&Package]) -> Self {
        let mut requires = Self::default();
        if packages.iter().all(|package| package.requires.is_none()) {
            return requires;
        }
        let (mut names, mut versions) = (HashMap::new(), HashMap::new());
        for (place, package) in (0..).zip(packages) {
            names.entry(&package.name).or_insert(place);
            versions.entry((&package.name, &package.version)).or_insert(place);
        }
        let mut others: HashMap<&Requirement, u32> = HashMap::new();
        for (place, package) in (0..).zip(packages) {
            let Some(stated) = &package.requires else { continue };
            let needed = stated.iter().map(|it| {
                let known = match &it.version {
                    None => names.get(&it.name).copied().map(Needed::Name),
                    Some(version) => versions.get(&(&it.name, version)).copied().map(Needed::Version),
                };
                known.unwrap_or_else(|| {
                    let next = u32::try_from(others.len()).unwrap_or(u32::MAX);
                    Needed::Other(*others.entry(it).or_insert_with(|| {
                        requires.others.push((it.name.clone(), it.version.clone()));
                        next
                    }))
                })
            });
            let needed = needed.collect();
            requires.of.push((place, needed));
        }
        requires
    }

    /// Tells packages what they need.
    pub(super) fn state(self, packages: &mut [&mut Package]) {
        for (place, needed) in self.of {
            let requires =
                needed.into_iter().filter_map(|needed| needed.read(packages, &self.others)).collect();
            if let Some(package) = at(place).and_then(|place| packages.get_mut(place)) {
                package.requires = Some(requires);
            }
        }
    }
}

impl Needed {
    /// None where no such package was stored.
    fn read(self, packages: &[&mut Package], others: &[(Text, Option<Text>)]) -> Option<Requirement> {
        let (name, version) = match self {
            Self::Name(place) => (packages.get(at(place)?)?.name.clone(), None),
            Self::Version(place) => {
                let package = packages.get(at(place)?)?;
                (package.name.clone(), Some(package.version.clone()))
            }
            Self::Other(place) => others.get(at(place)?)?.clone(),
        };
        Some(Requirement { name, version })
    }
}

fn at(place: u32) -> Option<usize> {
    usize::try_from(place).ok()
}

#[cfg(test)]
mod tests {
    use limpid_model::{Evidence, Scope};

    use super::*;

    fn package(name: &str, version: &str, requires: Option<&[(&str, Option<&str>)]>) -> Package {
        let requirement = |(name, version): &(&str, Option<&str>)| Requirement {
            name: (*name).into(),
            version: version.map(Into::into),
        };
        Package {
            name: name.into(),
            version: version.into(),
            scheme: "semver".into(),
            scope: Scope::Distribution,
            evidence: Evidence::Installed,
            purl: String::new(),
            arch: None,
            source: None,
            symbols: None,
            qualifiers: Vec::new(),
            licenses: Vec::new(),
            requires: requires.map(|requires| requires.iter().map(requirement).collect()),
        }
    }

    #[test]
    fn what_packages_need_is_stored_as_places_and_read_as_names() {
        let stated = [
            package("a", "1", Some(&[("a", Some("2")), ("b", None), ("elsewhere", Some("1"))])),
            package("a", "2", None),
            package("b", "1", Some(&[])),
            package("c", "1", Some(&[("a", None), ("a", Some("3")), ("elsewhere", Some("1"))])),
        ];
        let requires = Requires::of(&stated.iter().collect::<Vec<_>>());
        assert_eq!(requires.others, [("elsewhere".into(), Some("1".into())), ("a".into(), Some("3".into()))]);
        let mut read = stated.clone().map(|package| Package { requires: None, ..package });
        requires.state(&mut read.iter_mut().collect::<Vec<_>>());
        assert_eq!(read, stated);
    }

    #[test]
    fn places_that_no_package_has_are_left_out() {
        let requires = Requires {
            of: vec![
                (0, vec![Needed::Name(9), Needed::Version(9), Needed::Other(0), Needed::Name(0)]),
                (7, Vec::new()),
            ],
            others: Vec::new(),
        };
        let mut read = package("a", "1", None);
        requires.state(&mut [&mut read]);
        assert_eq!(read, package("a", "1", Some(&[("a", None)])));
    }
}
