//! Finds Swift packages that an application pins, in `Package.resolved` (versions 1 to 3 of its form).
//!
//! A package is named by where its source is, as advisories name it: without scheme, user and `.git`, and in lower case
//! (`github.com/apple/swift-nio`). One of a registry has the name that it has there (`mona.linkedlist`). A pin of a branch
//! or a revision has no version, and the revision stands in its place: it is [not what was published](limpid_lockfile#what-is-stated),
//! and neither is what lies on the same machine, which has the name that the application calls it by. Lock files in
//! checkouts of packages, in packages and in tests are [not an application's](limpid_lockfile::is_of_another).
//!
//! Versions are ordered by the scheme `swift`; advisories are in the namespace of that name.

pub mod resolved;

use limpid_lockfile::{MAX_FILE, declare, is_of_another};
use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Report};
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
            if is_checkout || is_of_another(path) {
                return Ok(());
            }
            declare(file, report, |declarations| {
                let pins = resolved::read(&file.read_to_vec(MAX_FILE)?, declarations.problems())?;
                pins.iter().try_for_each(|pin| declarations.push(package(pin)))
            })
        }))
    }
}

export_detector!(Swift);

fn package(Pin { name, version, origin }: &Pin) -> Package {
    let purl = match name.rsplit_once('/') {
        Some((namespace, name)) => Purl::new("swift", name).namespace(namespace),
        None => Purl::new("swift", name),
    };
    origin.state(Package::new(name, version, "swift"), "swift", purl.version(version))
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

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
    fn a_pin_of_a_revision_is_not_what_was_published() {
        let text = PINS.replace(
            "\"revision\": \"0a\", \"version\": \"2.62.0\"",
            "\"branch\": \"main\", \"revision\": \"0a\"",
        );
        let report = Swift::detect(&[File::in_memory("app/Package.resolved", text)]).unwrap();
        let package = report.packages().next().unwrap();
        assert_eq!(package.scope, Scope::Namespace("swift:elsewhere".to_owned()));
        let purl = "pkg:swift/github.com/apple/swift-nio@0a?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fapple%2Fswift-nio.git%400a";
        assert_eq!(package.purl, purl);
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
