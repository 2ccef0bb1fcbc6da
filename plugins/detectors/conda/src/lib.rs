//! Finds conda packages by the records that conda, mamba, pixi and others keep of them in environments,
//! `conda-meta/NAME-VERSION-BUILD.json`.
//!
//! A record names all files of its package. They are not stated as owned, though: no distribution's advisories judge what
//! conda installed, and what other detectors read in these files (Python packages) has advisories of its own.
//!
//! What a package needs is what its record says that it depends on, without channels and versions, and without virtual
//! packages (`__glibc`).
//!
//! Versions are ordered by the scheme `conda`, and the namespace is of that name. No publisher states advisories in it: packages
//! are reported, and matched where an operator has a feed of them.

pub mod record;

use limpid_lockfile::MAX_FILE;
use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Reason, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use record::Record;

/// The detector `conda-packages`.
#[derive(Debug)]
pub struct Conda;

impl Detector for Conda {
    fn claims() -> Vec<Claim> {
        vec![Claim::alone("**/conda-meta/*.json")]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            let record = Record::parse(&file.read_to_vec(MAX_FILE)?)?;
            report.found(file.path(), package(record));
            Ok(())
        }))
    }
}

export_detector!(Conda);

fn package(record: Record) -> Package {
    let purl = [
        ("build", &record.build),
        ("channel", &record.channel),
        ("subdir", &record.subdir),
        ("type", &record.archive),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key, value.as_deref()?)))
    .fold(Purl::new("conda", &record.name).version(&record.version), |purl, (key, value)| {
        purl.qualifier(key, value)
    });
    let Record { name, version, subdir, license, is_requested, depends, .. } = record;
    let mut package = Package::new(name, version, "conda").namespace("conda").purl(purl);
    package.arch = subdir;
    package.reason = is_requested.then_some(Reason::Requested);
    if let Some(depends) = depends {
        package = package.requires(depends);
    }
    license.into_iter().fold(package, Package::license)
}

#[cfg(test)]
mod judge;

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

    use super::*;

    #[test]
    fn a_record_gives_an_installed_package() {
        let text = r#"{"name": "numpy", "version": "1.26.4", "build": "py311h64a7726_0", "subdir": "linux-64",
            "channel": "https://conda.anaconda.org/conda-forge/linux-64", "fn": "numpy-1.26.4-py311h64a7726_0.conda",
            "license": "BSD-3-Clause", "requested_spec": "numpy"}"#;
        let path = "opt/conda/conda-meta/numpy-1.26.4-py311h64a7726_0.json";
        let report = Conda::detect(&[File::in_memory(path, text)]).unwrap();
        assert_eq!(report.unread, []);
        let package = report.packages().next().unwrap();
        assert_eq!((package.name.as_str(), package.version.as_str()), ("numpy", "1.26.4"));
        assert_eq!(
            package.purl,
            "pkg:conda/numpy@1.26.4?build=py311h64a7726_0&channel=conda-forge&subdir=linux-64&type=conda"
        );
        assert_eq!(
            (package.scheme.as_str(), &package.scope, package.evidence),
            ("conda", &Scope::Namespace("conda".to_owned()), Evidence::Installed)
        );
        assert_eq!((package.arch.as_deref(), package.reason), (Some("linux-64"), Some(Reason::Requested)));
        assert_eq!(package.licenses, ["BSD-3-Clause"]);
    }

    #[test]
    fn a_damaged_record_is_named_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let report = Conda::detect(&[File::in_memory("conda-meta/a.json", text)]).unwrap();
            assert_eq!(report.findings, []);
            assert_eq!(report.unread[0].error.to_string(), expected);
        };
        check("{", "malformed: EOF while parsing an object at line 1 column 1");
        check(r#"{"name": "a"}"#, "malformed: the record has no `version`");
        let why = "unsupported: the file has 16777217 bytes, over this plugin's limit of 16777216";
        check(&" ".repeat(MAX_FILE as usize + 1), why);
    }
}
