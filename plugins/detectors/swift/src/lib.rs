//! Finds Swift packages that an application pins, in `Package.resolved` (versions 1 to 3 of its form).
//!
//! A package is named by where its source is, as advisories name it: without scheme, user and `.git`, and in lower case
//! (`github.com/apple/swift-nio`). One of a registry has the name that it has there (`mona.linkedlist`). A pin of a branch
//! or a revision has no version, and the revision stands in its place, which no scheme orders. Packages in folders of the same
//! machine are parts of the application. Lock files in checkouts of packages, in packages and in tests are
//! [not an application's](limpid_lockfile::is_of_another).
//!
//! Versions are ordered by the scheme `swift`; advisories are in the namespace of that name.

pub mod resolved;

use limpid_lockfile::MAX_FILE;
use limpid_plugin_sdk::detector::{Claim, Detector, Evidence, File, Package, Problems, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use resolved::Pin;

/// The detector `swift`.
#[derive(Debug)]
pub struct Swift;

impl Detector for Swift {
    fn claims() -> Vec<Claim> {
        vec![Claim::alone("**/{Package.resolved,.package.resolved}")]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            let path = file.path();
            let is_checkout = path.split('/').any(|folder| folder == "checkouts");
            if is_checkout || limpid_lockfile::is_of_another(path) {
                return Ok(());
            }
            let mut problems = Problems::default();
            for pin in resolved::read(&file.read_to_vec(MAX_FILE)?, &mut problems)? {
                report.found(path, package(&pin));
            }
            report.unread_parts(path, problems);
            Ok(())
        }))
    }
}

export_detector!(Swift);

fn package(Pin { name, version }: &Pin) -> Package {
    let purl = match name.rsplit_once('/') {
        Some((namespace, name)) => Purl::new("swift", name).namespace(namespace),
        None => Purl::new("swift", name),
    };
    let package = Package::new(name, version, "swift").namespace("swift").purl(purl.version(version));
    package.evidence(Evidence::Declared)
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::Scope;

    use super::*;

    const PINS: &str = r#"{"version": 2, "pins": [{"identity": "swift-nio", "kind": "remoteSourceControl",
        "location": "https://github.com/apple/swift-nio.git", "state": {"revision": "0a", "version": "2.62.0"}}]}"#;

    #[test]
    fn a_pin_is_a_package_that_an_application_asks_for() {
        let report = Swift::detect(&[File::in_memory("app/Package.resolved", PINS)]).unwrap();
        assert_eq!(report.unread, []);
        let package = report.packages().next().unwrap();
        assert_eq!(
            (package.name.as_str(), package.version.as_str()),
            ("github.com/apple/swift-nio", "2.62.0")
        );
        assert_eq!(package.purl, "pkg:swift/github.com/apple/swift-nio@2.62.0");
        assert_eq!(
            (package.scheme.as_str(), &package.scope, package.evidence),
            ("swift", &Scope::Namespace("swift".to_owned()), Evidence::Declared)
        );
    }

    #[test]
    fn pins_of_packages_are_not_an_applications() {
        for path in ["app/.build/checkouts/swift-nio/Package.resolved", "app/tests/Package.resolved"] {
            assert_eq!(Swift::detect(&[File::in_memory(path, PINS)]), Ok(Report::default()), "{path}");
        }
    }

    #[test]
    fn a_damaged_file_is_named_with_the_reason() {
        let report = Swift::detect(&[File::in_memory("Package.resolved", "{")]).unwrap();
        assert_eq!(report.findings, []);
        let why = "malformed: EOF while parsing an object at line 1 column 1";
        assert_eq!(report.unread[0].error.to_string(), why);
    }
}
