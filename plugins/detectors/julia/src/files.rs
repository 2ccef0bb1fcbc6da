//! [`Project.toml` and `Manifest.toml`](https://pkgdocs.julialang.org/v1/toml-files/).

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Problems;
use toml::{Table, Value};

/// A package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Julia tells upper and lower case apart.
    pub name: String,
    /// As it is written there.
    pub version: String,
    /// What tells it from others of that name.
    pub uuid: String,
}

/// The package that a project is; none where it is an environment, or no project of Julia.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no TOML.
pub fn project(text: &str) -> Result<Option<Found>, Error> {
    let project = parse(text)?;
    let field = |key| word(project.get(key));
    let (Some(name), Some(version), Some(uuid)) = (field("name"), field("version"), field("uuid")) else {
        return Ok(None);
    };
    Ok(Some(Found { name, version, uuid }))
}

/// The packages of a manifest that have a version. What is wrong with an entry costs that entry.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no TOML, [`Error::Unsupported`] where its form is of a version that is not known.
pub fn manifest(text: &str, problems: &mut Problems) -> Result<Vec<Found>, Error> {
    let manifest = parse(text)?;
    let entries = match manifest.get("manifest_format").and_then(Value::as_str) {
        // Once the entries were at the top.
        None => Some(&manifest),
        Some(form) if form.starts_with("1.") => Some(&manifest),
        Some(form) if form.starts_with("2.") => manifest.get("deps").and_then(Value::as_table),
        Some(form) => return Err(Error::unsupported(format_args!("form {form:.20} of manifests"))),
    };
    let mut packages = Vec::new();
    for (name, list) in entries.into_iter().flatten() {
        // Several packages may have one name.
        for entry in list.as_array().into_iter().flatten() {
            let Some(entry) = entry.as_table() else {
                problems.push(Error::malformed(format_args!("an entry of `{name:.200}` is no table")));
                continue;
            };
            // Without a version it is of the standard library, or in a folder.
            let Some(version) = entry.get("version") else { continue };
            match (word(Some(version)), word(entry.get("uuid"))) {
                (Some(version), Some(uuid)) if !name.is_empty() => {
                    packages.push(Found { name: name.clone(), version, uuid });
                }
                _ => problems.push(Error::malformed(format_args!("`{name:.200}` has no version and UUID"))),
            }
        }
    }
    Ok(packages)
}

fn parse(text: &str) -> Result<Table, Error> {
    text.parse().map_err(|error: toml::de::Error| Error::malformed(error.message()))
}

/// A text that is one word.
fn word(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    (!text.is_empty() && !text.contains(char::is_whitespace)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let packages = manifest(text, &mut problems).unwrap();
        (packages.iter().map(|it| format!("{} {} {}", it.name, it.version, it.uuid)).collect(), problems)
    }

    #[test]
    fn both_forms_of_manifests_are_read() {
        let first =
            "[[Dates]]\nuuid = \"a\"\n\n[[HTTP]]\ndeps = [\"Dates\"]\nuuid = \"b\"\nversion = \"1.9.6\"\n";
        assert_eq!(words(first), (vec!["HTTP 1.9.6 b".to_owned()], Problems::default()));
        let second = "julia_version = \"1.9.3\"\nmanifest_format = \"2.0\"\n\n[[deps.Dates]]\nuuid = \"a\"\n\n\
                      [[deps.HTTP]]\nuuid = \"b\"\nversion = \"1.9.6+0\"\n    [deps.HTTP.weakdeps]\n    X = \"c\"\n\n\
                      [[deps.HTTP]]\nuuid = \"d\"\nversion = \"0.1.0\"\n";
        assert_eq!(
            words(second),
            (vec!["HTTP 1.9.6+0 b".to_owned(), "HTTP 0.1.0 d".to_owned()], Problems::default())
        );
        let other = "manifest_format = \"3.0\"\n";
        let error = manifest(other, &mut Problems::default()).unwrap_err();
        assert_eq!(error, Error::unsupported("form 3.0 of manifests"));
    }

    #[test]
    fn what_is_wrong_with_an_entry_costs_that_entry() {
        let text = "A = [1]\n[[B]]\nuuid = \"b\"\nversion = 1\n[[C]]\nversion = \"1.0.0\"\n[[D]]\nuuid = \"d\"\nversion = \"1.0.0\"\n";
        let mut expected = Problems::default();
        for why in
            ["an entry of `A` is no table", "`B` has no version and UUID", "`C` has no version and UUID"]
        {
            expected.push(Error::malformed(why));
        }
        assert_eq!(words(text), (vec!["D 1.0.0 d".to_owned()], expected));
    }

    #[test]
    fn a_project_is_a_package_where_it_says_so() {
        let check =
            |text: &str, expected: bool| assert_eq!(project(text).unwrap().is_some(), expected, "{text}");
        check("name = \"A\"\nuuid = \"a\"\nversion = \"1.0.0\"\n[deps]\nB = \"b\"\n", true);
        check("[deps]\nB = \"b\"\n", false);
        check("name = \"A\"\nversion = \"1.0.0\"\n", false);
        check("name = \"A\"\nuuid = \"a\"\nversion = 1\n", false);
        assert!(project("name = ").is_err());
    }

    proptest! {
        #[test]
        fn no_toml_is_too_odd_to_be_read(text in "(\\[\\[a\\]\\]|\\[\\[deps\\.a\\]\\]|uuid|version|manifest_format| = |\"1\\.0\"|1|\\[|\n){0,25}") {
            if let Ok(packages) = manifest(&text, &mut Problems::default()) {
                prop_assert!(packages.iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
            }
            let _outcome = project(&text);
        }
    }
}
