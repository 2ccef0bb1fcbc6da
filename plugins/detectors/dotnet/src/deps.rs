//! Lists of dependencies, `NAME.deps.json`
//! ([specification](https://github.com/dotnet/cli/blob/v2.0.0/Documentation/specs/runtime-configuration-file.md)).

use std::collections::{BTreeMap, BTreeSet};

use limpid_lockfile::{Entries, Fields, fields, text};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Evidence, Needs, Problems, Reason};
use serde_json::value::RawValue;

use crate::{Found, is_named};

/// What stands before the name of the package of a runtime that a self-contained program brings.
const RUNTIME_PACK: &str = "runtimepack.";

/// Groups of files of a library that was published.
const FILES: [&str; 4] = ["runtime", "native", "runtimeTargets", "resources"];

/// The packages of a list. What is wrong with a library costs that library.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no object, or `libraries` or `targets` are none.
pub fn read(bytes: &[u8], problems: &mut Problems) -> Result<Vec<Found>, Error> {
    let document = fields(bytes)?;
    let Entries(libraries) = object(&document, "libraries")?;
    let published = Published::of(&document)?;
    let (mut requested, mut others, mut needs) = (BTreeSet::new(), BTreeSet::new(), Needs::default());
    let mut packages = Vec::new();
    for (key, library) in &libraries {
        let kind = match kind(library) {
            Ok(kind) => kind,
            Err(error) => {
                problems.push(Error::malformed(format_args!("library `{key:.200}`: {}", why(error))));
                continue;
            }
        };
        match (kind.as_str(), key.split_once('/').filter(|(name, version)| is_named(name, version))) {
            ("package" | "runtimepack", Some((name, version))) => packages.push((key, name, version)),
            ("package" | "runtimepack", None) => {
                problems.push(Error::malformed(format_args!("library `{key:.200}` is no name and version")));
            }
            (kind, named) => {
                if kind == "project" {
                    requested.extend(published.dependencies(key).unwrap_or_default());
                }
                others.extend(named.map(|(name, _)| name.to_lowercase()));
            }
        }
    }
    let found = |(key, name, version): (&std::borrow::Cow<'_, str>, &str, &str)| Found {
        name: package_name(name).to_owned(),
        version: version.to_owned(),
        evidence: if published.has_files(key) { Evidence::Installed } else { Evidence::Declared },
        requires: published.dependencies(key).and_then(|names| {
            // What is no package is the program itself, or comes with the tools that built it.
            let names = names.iter().map(|name| package_name(name).to_lowercase());
            needs.of(names.filter(|name| !others.contains(name)))
        }),
        reason: (!requested.is_empty()).then(|| match requested.contains(name) {
            true => Reason::Requested,
            false => Reason::Dependency,
        }),
    };
    Ok(packages.into_iter().map(found).collect())
}

/// What was published for the platform that a list is for.
struct Published<'a>(Option<BTreeMap<String, &'a RawValue>>);

impl<'a> Published<'a> {
    /// Of a list without that, nothing is known.
    fn of(document: &Fields<'a>) -> Result<Self, Error> {
        let target = match document.get("runtimeTarget") {
            // Once it was the name alone.
            Some(target) if target.get().starts_with('"') => text(document, "runtimeTarget")?,
            Some(target) => text(&fields(target.get().as_bytes())?, "name")?,
            None => None,
        };
        let Entries(targets) = object(document, "targets")?;
        let target = target.and_then(|name| Some(targets.into_iter().find(|(key, _)| *key == name)?.1));
        let Some(target) = target else { return Ok(Self(None)) };
        let Entries(libraries) = serde_json::from_str(target.get())
            .map_err(|error| Error::malformed(format_args!("a target: {error}")))?;
        Ok(Self(Some(libraries.into_iter().map(|(key, library)| (key.into_owned(), library)).collect())))
    }

    fn library(&self, key: &str) -> Option<Fields<'a>> {
        fields(self.0.as_ref()?.get(key)?.get().as_bytes()).ok()
    }

    /// Whether a file of the library is there, or nothing is known of that.
    fn has_files(&self, key: &str) -> bool {
        let Some(libraries) = &self.0 else { return true };
        let Some(library) = libraries.get(key) else { return false };
        // What cannot be read is not known either.
        let Ok(library) = fields(library.get().as_bytes()) else { return true };
        FILES.iter().any(|group| {
            library.get(*group).is_some_and(|files| {
                serde_json::from_str(files.get()).is_ok_and(|Entries(files)| {
                    // Packages without files for a platform have one of this name in their place.
                    files.iter().any(|(path, _)| !path.ends_with("/_._") && path != "_._")
                })
            })
        })
    }

    /// What a library refers to; none where nobody says it.
    fn dependencies(&self, key: &str) -> Option<Vec<String>> {
        let library = self.library(key)?;
        let Some(names) = library.get("dependencies") else { return Some(Vec::new()) };
        let Entries(names) = serde_json::from_str(names.get()).ok()?;
        Some(names.into_iter().map(|(name, _)| name.into_owned()).collect())
    }
}

/// The name of the package that a library is.
fn package_name(library: &str) -> &str {
    library.strip_prefix(RUNTIME_PACK).unwrap_or(library)
}

/// A field that is an object; where it is missing or null, an empty one.
fn object<'a>(document: &Fields<'a>, field: &str) -> Result<Entries<'a>, Error> {
    match document.get(field).filter(|value| value.get() != "null") {
        Some(value) => serde_json::from_str(value.get())
            .map_err(|error| Error::malformed(format_args!("`{field}`: {error}"))),
        None => Ok(Entries(Vec::new())),
    }
}

fn kind(library: &RawValue) -> Result<String, Error> {
    text(&fields(library.get().as_bytes())?, "type")?.ok_or_else(|| Error::malformed("it has no type"))
}

/// The words of an error alone.
pub(crate) fn why(error: Error) -> String {
    match error {
        Error::Malformed(why) | Error::Unsupported(why) | Error::Other(why) => why,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let found = read(text.as_bytes(), &mut problems).unwrap();
        let word = |it: &Found| format!("{} {} {:?} {:?}", it.name, it.version, it.evidence, it.reason);
        (found.iter().map(word).collect(), problems)
    }

    #[test]
    fn a_program_was_built_with_packages() {
        let text = r#"{
            "runtimeTarget": {"name": "T/linux-x64"},
            "targets": {
                "T": {"Other/1.0.0": {"runtime": {"a": {}}}},
                "T/linux-x64": {
                    "Shop/1.0.0": {"dependencies": {"Newtonsoft.Json": "13.0.1", "runtimepack.R.linux-x64": "8.0.1"},
                                   "runtime": {"Shop.dll": {}}},
                    "Newtonsoft.Json/13.0.1": {"runtime": {"lib/net6.0/Newtonsoft.Json.dll": {}}},
                    "Native/1.0.0": {"native": {"runtimes/linux-x64/native/n.so": {}}},
                    "Meta/2.0.0": {"dependencies": {"Native": "1.0.0"}},
                    "Empty/3.0.0": {"runtime": {"lib/net6.0/_._": {}}},
                    "runtimepack.R.linux-x64/8.0.1": {"runtime": {"System.Runtime.dll": {}}}}},
            "libraries": {
                "Shop/1.0.0": {"type": "project"},
                "Newtonsoft.Json/13.0.1": {"type": "package"},
                "Native/1.0.0": {"type": "package"},
                "Meta/2.0.0": {"type": "package"},
                "Empty/3.0.0": {"type": "package"},
                "Missing/1.0.0": {"type": "package"},
                "Local/1.0.0": {"type": "reference"},
                "runtimepack.R.linux-x64/8.0.1": {"type": "runtimepack"}}
        }"#;
        let expected = [
            "Newtonsoft.Json 13.0.1 Installed Some(Requested)",
            "Native 1.0.0 Installed Some(Dependency)",
            "Meta 2.0.0 Declared Some(Dependency)",
            "Empty 3.0.0 Declared Some(Dependency)",
            "Missing 1.0.0 Declared Some(Dependency)",
            "R.linux-x64 8.0.1 Installed Some(Requested)",
        ];
        assert_eq!(words(text), (expected.map(str::to_owned).to_vec(), Problems::default()));
    }

    #[test]
    fn a_package_needs_what_it_refers_to_for_the_platform() {
        let text = r#"{
            "runtimeTarget": {"name": "T"},
            "targets": {
                "U": {"A/1": {"dependencies": {"C": "1"}}},
                "T": {
                    "Shop/1": {"dependencies": {"A": "1"}},
                    "A/1": {"dependencies": {"B.b": "1", "Shop": "1", "runtimepack.R": "1"}},
                    "B.b/1": {},
                    "C/1": {"dependencies": ["A"]},
                    "D/1": 1}},
            "libraries": {
                "Shop/1": {"type": "project"}, "A/1": {"type": "package"}, "B.b/1": {"type": "package"},
                "C/1": {"type": "package"}, "D/1": {"type": "package"}, "E/1": {"type": "package"}}}"#;
        let found = read(text.as_bytes(), &mut Problems::default()).unwrap();
        let needs = found.iter().filter_map(|it| {
            let names: Vec<_> = it.requires.as_ref()?.iter().map(|needed| needed.name.as_str()).collect();
            Some((it.name.as_str(), names))
        });
        assert_eq!(needs.collect::<Vec<_>>(), [("A", vec!["b.b", "r"]), ("B.b", vec![])]);
    }

    #[test]
    fn where_nothing_tells_what_was_published_all_is_there() {
        let check = |more: &str| {
            let text = format!(r#"{{{more} "libraries": {{"A/1": {{"type": "package"}}}}}}"#);
            assert_eq!(words(&text), (vec!["A 1 Installed None".to_owned()], Problems::default()), "{more}");
        };
        check("");
        check(r#""targets": {"T": {}},"#);
        check(r#""targets": null, "runtimeTarget": {"name": "T"},"#);
        check(r#""targets": {"T": {"A/1": 1}}, "runtimeTarget": "T","#);
        assert_eq!(words("{}"), (Vec::new(), Problems::default()));
    }

    #[test]
    fn a_bad_library_costs_that_library() {
        let text = r#"{"libraries": {"A": {"type": "package"}, "B/1": 1, "C/1": {}, "/1": {"type": "package"},
                       "D/": {"type": "package"}, "E/1": {"type": "package"}}}"#;
        let mut expected = Problems::default();
        for why in [
            "library `A` is no name and version",
            "library `B/1`: invalid type: integer `1`, expected an object at line 1 column 1",
            "library `C/1`: it has no type",
            "library `/1` is no name and version",
            "library `D/` is no name and version",
        ] {
            expected.push(Error::malformed(why));
        }
        assert_eq!(words(text), (vec!["E 1 Installed None".to_owned()], expected));
    }

    #[test]
    fn a_document_of_another_shape_is_malformed() {
        let check = |text: &str, expected: &str| {
            let why = read(text.as_bytes(), &mut Problems::default()).unwrap_err().to_string();
            assert!(why.starts_with("malformed: ") && why.contains(expected), "{text}: {why}");
        };
        check("[]", "expected an object");
        check(r#"{"libraries": []}"#, "`libraries`: invalid type: sequence");
        check(r#"{"targets": 1}"#, "`targets`: invalid type: integer");
        check(r#"{"runtimeTarget": []}"#, "expected an object");
        check(r#"{"runtimeTarget": "T", "targets": {"T": []}}"#, "a target: invalid type");
    }

    proptest! {
        #[test]
        fn no_json_is_too_odd_to_be_read(
            target in "(\"A/1\":(\\{\\}|1|\\{\"runtime\":\\{\"a\":1\\}\\}|\\{\"dependencies\":[1\\[\\]]{1,2}\\}),?){0,2}",
            library in "(\"(A/1|B|/)\":(1|\\{\\}|\\{\"type\":\"(package|project)\"\\}),?){0,3}",
        ) {
            let text = format!(r#"{{"runtimeTarget": "T", "targets": {{"T": {{{target}}}}}, "libraries": {{{library}}}}}"#);
            if let Ok(found) = read(text.as_bytes(), &mut Problems::default()) {
                prop_assert!(found.iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
            }
        }
    }
}
