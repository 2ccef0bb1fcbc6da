//! Finds Python packages by the metadata that is installed beside them.
//!
//! | File | Left by |
//! |---|---|
//! | `NAME-VERSION.dist-info/METADATA` | pip and all else that installs wheels |
//! | `NAME-VERSION.egg-info/PKG-INFO`, `NAME.egg-info/PKG-INFO` | setuptools, and `pip install --editable` |
//! | `NAME-VERSION.egg-info` | distutils |
//! | `NAME-VERSION.egg/EGG-INFO/PKG-INFO` | `easy_install` |
//!
//! They lie wherever an environment or a package with copies of others (`setuptools/_vendor`) is. Each
//! is a package that is there: an upgrade leaves the directory of the old version's metadata deleted,
//! and with the file goes what it states.
//!
//! Of a file at most [`MAX_HEADERS`](metadata::MAX_HEADERS) bytes are read, and of a field
//! [`MAX_VALUE`](metadata::MAX_VALUE) bytes kept.

mod headers;
pub mod metadata;

use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use metadata::Metadata;

/// The detector `python`.
#[derive(Debug)]
pub struct Python;

impl Detector for Python {
    fn claims() -> Vec<Claim> {
        vec![
            Claim::alone("**/*.dist-info/METADATA"),
            Claim::alone("**/*.egg-info/PKG-INFO"),
            Claim::alone("**/*.egg-info"),
            Claim::alone("**/*.egg/EGG-INFO/PKG-INFO"),
        ]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            report.found(file.path(), package(Metadata::read(file.reader())?));
            Ok(())
        }))
    }
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

    #[test]
    fn a_file_that_states_no_package_is_named_and_costs_no_other() {
        let good = File::in_memory("a.egg-info", "Name: a\nVersion: 1\n");
        let report = Python::detect(&[File::in_memory("b.egg-info", "Name: b\n"), good]).unwrap();
        assert_eq!(report.packages().count(), 1);
        assert_eq!(report.unread[0].path, "b.egg-info");
        assert_eq!(report.unread[0].error.to_string(), "malformed: the metadata of `b` states no version");
    }
}
