//! Finds Python packages by the metadata that is installed beside them.
//!
//! | File | Left by |
//! |---|---|
//! | `NAME-VERSION.dist-info/METADATA` | pip and all else that installs wheels |
//! | `NAME-VERSION.egg-info/PKG-INFO`, `NAME.egg-info/PKG-INFO` | setuptools, and `pip install --editable` |
//! | `NAME-VERSION.egg-info` | distutils |
//! | `NAME-VERSION.egg/EGG-INFO/PKG-INFO` | `easy_install` |
//! | `NAME-VERSION.egg` | the same, as a zip |
//!
//! As for `importlib.metadata`, a folder of any of these kinds may hold `METADATA` or `PKG-INFO`, of which the first
//! that is not empty counts; as for pip, the name of the folder says what they do not.
//!
//! They lie wherever an environment or a package with copies of others (`setuptools/_vendor`) is, but data of the
//! tests of a package that is installed are no packages. Each
//! is a package that is there: an upgrade leaves the directory of the old version's metadata deleted,
//! and with the file goes what it states.
//!
//! Of a file at most [`MAX_HEADERS`](metadata::MAX_HEADERS) bytes are read, and of a field
//! [`MAX_VALUE`](metadata::MAX_VALUE) bytes kept; of an egg at most [`MAX_MEMBERS`] members are looked at.

mod egg;
mod headers;
pub mod metadata;
mod place;

use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

pub use egg::MAX_MEMBERS;
use metadata::{Metadata, Stated};
use place::Place;

/// The detector `python`.
#[derive(Debug)]
pub struct Python;

impl Detector for Python {
    fn claims() -> Vec<Claim> {
        // Together, because one distribution may have two files of metadata, and data of tests is told by what is
        // installed beside them.
        vec![
            Claim::together("**/*.{dist,egg}-info/{METADATA,PKG-INFO}"),
            Claim::together("**/*.egg/EGG-INFO/{METADATA,PKG-INFO}"),
            Claim::together("**/*.egg-info"),
            Claim::together("**/*.egg"),
        ]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        let places = || files.iter().filter_map(|file| Some((Place::of(file.path())?, file)));
        let roots: BTreeSet<&str> = places().filter_map(|(place, _)| place.root()).collect();
        let mut distributions: BTreeMap<&str, Vec<(Place<'_>, &File)>> = BTreeMap::new();
        for (place, file) in places().filter(|(place, _)| place.is_installed(&roots)) {
            distributions.entry(place.distribution).or_default().push((place, file));
        }
        let mut report = Report::default();
        for mut candidates in distributions.into_values() {
            candidates.sort_by_key(|(place, file)| (file.size() == 0, place.rank));
            let Some((place, file)) = candidates.first() else { continue };
            if let Err(error) = read(place, file, &mut report) {
                report.unread(file.path(), error);
            }
        }
        Ok(report)
    }
}

fn read(place: &Place<'_>, file: &File, report: &mut Report) -> Result<(), Error> {
    let stated = Stated { name: place.name(), version: place.version() };
    if !place.is_zip {
        report.found(file.path(), package(Metadata::read(file.reader(), &stated)?));
    } else if let Some((member, metadata)) = egg::read(file, &stated)? {
        report.found_in(file.path(), member, package(metadata));
    }
    Ok(())
}

export_detector!(Python);

fn package(metadata: Metadata) -> Package {
    let name = normalised(&metadata.name);
    let purl = Purl::new("pypi", &name).version(&metadata.version);
    let package = Package::new(name, metadata.version, "pep440").namespace("pypi").purl(purl);
    metadata.licenses.into_iter().fold(package, Package::license)
}

/// A name as advisories write it: in lower case, with one hyphen for each run of separators
/// ([name normalization](https://packaging.python.org/en/latest/specifications/name-normalization/),
/// from PEP 503).
fn normalised(name: &str) -> String {
    let mut normalised = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '-' | '_' | '.' if normalised.ends_with('-') => {}
            '-' | '_' | '.' => normalised.push('-'),
            other => normalised.extend(other.to_lowercase()),
        }
    }
    normalised
}

#[cfg(test)]
mod judge;

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

    use super::*;

    #[test]
    fn names_are_normalised_as_pep_503_says() {
        let check = |name: &str, expected: &str| assert_eq!(normalised(name), expected);
        // The examples of its specification.
        for name in ["friendly-bard", "Friendly-Bard", "FRIENDLY-BARD", "friendly.bard", "friendly_bard"] {
            check(name, "friendly-bard");
        }
        check("friendly--bard", "friendly-bard");
        check("FrIeNdLy-._.-bArD", "friendly-bard");
        check("zope.interface", "zope-interface");
        check("_", "-");
    }

    #[test]
    fn a_file_of_metadata_gives_a_package() {
        let text =
            "Metadata-Version: 2.1\nName: zope.interface\nVersion: 1!5.0.post1+local.1\nLicense: ZPL 2.1\n";
        let path = "usr/lib/python3/dist-packages/zope.interface-5.0.dist-info/METADATA";
        let report = Python::detect(&[File::in_memory(path, text)]).unwrap();
        assert_eq!(report.unread, []);
        let packages: Vec<_> = report.packages().collect();
        let package = packages[0];
        assert_eq!(
            (package.name.as_str(), package.version.as_str()),
            ("zope-interface", "1!5.0.post1+local.1")
        );
        assert_eq!(package.purl, "pkg:pypi/zope-interface@1%215.0.post1%2Blocal.1");
        assert_eq!(
            (package.scheme.as_str(), &package.scope),
            ("pep440", &Scope::Namespace("pypi".to_owned()))
        );
        assert_eq!((package.evidence, &package.source), (Evidence::Installed, &None));
        assert_eq!(package.licenses, ["ZPL 2.1"]);
        assert_eq!(report.findings[0].path, path);
    }

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = files.iter().map(|(path, content)| File::in_memory(*path, *content)).collect();
        let report = Python::detect(&files).unwrap();
        assert_eq!(report.unread, []);
        let word =
            |(path, package): (&str, &Package)| format!("{path}: {} {}", package.name, package.version);
        let paths = report.findings.iter().map(|finding| finding.path.as_str());
        paths.zip(report.packages()).map(word).collect()
    }

    #[test]
    fn a_folder_of_metadata_states_one_package_whatever_files_it_has() {
        let (metadata, pkg_info) = ("a/x-1.0.egg-info/METADATA", "a/x-1.0.egg-info/PKG-INFO");
        let x = "Name: x\nVersion: 1.0\n";
        assert_eq!(found(&[(metadata, x)]), ["a/x-1.0.egg-info/METADATA: x 1.0"]);
        assert_eq!(found(&[(pkg_info, x)]), ["a/x-1.0.egg-info/PKG-INFO: x 1.0"]);
        assert_eq!(
            found(&[(metadata, x), (pkg_info, "Name: y\nVersion: 2\n")]),
            ["a/x-1.0.egg-info/METADATA: x 1.0"]
        );
        assert_eq!(found(&[(metadata, ""), (pkg_info, x)]), ["a/x-1.0.egg-info/PKG-INFO: x 1.0"]);
        assert_eq!(found(&[("a/x-1.0.dist-info/PKG-INFO", x)]), ["a/x-1.0.dist-info/PKG-INFO: x 1.0"]);
        assert_eq!(found(&[("a/x-1.0.dist-info/METADATA", "")]), ["a/x-1.0.dist-info/METADATA: x 1.0"]);
    }

    #[test]
    fn data_of_tests_states_nothing() {
        let site = "usr/lib/python3.11/site-packages";
        let text = "Name: x\nVersion: 1.0\n";
        assert_eq!(found(&[(&format!("{site}/setuptools/tests/x-1.0.dist-info/METADATA"), text)]), [""; 0]);
        assert_eq!(found(&[(&format!("{site}/setuptools/_vendor/x-1.0.dist-info/METADATA"), text)]).len(), 1);
    }

    #[test]
    fn a_file_that_states_no_package_is_named_and_costs_no_other() {
        let good = File::in_memory("a.egg-info", "Name: a\nVersion: 1\n");
        let report = Python::detect(&[File::in_memory("b.egg-info", "Name: b\n"), good]).unwrap();
        assert_eq!(report.packages().count(), 1);
        assert_eq!(report.unread[0].path, "b.egg-info");
        assert_eq!(report.unread[0].error.to_string(), "malformed: the metadata of `b` states no version");
    }
}
