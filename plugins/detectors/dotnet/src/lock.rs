//! Lock files of NuGet,
//! [`packages.lock.json`](https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies).

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use limpid_lockfile::{Entries, Fields, MAX_RECORDS, fields, text};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Evidence, Needs, Problems, Reason, Requirement};
use serde_json::value::RawValue;

use crate::deps::why;
use crate::{Found, is_named};

/// The newest version of the form that is known.
const NEWEST: u8 = 3;

/// The name of a framework, and the packages that are asked for for it.
type Framework<'a> = (Cow<'a, str>, Result<&'a RawValue, Error>);

/// The packages of a lock file, each once for all frameworks that a project is for. What is wrong with one costs that
/// one. Until version 2, an object `dependencies` has the frameworks; from 3 on they are in the document itself, and each
/// has an object of that name.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no object with an object `dependencies`, [`Error::Unsupported`] where it is of a version
/// that is not known.
pub fn read(bytes: &[u8], problems: &mut Problems) -> Result<Vec<Found>, Error> {
    let document = fields(bytes)?;
    let (mut packages, mut needs) = (BTreeMap::new(), Needs::default());
    for (framework, list) in frameworks(&document)? {
        let list = list.and_then(|list| serde_json::from_str(list.get()).map_err(Error::malformed));
        let Entries(list) = match list {
            Ok(list) => list,
            Err(error) => {
                let why = why(error);
                problems.push(Error::malformed(format_args!("framework `{framework:.200}`: {why}")));
                continue;
            }
        };
        let versions = Versions::of(&list);
        for (name, entry) in list {
            match package(&name, entry) {
                Ok(Some((version, reason))) if packages.len() < MAX_RECORDS => {
                    let requires = versions.requirements(entry).and_then(|requires| needs.of(requires));
                    let requires = requires.map(BTreeSet::from_iter);
                    match packages.entry((name.into_owned(), version)) {
                        Entry::Vacant(place) => _ = place.insert(Locked { reason, requires }),
                        Entry::Occupied(mut known) => known.get_mut().add(Locked { reason, requires }),
                    }
                }
                Ok(Some(_)) => {
                    problems.push(Error::unsupported(format_args!("more than {MAX_RECORDS} packages")));
                    break;
                }
                Ok(None) => {}
                Err(error) => {
                    let why = why(error);
                    problems
                        .push(Error::malformed(format_args!("`{name:.200}` of `{framework:.200}`: {why}")));
                }
            }
        }
    }
    let found = |((name, version), Locked { reason, requires }): (_, Locked)| Found {
        name,
        version,
        evidence: Evidence::Declared,
        reason: Some(reason),
        requires: requires.map(|requires| requires.into_iter().collect()),
    };
    Ok(packages.into_iter().map(found).collect())
}

/// What is known of a package.
#[derive(Debug)]
struct Locked {
    reason: Reason,
    requires: Option<BTreeSet<Requirement>>,
}

impl Locked {
    /// What is said of it for another framework.
    fn add(&mut self, other: Self) {
        // Who asks for it for one framework asks for it.
        if other.reason == Reason::Requested {
            self.reason = other.reason;
        }
        self.requires = self.requires.take().zip(other.requires).map(|(mut all, more)| {
            all.extend(more);
            all
        });
    }
}

/// The versions of the packages that are chosen for a framework, by their names in lower case; none of what is no package.
#[derive(Debug)]
struct Versions(BTreeMap<String, Option<String>>);

impl Versions {
    fn of(list: &[(Cow<'_, str>, &RawValue)]) -> Self {
        let version = |(name, entry): &(Cow<'_, str>, &RawValue)| {
            let version = package(name, entry).ok()?.map(|(version, _)| version);
            Some((name.to_lowercase(), version))
        };
        Self(list.iter().filter_map(version).collect())
    }

    /// What an entry asks for; none where that cannot be read.
    fn requirements(&self, entry: &RawValue) -> Option<Vec<Requirement>> {
        let entry = fields(entry.get().as_bytes()).ok()?;
        let Some(wanted) = entry.get("dependencies") else { return Some(Vec::new()) };
        let Entries(wanted) = serde_json::from_str(wanted.get()).ok()?;
        let requirement = |(name, _): (Cow<'_, str>, &RawValue)| {
            let name = name.to_lowercase();
            match self.0.get(&name) {
                Some(None) => None,
                known => Some(Requirement { version: known.cloned().flatten(), name }),
            }
        };
        Some(wanted.into_iter().filter_map(requirement).collect())
    }
}

/// The frameworks that a project is for.
fn frameworks<'a>(document: &Fields<'a>) -> Result<Vec<Framework<'a>>, Error> {
    let version = document.get("version").map_or("1", |version| version.get().trim_matches('"'));
    match version.parse::<u8>() {
        Ok(1 | 2) => {
            let frameworks =
                document.get("dependencies").ok_or_else(|| Error::malformed("it has no `dependencies`"))?;
            let Entries(frameworks) = serde_json::from_str(frameworks.get())
                .map_err(|error| Error::malformed(format_args!("`dependencies`: {error}")))?;
            Ok(frameworks.into_iter().map(|(framework, list)| (framework, Ok(list))).collect())
        }
        Ok(NEWEST) => {
            let frameworks = document.iter().filter(|(key, _)| *key != "version");
            let of = |framework: &'a RawValue| {
                let framework = fields(framework.get().as_bytes())?;
                let list = framework.get("dependencies").copied();
                list.ok_or_else(|| Error::malformed("it has no `dependencies`"))
            };
            Ok(frameworks.map(|(name, framework)| (name.clone(), of(framework))).collect())
        }
        _ => Err(Error::unsupported(format_args!(
            "the lock file is of version {version:.20}; versions up to {NEWEST} are read"
        ))),
    }
}

/// Version and reason; none for a project.
fn package(name: &str, entry: &RawValue) -> Result<Option<(String, Reason)>, Error> {
    let entry = fields(entry.get().as_bytes())?;
    let reason = match text(&entry, "type")?.as_deref() {
        Some("Project") => return Ok(None),
        Some("Direct") => Reason::Requested,
        _ => Reason::Dependency,
    };
    let version = text(&entry, "resolved")?.filter(|version| is_named(name, version));
    Ok(Some((version.ok_or_else(|| Error::malformed("no name and version"))?, reason)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let found = read(text.as_bytes(), &mut problems).unwrap();
        let word =
            |it: &Found| format!("{} {} {:?} {:?}", it.name, it.version, it.evidence, it.reason.unwrap());
        (found.iter().map(word).collect(), problems)
    }

    #[test]
    fn packages_are_named_once_for_all_frameworks() {
        let text = r#"{"version": 2, "dependencies": {
            "net8.0": {
                "A": {"type": "Transitive", "resolved": "1.0.0", "contentHash": "x"},
                "B": {"type": "Direct", "requested": "[2.0.0, )", "resolved": "2.0.0"},
                "Shared": {"type": "Project"}},
            "net8.0/linux-x64": {
                "A": {"type": "Direct", "requested": "[1.0.0, )", "resolved": "1.0.0"},
                "B": {"type": "Transitive", "resolved": "2.0.1"},
                "C": {"type": "CentralTransitive", "resolved": "3.0.0"}}}}"#;
        let expected = [
            "A 1.0.0 Declared Requested",
            "B 2.0.0 Declared Requested",
            "B 2.0.1 Declared Dependency",
            "C 3.0.0 Declared Dependency",
        ];
        assert_eq!(words(text), (expected.map(str::to_owned).to_vec(), Problems::default()));
    }

    #[test]
    fn a_package_needs_what_it_depends_on_for_any_framework() {
        let text = r#"{"version": 2, "dependencies": {
            "net8.0": {
                "A": {"type": "Direct", "resolved": "1", "dependencies": {"Bb": "[1, )", "Shared": "[1, )"}},
                "Bb": {"type": "Transitive", "resolved": "2"},
                "Shared": {"type": "Project"}},
            "net8.0/linux-x64": {
                "A": {"type": "Direct", "resolved": "1", "dependencies": {"bb": "2", "C": "1"}},
                "Bb": {"type": "Transitive", "resolved": "3"},
                "D": {"type": "Transitive", "resolved": "1", "dependencies": []}}}}"#;
        let found = read(text.as_bytes(), &mut Problems::default()).unwrap();
        let needs = found.iter().filter_map(|it| {
            let word = |needed: &Requirement| {
                format!("{} {}", needed.name, needed.version.as_deref().unwrap_or("?"))
            };
            let names: Vec<_> = it.requires.as_ref()?.iter().map(word).collect();
            Some(format!("{} {}: {}", it.name, it.version, names.join(", ")))
        });
        assert_eq!(needs.collect::<Vec<_>>(), ["A 1: bb 2, bb 3, c ?", "Bb 2: ", "Bb 3: "]);
    }

    #[test]
    fn frameworks_are_in_the_document_from_version_3_on() {
        let text = r#"{"version": 3,
            "net10.0": {"framework": "net10.0", "dependencies": {
                "A": {"type": "Direct", "requested": "[1.0.0, )", "resolved": "1.0.0"},
                "Shared": {"type": "Project"}}},
            "net10.0/linux-x64": {"framework": "net10.0", "dependencies": {
                "B": {"type": "Transitive", "resolved": "2.0.0"}}},
            "odd": {"framework": "net8.0"}}"#;
        let mut expected = Problems::default();
        expected.push(Error::malformed("framework `odd`: it has no `dependencies`"));
        let packages = ["A 1.0.0 Declared Requested", "B 2.0.0 Declared Dependency"];
        assert_eq!(words(text), (packages.map(str::to_owned).to_vec(), expected));
        assert_eq!(words(r#"{"version": 3}"#), (vec![], Problems::default()));
    }

    #[test]
    fn a_file_of_an_unknown_version_is_refused() {
        let check = |version: &str, expected: Option<&str>| {
            let text =
                format!(r#"{{"version": {version}, "dependencies": {{"x": {{"A": {{"resolved": "1"}}}}}}}}"#);
            let read = read(text.as_bytes(), &mut Problems::default());
            let expected = expected.map(|version| {
                format!("unsupported: the lock file is of version {version}; versions up to 3 are read")
            });
            assert_eq!(read.err().map(|error| error.to_string()), expected, "{version}");
        };
        for known in ["1", "2", "\"1\""] {
            check(known, None);
        }
        for odd in ["77", "0", "4", "1.5", "null", "[]"] {
            check(odd, Some(odd));
        }
        assert_eq!(words(r#"{"version": 2, "dependencies": {}}"#), (vec![], Problems::default()));
    }

    #[test]
    fn a_bad_entry_costs_that_entry() {
        let text = r#"{"dependencies": {"x": [], "y": {"A": 1, "B": {"type": "Direct"}, "C D": {"resolved": "1"},
                       "E": {"resolved": 1}, "F": {"resolved": "1"}}}}"#;
        let mut expected = Problems::default();
        for why in [
            "framework `x`: invalid type: sequence, expected an object at line 1 column 0",
            "`A` of `y`: invalid type: integer `1`, expected an object at line 1 column 1",
            "`B` of `y`: no name and version",
            "`C D` of `y`: no name and version",
            "`E` of `y`: field `resolved` is not a string",
        ] {
            expected.push(Error::malformed(why));
        }
        assert_eq!(words(text), (vec!["F 1 Declared Dependency".to_owned()], expected));
    }

    proptest! {
        #[test]
        fn no_json_is_too_odd_to_be_read(text in "(\\{|\\}|\\[|,|:|\"dependencies\"|\"a\"|\"resolved\"|1){0,25}") {
            if let Ok(found) = read(text.as_bytes(), &mut Problems::default()) {
                prop_assert!(found.iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
            }
        }
    }
}
