//! Lock files of [renv](https://rstudio.github.io/renv/articles/lockfile.html).

use limpid_lockfile::{Entries, Origin, fields, text};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Problems;
use serde_json::value::RawValue;

use crate::{Repository, is_name, remote};

/// A package: name, version, who lists it, where it is from.
type Locked = (String, String, Repository, Origin);

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
    let mut all = Vec::new();
    for (key, record) in packages {
        match package(record) {
            Ok(package) => all.push(package),
            Err(Error::Malformed(why) | Error::Unsupported(why) | Error::Other(why)) => {
                problems.push(Error::malformed(format_args!("`{key:.200}`: {why}")));
            }
        }
    }
    Ok(all)
}

fn package(record: &RawValue) -> Result<Locked, Error> {
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
    Ok((name, version, repository, origin))
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
            (name.to_owned(), version.to_owned(), repository, origin)
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
    fn a_document_of_another_shape_is_malformed() {
        let check = |text: &str, expected: &str| {
            let why = read(text.as_bytes(), &mut Problems::default()).unwrap_err().to_string();
            assert!(why.starts_with("malformed: ") && why.contains(expected), "{text}: {why}");
        };
        check("[]", "expected an object");
        check(r#"{"Packages": []}"#, "`Packages`: invalid type: sequence");
    }
}
