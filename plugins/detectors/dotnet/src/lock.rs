//! Lock files of NuGet,
//! [`packages.lock.json`](https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies).

use std::collections::BTreeMap;

use limpid_lockfile::{Entries, MAX_RECORDS, fields, text};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Evidence, Problems, Reason};
use serde_json::value::RawValue;

use crate::deps::why;
use crate::{Found, is_named};

/// The packages of a lock file, each once for all frameworks that a project is for. What is wrong with one costs that
/// one.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no object with an object `dependencies`.
pub fn read(bytes: &[u8], problems: &mut Problems) -> Result<Vec<Found>, Error> {
    let document = fields(bytes)?;
    let frameworks =
        document.get("dependencies").ok_or_else(|| Error::malformed("it has no `dependencies`"))?;
    let Entries(frameworks) = serde_json::from_str(frameworks.get())
        .map_err(|error| Error::malformed(format_args!("`dependencies`: {error}")))?;
    let mut packages = BTreeMap::new();
    for (framework, list) in frameworks {
        let Entries(list) = match serde_json::from_str(list.get()) {
            Ok(list) => list,
            Err(error) => {
                problems.push(Error::malformed(format_args!("framework `{framework:.200}`: {error}")));
                continue;
            }
        };
        for (name, entry) in list {
            match package(&name, entry) {
                Ok(Some((version, reason))) if packages.len() < MAX_RECORDS => {
                    // Who asks for it for one framework asks for it.
                    let known = packages.entry((name.into_owned(), version)).or_insert(reason);
                    if reason == Reason::Requested {
                        *known = reason;
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
    let found = |((name, version), reason)| Found {
        name,
        version,
        evidence: Evidence::Declared,
        reason: Some(reason),
    };
    Ok(packages.into_iter().map(found).collect())
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
