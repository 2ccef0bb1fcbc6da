//! What a package says of itself in its
//! [`package.json`](https://docs.npmjs.com/cli/configuring-npm/package-json).

use std::collections::BTreeMap;

use limpid_plugin_sdk::Error;
use serde::Deserialize;
use serde_json::value::RawValue;

/// How many licences are kept.
const MAX_LICENSES: usize = 20;

/// The longest licence that is kept, in bytes: longer ones are no names, but texts.
const MAX_LICENSE: usize = 200;

/// What the file says of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// With its scope: `@babel/core`.
    pub name: String,
    /// As it is written there.
    pub version: String,
    /// SPDX expressions, or the package's own words.
    pub licenses: Vec<String>,
    /// Names of packages in `dependencies` and `optionalDependencies`; none where one of them cannot be read.
    pub requires: Option<Vec<String>>,
    /// Whether it is the manifest of something else than a package of npm: of an extension of an editor, or of
    /// Unity's packages.
    pub of_others: bool,
    /// Whether it says that npm is never to publish it.
    pub is_private: bool,
}

/// What a file says of the folder that it lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stated {
    /// A package.
    Package(Manifest),
    /// A name without a version, or a version without a name.
    Part {
        /// What is not stated: `name`, `version`.
        missing: &'static str,
        /// The other one.
        stated: String,
    },
    /// Neither: it tells node how to run what is beside it.
    Marker,
}

impl Manifest {
    /// Reads the file of a package.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where it is not the JSON of an object, or its name or version is not a
    /// string.
    pub fn parse(bytes: &[u8]) -> Result<Stated, Error> {
        let text = String::from_utf8_lossy(bytes);
        // npm takes a byte order mark, too.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        // Where a key stands twice, the last one counts, as it does for npm.
        let fields: Fields<'_> = serde_json::from_str(text).map_err(Error::malformed)?;
        let (name, version) = (string(&fields, "name")?, string(&fields, "version")?);
        let (name, version) = match (name, version) {
            (Some(name), Some(version)) => (name, version),
            (Some(stated), None) => return Ok(Stated::Part { missing: "version", stated }),
            (None, Some(stated)) => return Ok(Stated::Part { missing: "name", stated }),
            (None, None) => return Ok(Stated::Marker),
        };
        let values = ["license", "licenses"].into_iter().filter_map(|key| fields.get(key));
        let licenses = values.flat_map(|value| licenses(value)).take(MAX_LICENSES).collect();
        let engines =
            fields.get("engines").and_then(|engines| serde_json::from_str::<Fields<'_>>(engines.get()).ok());
        let is_extension = engines.is_some_and(|it| it.contains_key("vscode") || it.contains_key("atom"));
        let of_others = is_extension || fields.contains_key("unity");
        let is_private = fields.get("private").is_some_and(|value| is_truthy(value));
        let requires = requires(&fields);
        Ok(Stated::Package(Self { name, version, licenses, requires, of_others, is_private }))
    }

    /// Whether it may be a package that npm was given: npm takes its name and version and is not forbidden to publish
    /// it, and it is no manifest of something else.
    pub fn is_of_npm(&self) -> bool {
        !self.of_others && !self.is_private && is_name(&self.name) && is_version(&self.version)
    }
}

/// Whether JavaScript takes a value for true, as npm does where it asks whether a package is `private`.
fn is_truthy(value: &RawValue) -> bool {
    !matches!(value.get().trim(), "false" | "null" | "0" | "-0" | "\"\"")
}

/// Whether npm takes a name, also one from before it asked for more
/// ([validate-npm-package-name](https://github.com/npm/validate-npm-package-name)).
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
        !part.is_empty() && part.bytes().all(is_plain)
    };
    let is_reserved =
        ["node_modules", "favicon.ico"].iter().any(|reserved| name.eq_ignore_ascii_case(reserved));
    match name.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').is_some_and(|(scope, name)| is_part(scope) && is_part(name)),
        None => is_part(name) && !name.starts_with(['.', '_']) && !is_reserved,
    }
}

/// Whether npm takes a version, as loosely as it does: three numbers, with what follows them.
fn is_version(version: &str) -> bool {
    let mut numbers = version.trim_start_matches(['v', '=', ' ']).splitn(3, '.');
    let is_number = |part: Option<&str>| {
        part.is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    is_number(numbers.next())
        && is_number(numbers.next())
        && numbers.next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()))
}

/// Fields as they are written: of what nobody needs, no more is kept than where it is.
type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// A field that is a string; none where it is missing, empty or null.
fn string(fields: &Fields<'_>, key: &str) -> Result<Option<String>, Error> {
    let Some(value) = fields.get(key) else { return Ok(None) };
    let text: Option<String> = serde_json::from_str(value.get())
        .map_err(|_| Error::malformed(format_args!("field `{key}` is not a string")))?;
    Ok(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// The packages that a package needs, whatever it calls them: `"a": "npm:other@^1.0.0"` is `other`.
fn requires(fields: &Fields<'_>) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for field in ["dependencies", "optionalDependencies"].into_iter().filter_map(|key| fields.get(key)) {
        // Authors write `null` and `[]` for none, and npm takes it.
        if matches!(field.get().trim(), "null" | "[]") {
            continue;
        }
        let wanted: Fields<'_> = serde_json::from_str(field.get()).ok()?;
        for (name, wanted) in wanted {
            let wanted: String = serde_json::from_str(wanted.get()).unwrap_or_default();
            let other = wanted.strip_prefix("npm:").map(|other| match other.rsplit_once('@') {
                Some((name, _)) if !name.is_empty() => name.to_owned(),
                _ => other.to_owned(),
            });
            names.push(other.unwrap_or(name));
        }
    }
    Some(names)
}

/// The licences in a field: one, or a list, as they were written once.
fn licenses(value: &RawValue) -> Vec<String> {
    match serde_json::from_str::<Vec<&RawValue>>(value.get()) {
        Ok(list) => list.into_iter().filter_map(license).take(MAX_LICENSES).collect(),
        Err(_) => license(value).into_iter().collect(),
    }
}

/// A licence: `"MIT"`, or as it was written once `{"type": "MIT", "url": "..."}`.
fn license(value: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Object {
        r#type: String,
    }
    let text = match value.get().starts_with('{') {
        true => serde_json::from_str::<Object>(value.get()).ok()?.r#type,
        false => serde_json::from_str(value.get()).ok()?,
    };
    (1..=MAX_LICENSE).contains(&text.len()).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn package(text: &str) -> Manifest {
        match Manifest::parse(text.as_bytes()).unwrap() {
            Stated::Package(manifest) => manifest,
            other => panic!("{other:?}: {text:.60}"),
        }
    }

    #[test]
    fn a_package_has_a_name_and_a_version() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let found = match Manifest::parse(text.as_bytes()).unwrap() {
                Stated::Package(it) => Some((it.name, it.version)),
                Stated::Part { .. } | Stated::Marker => None,
            };
            let found = found.as_ref().map(|(name, version)| (name.as_str(), version.as_str()));
            assert_eq!(found, expected, "{text}");
        };
        check(r#"{"name": "a", "version": "1.0.0"}"#, Some(("a", "1.0.0")));
        check("\u{feff} {\"version\": \" v1\", \"name\": \"@a/\\u0062\"}\n", Some(("@a/b", "v1")));
        check(r#"{"name": "a", "name": "b", "version": "1", "x": [{"version": "2"}]}"#, Some(("b", "1")));
        check(r#"{"name": "a"}"#, None);
        check(r#"{"version": "1"}"#, None);
        check(r#"{"name": "", "version": "1"}"#, None);
        check(r#"{"name": "a", "version": null}"#, None);
        check(r#"{"type": "module"}"#, None);
        check("{}", None);
    }

    #[test]
    fn a_package_needs_its_dependencies_by_their_own_names() {
        let check = |fields: &str, expected: Option<&[&str]>| {
            let manifest = package(&format!(r#"{{"name": "a", "version": "1.0.0", {fields}}}"#));
            let expected =
                expected.map(|names| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
            assert_eq!(manifest.requires, expected, "{fields}");
        };
        let fields = r#""dependencies": {"b": "^1.0.0", "@c/d": "*", "e": "npm:@f/g@2", "h": "npm:i"},
            "optionalDependencies": {"j": 1}, "devDependencies": {"no": "1"}, "peerDependencies": {"no": "1"}"#;
        check(fields, Some(&["@c/d", "b", "@f/g", "i", "j"]));
        check(r#""x": 1"#, Some(&[]));
        check(r#""dependencies": [], "optionalDependencies": null"#, Some(&[]));
        check(r#""dependencies": ["b"]"#, None);
    }

    #[test]
    fn a_name_without_a_version_is_told_from_a_marker() {
        let check = |text: &str, expected: Stated| {
            assert_eq!(Manifest::parse(text.as_bytes()), Ok(expected), "{text}");
        };
        let part = |missing, stated: &str| Stated::Part { missing, stated: stated.to_owned() };
        check(r#"{"name": "a"}"#, part("version", "a"));
        check(r#"{"name": "a", "version": ""}"#, part("version", "a"));
        check(r#"{"version": "1.0.0"}"#, part("name", "1.0.0"));
        check(r#"{"type": "module"}"#, Stated::Marker);
        check("{}", Stated::Marker);
    }

    #[test]
    fn what_npm_must_not_publish_is_not_of_npm() {
        let check = |private: &str, expected: bool| {
            let text = format!(r#"{{"name": "a", "version": "1.0.0", "private": {private}}}"#);
            assert_eq!(package(&text).is_of_npm(), expected, "{private}");
        };
        for private in ["true", "1", "\"yes\"", "{}"] {
            check(private, false);
        }
        for public in ["false", "null", "0", "\"\""] {
            check(public, true);
        }
    }

    #[test]
    fn npm_says_which_names_and_versions_are_those_of_a_package() {
        let check = |name: &str, version: &str, expected: bool| {
            let manifest =
                Manifest { name: name.to_owned(), version: version.to_owned(), ..Manifest::default() };
            assert_eq!(manifest.is_of_npm(), expected, "{name} {version}");
        };
        check("yarn", "1.22.22", true);
        check("@babel/core", "7.0.0-beta.1+5", true);
        check("JSONStream", "v1.0.0", true);
        check("a", "0.0.0-development", true);
        for name in ["My App", "{{name}}", ".a", "_a", "a/b", "@a", "@a/", "node_modules", "a b"] {
            check(name, "1.0.0", false);
        }
        for version in ["1.0", "1", "latest", "{{version}}", "1.x.0", "workspace:*"] {
            check("a", version, false);
        }
    }

    #[test]
    fn what_is_damaged_is_refused_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let error = Manifest::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with("malformed: ") && error.contains(expected), "{text}: {error}");
        };
        check("", "EOF while parsing a value at line 1 column 0");
        check("[]", "invalid type: sequence, expected a map");
        check(r#"{"name": "a","#, "EOF while parsing");
        check("{\"name\": \"a\",\n}", "at line 2 column 1");
        check("<<<<<<< HEAD", "expected value at line 1 column 1");
        check(r#"{"name": "a", "version": 1}"#, "field `version` is not a string");
        check(r#"{"name": ["a"], "version": "1"}"#, "field `name` is not a string");
    }

    #[test]
    fn licenses_are_read_in_all_forms_that_they_have_had() {
        let check = |fields: &str, expected: &[&str]| {
            let text = format!(r#"{{"name": "a", "version": "1", {fields}}}"#);
            assert_eq!(package(&text).licenses, expected, "{fields:.60}");
        };
        check(r#""license": "(MIT OR Apache-2.0)""#, &["(MIT OR Apache-2.0)"]);
        check(r#""license": {"type": "MIT", "url": "https://example.org"}"#, &["MIT"]);
        check(r#""licenses": [{"type": "MIT"}, {"type": "BSD"}, "ISC"]"#, &["MIT", "BSD", "ISC"]);
        check(r#""licenses": "MIT""#, &["MIT"]);
        check(r#""license": ["MIT", 1, null, {}, {"type": 2}, [["x"]], ""]"#, &["MIT"]);
        check(r#""license": null"#, &[]);
        check(&format!(r#""license": "{}""#, "x".repeat(MAX_LICENSE + 1)), &[]);
        check(&format!(r#""license": [{}"MIT"]"#, r#""MIT", "#.repeat(100)), &["MIT"; MAX_LICENSES]);
    }

    #[test]
    fn depth_costs_nothing() {
        let text = format!(r#"{{"license": {}, "name": "a", "version": "1"}}"#, "[".repeat(100_000));
        assert!(Manifest::parse(text.as_bytes()).is_err());
        let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
        let text =
            format!(r#"{{"license": {open}{close}, "x": {open}{close}, "name": "a", "version": "1"}}"#);
        assert_eq!(package(&text).licenses, Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(name in "(@\\PC{1,9}/)?\\PC{1,9}", version in "\\PC{1,9}", license in "\\PC{1,9}") {
            prop_assume!(!name.trim().is_empty() && !version.trim().is_empty());
            let text = serde_json::json!({ "name": name, "version": version, "license": license });
            let manifest = package(&text.to_string());
            prop_assert_eq!((manifest.name.as_str(), manifest.version.as_str()), (name.trim(), version.trim()));
            prop_assert_eq!(manifest.licenses, [license]);
        }

        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _outcome = Manifest::parse(&bytes);
        }

        #[test]
        fn no_json_is_too_odd_to_be_read(text in "\\{(\"(name|version|license)\":(\"[a ]{0,2}\"|[0{}\\[\\]]{1,3}),?){0,4}\\}") {
            if let Ok(Stated::Package(manifest)) = Manifest::parse(text.as_bytes()) {
                prop_assert!(!manifest.name.is_empty() && !manifest.version.is_empty());
            }
        }
    }
}
