//! `Package.resolved` of the
//! [Swift Package Manager](https://docs.swift.org/swiftpm/documentation/packagemanagerdocs/resolvingpackageversions).

use limpid_lockfile::{Fields, Origin, Records, fields, text};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Problems;
use serde_json::value::RawValue;

/// A package that is pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Host and path of its repository, or its name in a registry; in lower case.
    pub name: String,
    /// A semantic version, or the revision of a repository.
    pub version: String,
    /// Where it is from.
    pub origin: Origin,
}

/// The pins of a file. What is wrong with one costs that one.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no object, or has no list `pins`; [`Error::Unsupported`] where it is of a version
/// that is not known.
pub fn read(bytes: &[u8], problems: &mut Problems) -> Result<Vec<Pin>, Error> {
    let document = fields(bytes)?;
    let version = document.get("version").map_or("1", |version| version.get());
    let inner;
    let pins = match version {
        "1" => {
            let object = document.get("object").ok_or_else(|| Error::malformed("it has no `object`"))?;
            inner = fields(object.get().as_bytes())?;
            inner.get("pins")
        }
        "2" | "3" => document.get("pins"),
        _ => return Err(Error::unsupported(format_args!("version {version:.20} of the form"))),
    };
    let pins = pins.ok_or_else(|| Error::malformed("it has no list `pins`"))?;
    let Records(pins) = serde_json::from_str(pins.get())
        .map_err(|error| Error::malformed(format_args!("`pins`: {error}")))?;
    let mut all = Vec::new();
    for (index, pin) in pins.into_iter().enumerate() {
        match read_pin(pin) {
            Ok(pin) => all.extend(pin),
            Err(Error::Malformed(why) | Error::Unsupported(why) | Error::Other(why)) => {
                problems.push(Error::malformed(format_args!("pin {}: {why}", index + 1)));
            }
        }
    }
    Ok(all)
}

/// None of what lies on the same machine and has no version: its folder says what it is.
fn read_pin(pin: &RawValue) -> Result<Option<Pin>, Error> {
    let pin = fields(pin.get().as_bytes())?;
    let kind = text(&pin, "kind")?;
    let location = first(&pin, ["location", "repositoryURL"])?;
    let is_local = match kind.as_deref() {
        Some("localSourceControl" | "fileSystem") => true,
        Some("registry") => false,
        _ => location.as_deref().is_some_and(|it| it.starts_with(['/', '.']) || it.starts_with("file:")),
    };
    let name = match (kind.as_deref(), &location) {
        (Some("registry"), _) => text(&pin, "identity")?,
        _ if is_local => first(&pin, ["identity", "package"])?,
        (_, Some(location)) => repository(location),
        (_, None) => None,
    };
    let name = match name {
        Some(name) => name.to_lowercase(),
        None if is_local => return Ok(None),
        None => return Err(Error::malformed("it has no location")),
    };
    let state = match pin.get("state") {
        Some(state) => fields(state.get().as_bytes())?,
        None if is_local => return Ok(None),
        None => return Err(Error::malformed(format_args!("`{name:.200}` has no state"))),
    };
    let (version, revision) = (text(&state, "version")?, text(&state, "revision")?);
    let location = location.unwrap_or_default();
    match (version, revision) {
        (Some(version), _) if is_local => Ok(Some(Pin { name, version, origin: Origin::Local })),
        (None, Some(version)) if is_local => Ok(Some(Pin { name, version, origin: Origin::Local })),
        (None, None) if is_local => Ok(None),
        (Some(version), _) => Ok(Some(Pin { name, version, origin: Origin::Published })),
        (None, Some(revision)) => {
            let origin = Origin::commit("git", &location, &revision);
            Ok(Some(Pin { name, version: revision, origin }))
        }
        (None, None) => Err(Error::malformed(format_args!("`{name:.200}` has no version"))),
    }
}

fn first(fields: &Fields<'_>, keys: [&str; 2]) -> Result<Option<String>, Error> {
    let [first, second] = keys;
    Ok(text(fields, first)?.or(text(fields, second)?))
}

/// Host and path of an address: `https://user@host/a/b.git`, `git@host:a/b.git`.
fn repository(location: &str) -> Option<String> {
    let (host, path) = match location.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?,
        None => location.split_once(':')?,
    };
    let host = host.rsplit('@').next()?;
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && !path.is_empty()).then(|| format!("{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let pins = read(text.as_bytes(), &mut problems).unwrap();
        let word = |pin: &Pin| {
            let origin = if pin.origin.is_published() { String::new() } else { format!(" {:?}", pin.origin) };
            format!("{} {}{origin}", pin.name, pin.version)
        };
        (pins.iter().map(word).collect(), problems)
    }

    #[test]
    fn all_versions_of_the_form_are_read() {
        let first = r#"{"object": {"pins": [{"package": "NIO", "repositoryURL": "https://github.com/Apple/swift-nio",
            "state": {"branch": null, "revision": "0a", "version": "2.0.0"}}]}, "version": 1}"#;
        assert_eq!(words(first).0, ["github.com/apple/swift-nio 2.0.0"]);
        for version in [2, 3] {
            let text = format!(
                r#"{{"originHash": "x", "version": {version}, "pins": [
                    {{"identity": "a", "kind": "remoteSourceControl", "location": "git@host.example:team/a.git",
                      "state": {{"branch": "main", "revision": "0a1b"}}}},
                    {{"identity": "mona.LinkedList", "kind": "registry", "location": "", "state": {{"version": "1.1.0"}}}},
                    {{"identity": "b", "kind": "localSourceControl", "location": "/src/b", "state": {{}}}},
                    {{"identity": "c", "location": "../c", "state": {{"version": "1.0.0"}}}},
                    {{"kind": "fileSystem"}}]}}"#
            );
            let expected = [
                "host.example/team/a 0a1b Repository { kind: \"git\", url: Some(\"git+ssh://host.example/team/a.git@0a1b\") }",
                "mona.linkedlist 1.1.0",
                "c 1.0.0 Local",
            ];
            assert_eq!(words(&text), (expected.map(str::to_owned).to_vec(), Problems::default()));
        }
    }

    #[test]
    fn a_location_is_host_and_path() {
        let check = |location: &str, expected: Option<&str>| {
            assert_eq!(repository(location).as_deref(), expected, "{location}");
        };
        check("https://github.com/a/b.git", Some("github.com/a/b"));
        check("ssh://git@github.com/a/b/", Some("github.com/a/b"));
        check("https://user:secret@host.example/a/b?token=secret", Some("host.example/a/b"));
        check("git@github.com:a/b.git", Some("github.com/a/b"));
        check("https://github.com", None);
        check("https:///a", None);
        check("a", None);
    }

    #[test]
    fn a_bad_pin_costs_that_pin() {
        let text = r#"{"version": 2, "pins": [1, {}, {"location": "https://h/a"}, {"location": "https://h/b", "state": {}},
            {"location": 1}, {"location": "https://h/c", "state": {"version": "1.0.0"}}]}"#;
        let mut expected = Problems::default();
        for why in [
            "pin 1: invalid type: integer `1`, expected an object at line 1 column 1",
            "pin 2: it has no location",
            "pin 3: `h/a` has no state",
            "pin 4: `h/b` has no version",
            "pin 5: field `location` is not a string",
        ] {
            expected.push(Error::malformed(why));
        }
        assert_eq!(words(text), (vec!["h/c 1.0.0".to_owned()], expected));
    }

    #[test]
    fn a_document_of_another_shape_is_refused() {
        let check = |text: &str, expected: &str| {
            let why = read(text.as_bytes(), &mut Problems::default()).unwrap_err().to_string();
            assert!(why.starts_with(expected), "{text}: {why}");
        };
        check("[]", "malformed: invalid type: sequence, expected an object");
        check("{}", "malformed: it has no `object`");
        check(r#"{"version": 2}"#, "malformed: it has no list `pins`");
        check(r#"{"version": 4}"#, "unsupported: version 4 of the form");
    }

    proptest! {
        #[test]
        fn no_json_is_too_odd_to_be_read(
            pin in "\\{(\"(location|identity|kind|state)\":(\"[a:/@.]{0,6}\"|\\{\"version\":\"1\"\\}|1),?){0,4}\\}",
        ) {
            if let Ok(pins) = read(format!(r#"{{"version": 2, "pins": [{pin}]}}"#).as_bytes(), &mut Problems::default()) {
                prop_assert!(pins.iter().all(|pin| !pin.name.is_empty() && !pin.version.is_empty()));
            }
        }
    }
}
