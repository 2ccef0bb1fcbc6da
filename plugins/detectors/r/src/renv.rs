//! Lock files of [renv](https://rstudio.github.io/renv/articles/lockfile.html).

use limpid_lockfile::{Entries, Fields, Origin, fields, text};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Needs, Problems, Requirement};
use serde_json::value::RawValue;

use crate::description::{DEPENDENCIES, dependency};
use crate::{Repository, is_name, remote};

/// A package that a lock file names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Locked {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Who lists it.
    pub(crate) repository: Repository,
    /// Where it is from.
    pub(crate) origin: Origin,
    /// What it needs; none where the file does not say it.
    pub(crate) requires: Option<Vec<Requirement>>,
}

/// The packages of a lock file, with their versions. What is wrong with one costs that one.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no object with an object `Packages`.
pub(crate) fn read(bytes: &[u8], problems: &mut Problems) -> Result<Vec<Locked>, Error> {
    let document = fields(bytes)?;
    let packages = document.get("Packages").ok_or_else(|| Error::malformed("it has no `Packages`"))?;
    let Entries(packages) = serde_json::from_str(packages.get())
        .map_err(|error| Error::malformed(format_args!("`Packages`: {error}")))?;
    let (mut all, mut needs) = (Vec::new(), Needs::default());
    for (key, record) in packages {
        match package(record, &mut needs) {
            Ok(package) => all.push(package),
            Err(Error::Malformed(why) | Error::Unsupported(why) | Error::Other(why)) => {
                problems.push(Error::malformed(format_args!("`{key:.200}`: {why}")));
            }
        }
    }
    Ok(all)
}

fn package(record: &RawValue, needs: &mut Needs) -> Result<Locked, Error> {
    let record = fields(record.get().as_bytes())?;
    let name = text(&record, "Package")?.filter(|name| is_name(name));
    let (Some(name), Some(version)) = (name, text(&record, "Version")?) else {
        return Err(Error::malformed("no name and version"));
    };
    let source = text(&record, "Source")?;
    let is_of_bioconductor = source.as_deref() == Some("Bioconductor");
    let repository = if is_of_bioconductor { Repository::Bioconductor } else { Repository::Cran };
    let origin = remote::origin(|field| {
        let value = text(&record, field).ok().flatten();
        // Of repositories of packages it says no more than that, and of others the same.
        let value = if field == "RemoteType" { value.or_else(|| source.clone()) } else { value };
        value.unwrap_or_default()
    });
    let requires = required(&record)
        .and_then(|names| needs.of(names.iter().flat_map(|list| list.split(',')).filter_map(dependency)));
    Ok(Locked { name, version, repository, origin, requires })
}

/// What a record says of what the package needs, in lists or as they are in `DESCRIPTION`. Until 1.1, renv wrote names as
/// `Requirements`, and nothing where there are none.
fn required(record: &Fields<'_>) -> Option<Vec<String>> {
    let list = |field: &str| {
        let value = record.get(field)?.get();
        let list = serde_json::from_str(value).or_else(|_| serde_json::from_str(value).map(|one| vec![one]));
        Some(list.ok())
    };
    if let Some(names) = list("Requirements") {
        return names;
    }
    let lists: Vec<Option<Vec<String>>> = DEPENDENCIES.into_iter().filter_map(list).collect();
    if lists.is_empty() {
        return None;
    }
    Some(lists.into_iter().collect::<Option<Vec<_>>>()?.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_named_and_a_bad_one_costs_itself() {
        let text = r#"{"Packages": {
            "DT": {"Package": "DT", "Version": "0.31", "Source": "Repository", "Repository": "CRAN"},
            "limma": {"Package": "limma", "Version": "3.58.1", "Source": "Bioconductor"},
            "mime": {"Package": "mime", "Version": "0.12", "Source": "GitHub", "RemoteType": "github",
                "RemoteHost": "api.github.com", "RemoteUsername": "yihui", "RemoteRepo": "mime", "RemoteSha": "0123"},
            "own": {"Package": "own", "Version": "0.1", "Source": "Local"},
            "x": 1, "y": {"Package": "y"}, "z": {"Package": "a/b", "Version": "1"}, "w": {"Package": 1}}}"#;
        let mut problems = Problems::default();
        let found = read(text.as_bytes(), &mut problems).unwrap();
        let of = |name: &str, version: &str, repository, origin| {
            let (name, version) = (name.to_owned(), version.to_owned());
            Locked { name, version, repository, origin, requires: None }
        };
        assert_eq!(
            found,
            [
                of("DT", "0.31", Repository::Cran, Origin::Published),
                of("limma", "3.58.1", Repository::Bioconductor, Origin::Published),
                of(
                    "mime",
                    "0.12",
                    Repository::Cran,
                    Origin::commit("git", "https://github.com/yihui/mime", "0123")
                ),
                of("own", "0.1", Repository::Cran, Origin::Local),
            ]
        );
        let mut expected = Problems::default();
        for why in [
            "`x`: invalid type: integer `1`, expected an object at line 1 column 1",
            "`y`: no name and version",
            "`z`: no name and version",
            "`w`: field `Package` is not a string",
        ] {
            expected.push(Error::malformed(why));
        }
        assert_eq!(problems, expected);
    }

    #[test]
    fn a_record_names_what_its_package_needs_in_either_form() {
        let check = |fields: &str, expected: Option<&[&str]>| {
            let text = format!(r#"{{"Packages": {{"a": {{"Package": "a", "Version": "1" {fields}}}}}}}"#);
            let found = read(text.as_bytes(), &mut Problems::default()).unwrap();
            let expected = expected.map(|names| names.iter().map(|&name| Requirement::from(name)).collect());
            assert_eq!(found[0].requires, expected, "{fields}");
        };
        check(r#", "Requirements": ["R", "rlang", "cli"]"#, Some(&["rlang", "cli"]));
        check(
            r#", "Depends": "R (>= 3.5)", "Imports": ["cli (>= 3)", "b"], "LinkingTo": "c,\n d (>= 1)""#,
            Some(&["cli", "b", "c", "d"]),
        );
        check(r#", "Depends": ["R (>= 3.5)"]"#, Some(&[]));
        check("", None);
        check(r#", "Requirements": [1]"#, None);
        check(r#", "Depends": "a", "Imports": {}"#, None);
    }

    #[test]
    fn a_document_of_another_shape_is_malformed() {
        let check = |text: &str, expected: &str| {
            let why = read(text.as_bytes(), &mut Problems::default()).unwrap_err().to_string();
            assert!(why.starts_with("malformed: ") && why.contains(expected), "{text}: {why}");
        };
        check("[]", "expected an object");
        check(r#"{"Packages": []}"#, "`Packages`: invalid type: sequence");
    }
}
