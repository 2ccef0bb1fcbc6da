//! What [cpanm](https://metacpan.org/pod/App::cpanminus) writes of a distribution that it installs: its own `install.json`, and
//! the `MYMETA.json` ([specification](https://metacpan.org/pod/CPAN::Meta::Spec)) with which it was built.

use limpid_lockfile::{Entries, fields, text};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Needs, Requirement};

use crate::distribution::Distribution;

/// A distribution, and the modules in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// What was installed.
    pub distribution: Distribution,
    /// The module that was asked for, and all that it provides.
    pub modules: Vec<String>,
}

/// Reads an `install.json`.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no object, or names no distribution with a version.
pub fn installed(bytes: &[u8]) -> Result<Installed, Error> {
    let fields = fields(bytes)?;
    let dist = text(&fields, "dist")?.ok_or_else(|| Error::malformed("it names no distribution"))?;
    let place = text(&fields, "pathname")?;
    let distribution = Distribution::parse(&dist, place.as_deref())
        .ok_or_else(|| Error::malformed(format_args!("`{dist:.200}` is no distribution and version")))?;
    let mut modules: Vec<String> = text(&fields, "name")?.into_iter().collect();
    if let Some(provides) = fields.get("provides") {
        let provides: Option<Entries<'_>> = serde_json::from_str(provides.get())
            .map_err(|error| Error::malformed(format_args!("`provides`: {error}")))?;
        modules.extend(provides.into_iter().flat_map(|it| it.0).map(|(module, _)| module.into_owned()));
    }
    Ok(Installed { distribution, modules })
}

/// The licences of a `MYMETA.json`, in the words of its specification (`perl_5`).
///
/// # Errors
///
/// [`Error::Malformed`] where it is no object.
pub fn licenses(bytes: &[u8]) -> Result<Vec<String>, Error> {
    let mut licenses = limpid_lockfile::licenses(&fields(bytes)?, "license");
    licenses.retain(|license| license != "unknown");
    Ok(licenses)
}

/// The modules that a `MYMETA.json` says are needed to run, Perl's own among them; none where it does not say it.
pub fn modules_needed(bytes: &[u8], needs: &mut Needs) -> Option<Vec<Requirement>> {
    let meta = fields(bytes).ok()?;
    let prerequisites = fields(meta.get("prereqs")?.get().as_bytes()).ok()?;
    let Some(runtime) = prerequisites.get("runtime") else { return Some(Vec::new()) };
    let runtime = fields(runtime.get().as_bytes()).ok()?;
    let Some(requires) = runtime.get("requires") else { return Some(Vec::new()) };
    let Entries(modules) = serde_json::from_str(requires.get()).ok()?;
    needs.of(modules.iter().map(|(module, _)| &**module).filter(|module| *module != "perl"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_record_names_a_distribution_and_its_modules() {
        // cpanm writes versions of modules as numbers where it has them so.
        let text = r#"{"provides": {"URI": {"version": 5.2, "file": "lib/URI.pm"}, "URI::URL": {}}, "version": 5.2,
            "dist": "URI-5.20", "target": "URI", "pathname": "O/OA/OALDERS/URI-5.20.tar.gz", "name": "URI"}"#;
        let found = installed(text.as_bytes()).unwrap();
        let expected = Distribution {
            name: "URI".to_owned(),
            version: "5.20".to_owned(),
            author: Some("OALDERS".to_owned()),
        };
        assert_eq!(found.distribution, expected);
        assert_eq!(found.modules, ["URI", "URI", "URI::URL"]);
        let least = installed(br#"{"dist": "A-1", "provides": null}"#).unwrap();
        assert_eq!((least.distribution.author, least.modules), (None, vec![]));
    }

    #[test]
    fn a_record_of_another_shape_is_malformed() {
        let check = |text: &str, expected: &str| {
            let why = installed(text.as_bytes()).unwrap_err().to_string();
            assert!(why.starts_with("malformed: ") && why.contains(expected), "{text}: {why}");
        };
        check("", "EOF while parsing");
        check("[]", "expected an object");
        check("{}", "it names no distribution");
        check(r#"{"dist": 1}"#, "field `dist` is not a string");
        check(r#"{"dist": "A"}"#, "`A` is no distribution and version");
        check(r#"{"dist": "A-1", "provides": []}"#, "`provides`: invalid type: sequence");
    }

    #[test]
    fn modules_that_are_needed_to_run_are_named() {
        let check = |text: &str, expected: Option<&[&str]>| {
            let needed = modules_needed(text.as_bytes(), &mut Needs::default());
            let expected = expected.map(|names| names.iter().map(|&name| Requirement::from(name)).collect());
            assert_eq!(needed, expected, "{text}");
        };
        let text = r#"{"prereqs": {"build": {"requires": {"X": 0}},
            "runtime": {"requires": {"perl": "5.006", "A::B": "1.0", "C": 0}, "recommends": {"D": 0}}}}"#;
        check(text, Some(&["A::B", "C"]));
        check(r#"{"prereqs": {"build": {}}}"#, Some(&[]));
        check(r#"{"prereqs": {"runtime": {}}}"#, Some(&[]));
        check(r#"{"prereqs": {"runtime": {"requires": 1}}}"#, None);
        check("{}", None);
    }

    #[test]
    fn licences_are_those_that_are_known() {
        let check = |text: &str, expected: &[&str]| assert_eq!(licenses(text.as_bytes()).unwrap(), expected);
        check(r#"{"license": ["perl_5", "mit"]}"#, &["perl_5", "mit"]);
        check(r#"{"license": ["unknown"]}"#, &[]);
        check("{}", &[]);
        assert!(licenses(b"[]").is_err());
    }

    proptest! {
        #[test]
        fn no_json_is_too_odd_to_be_read(text in "(\\{|\\}|\\[|\\]|,|:|\"dist\"|\"provides\"|\"A-1\"|\"name\"|1){0,30}") {
            if let Ok(found) = installed(text.as_bytes()) {
                prop_assert!(!found.distribution.name.is_empty() && !found.distribution.version.is_empty());
            }
            let _outcome = licenses(text.as_bytes());
        }
    }
}
