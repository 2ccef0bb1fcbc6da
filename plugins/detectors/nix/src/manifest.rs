//! `manifest.json` of a profile ([form](https://nix.dev/manual/nix/stable/command-ref/files/manifest.json.html)): what somebody
//! installed, in versions 1 and 2 a list, in 3 an object.

use std::collections::BTreeMap;

use limpid_lockfile::{Entries, Fields, Records, fields, text};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Problems;
use serde_json::value::RawValue;

/// How many folders of profiles are read.
const MAX_FOLDERS: usize = 100_000;

/// Where a package that somebody asked for is from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Its attribute in Nixpkgs, without the system that it is for; none of what is from elsewhere.
    pub attribute: Option<String>,
    /// The commit of Nixpkgs.
    pub commit: Option<String>,
}

/// The origins of folders of the store. What is wrong with an element costs that element.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no object with elements.
pub fn origins(bytes: &[u8], problems: &mut Problems) -> Result<BTreeMap<String, Origin>, Error> {
    let manifest = fields(bytes)?;
    let elements = manifest.get("elements").ok_or_else(|| Error::malformed("it has no elements"))?;
    let elements: Vec<&RawValue> = match serde_json::from_str::<Records<'_>>(elements.get()) {
        Ok(Records(list)) => list,
        Err(_) => {
            let Entries(object) = serde_json::from_str(elements.get())
                .map_err(|error| Error::malformed(format_args!("`elements`: {error}")))?;
            object.into_iter().map(|(_, element)| element).collect()
        }
    };
    let mut origins = BTreeMap::new();
    for (index, element) in elements.into_iter().enumerate() {
        match read(element, &mut origins) {
            Ok(()) => {}
            Err(Error::Malformed(why)) => {
                problems.push(Error::malformed(format_args!("element {}: {why}", index + 1)));
            }
            Err(error) => {
                problems.push(error);
                break;
            }
        }
    }
    Ok(origins)
}

fn read(element: &RawValue, origins: &mut BTreeMap<String, Origin>) -> Result<(), Error> {
    let element = fields(element.get().as_bytes())?;
    let origin = origin(&element)?;
    let Some(paths) = element.get("storePaths") else { return Ok(()) };
    let paths: Records<'_> = serde_json::from_str(paths.get()).map_err(Error::malformed)?;
    for path in paths.0 {
        let path: String = serde_json::from_str(path.get()).map_err(Error::malformed)?;
        if origins.len() >= MAX_FOLDERS {
            return Err(Error::unsupported(format_args!("not more than {MAX_FOLDERS} folders are read")));
        }
        if let Some((_, folder)) = path.rsplit_once('/') {
            origins.insert(folder.to_owned(), origin.clone());
        }
    }
    Ok(())
}

fn origin(element: &Fields<'_>) -> Result<Origin, Error> {
    let url = text(element, "url")?.or(text(element, "uri")?).unwrap_or_default();
    let (url, _) = url.split_once('?').unwrap_or((&url, ""));
    let Some(rest) = url.strip_prefix("github:NixOS/nixpkgs") else { return Ok(Origin::default()) };
    let commit = rest.strip_prefix('/').filter(|commit| is_commit(commit)).map(str::to_owned);
    // `legacyPackages.x86_64-linux.hello`
    let attribute = text(element, "attrPath")?.unwrap_or_default();
    let attribute = attribute.splitn(3, '.').nth(2).filter(|attribute| is_attribute(attribute));
    Ok(Origin { attribute: attribute.map(str::to_owned), commit })
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_attribute(text: &str) -> bool {
    let is_part =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+' | b'\'');
    !text.is_empty() && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COMMIT: &str = "0123456789012345678901234567890123456789";

    fn words(text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let origins = origins(text.as_bytes(), &mut problems).unwrap();
        let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let words = origins
            .iter()
            .map(|(folder, it)| format!("{folder} {} {}", word(&it.attribute), word(&it.commit)));
        (words.collect(), problems)
    }

    #[test]
    fn elements_are_a_list_or_an_object() {
        let element = format!(
            r#"{{"active": true, "attrPath": "legacyPackages.x86_64-linux.python3Packages.requests", "priority": 5,
                "originalUrl": "flake:nixpkgs", "url": "github:NixOS/nixpkgs/{COMMIT}?narHash=x",
                "storePaths": ["/nix/store/x-a-1", "/nix/store/x-a-1-dev"]}}"#
        );
        let expected = [
            format!("x-a-1 python3Packages.requests {COMMIT}"),
            format!("x-a-1-dev python3Packages.requests {COMMIT}"),
        ];
        for elements in [format!("[{element}]"), format!("{{\"requests\": {element}}}")] {
            let text = format!(r#"{{"version": 3, "elements": {elements}}}"#);
            assert_eq!(words(&text), (expected.to_vec(), Problems::default()));
        }
    }

    #[test]
    fn what_is_of_another_flake_has_no_attribute() {
        let check = |fields: &str, expected: &str| {
            let text = format!(r#"{{"elements": [{{{fields}, "storePaths": ["/nix/store/a"]}}]}}"#);
            assert_eq!(words(&text), (vec![expected.to_owned()], Problems::default()), "{fields}");
        };
        check(r#""url": "github:acme/tool", "attrPath": "packages.x86_64-linux.default""#, "a - -");
        check(r#""url": "github:NixOS/nixpkgs", "attrPath": "a.b.c.d""#, "a c.d -");
        check(r#""uri": "github:NixOS/nixpkgs/nixos-23.11", "attrPath": "a""#, "a - -");
        check(r#""url": null"#, "a - -");
    }

    #[test]
    fn what_is_wrong_with_an_element_costs_that_element() {
        let text = r#"{"elements": [1, {"storePaths": {}}, {"storePaths": ["/nix/store/a"]}, {}]}"#;
        let (origins, problems) = words(text);
        assert_eq!(origins, ["a - -"]);
        let mut expected = Problems::default();
        let why = "element 1: invalid type: integer `1`, expected an object at line 1 column 1";
        expected.push(Error::malformed(why));
        expected.push(Error::malformed("element 2: invalid type: map, expected a list at line 1 column 0"));
        assert_eq!(problems, expected);
    }

    #[test]
    fn folders_are_as_many_as_the_bound() {
        let element = |number: usize| format!(r#"{{"storePaths": ["/{number}"]}}"#);
        let elements: Vec<_> = (0..MAX_FOLDERS - 1).map(element).collect();
        let text =
            format!(r#"{{"elements": [{},{{"storePaths": ["/a", "/b", "/c"]}}]}}"#, elements.join(","));
        let (origins, problems) = words(&text);
        assert_eq!(origins.len(), MAX_FOLDERS);
        assert_ne!(problems, Problems::default());
    }

    #[test]
    fn a_document_of_another_shape_is_malformed() {
        for text in ["", "[]", "{}", r#"{"elements": 1}"#] {
            let found = origins(text.as_bytes(), &mut Problems::default());
            assert!(matches!(found, Err(Error::Malformed(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_json_is_too_odd_to_be_read(text in "(\\{|\\}|\\[|\\]|,|:|\"elements\"|\"storePaths\"|\"url\"|\"/a/b\"|1){0,30}") {
            let _outcome = origins(text.as_bytes(), &mut Problems::default());
        }
    }
}
