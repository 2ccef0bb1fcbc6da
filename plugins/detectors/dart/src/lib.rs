//! Finds packages of Dart and Flutter in lock files of [pub](https://dart.dev/tools/pub/glossary#lockfile),
//! `pubspec.lock`.
//!
//! Applications of Dart are compiled, and nothing in them says what they are made of: what is found is what an application
//! asks for. Packages that only help to work on it (`direct dev`) have the qualifier `dev`; what those need cannot be told from
//! what the application needs. Packages of the SDK are parts of that; those of repositories and of folders are
//! [not pub's](limpid_lockfile#what-is-stated). Lock files of packages and of tests are
//! [not an application's](limpid_lockfile::is_of_another).
//!
//! Versions are ordered by the scheme `pub`; advisories are in the namespace of that name.

pub mod lock;

use limpid_lockfile::{declare, is_of_another};
use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Reason, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use lock::{Dependency, Locked};

/// The detector `dart`.
#[derive(Debug)]
pub struct Dart;

impl Detector for Dart {
    fn claims() -> Vec<Claim> {
        vec![Claim::alone("**/pubspec.lock")]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            let path = file.path();
            // Packages that pub fetched have their authors' lock files.
            if is_of_another(path) || path.contains(".pub-cache/") {
                return Ok(());
            }
            declare(file, report, |declarations| {
                let packages = lock::read(file.reader(), declarations.problems())?;
                packages.into_iter().try_for_each(|locked| declarations.push(package(locked)))
            })
        }))
    }
}

export_detector!(Dart);

fn package(Locked { name, version, dependency, origin }: Locked) -> Package {
    let purl = Purl::new("pub", &name).version(&version);
    let package = origin.state(Package::new(name, version, "pub"), "pub", purl);
    match dependency {
        Dependency::Direct => package.reason(Reason::Requested),
        Dependency::Development => package.reason(Reason::Requested).qualifier("dev", "true"),
        Dependency::Transitive => package.reason(Reason::Dependency),
    }
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

    use super::*;

    const LOCK: &str = "packages:\n  http:\n    dependency: \"direct main\"\n    description:\n      name: http\n    \
                        source: hosted\n    version: \"0.13.2\"\n";

    #[test]
    fn a_lock_file_gives_what_an_application_asks_for() {
        let report = Dart::detect(&[File::in_memory("app/pubspec.lock", LOCK)]).unwrap();
        assert_eq!(report.unread, []);
        let package = report.packages().next().unwrap();
        assert_eq!((package.name.as_str(), package.version.as_str()), ("http", "0.13.2"));
        assert_eq!(package.purl, "pkg:pub/http@0.13.2");
        assert_eq!(
            (package.scheme.as_str(), &package.scope, package.evidence, package.reason),
            ("pub", &Scope::Namespace("pub".to_owned()), Evidence::Declared, Some(Reason::Requested))
        );
    }

    #[test]
    fn a_package_of_a_repository_is_not_pubs() {
        let git = "packages:\n  a:\n    description:\n      resolved-ref: \"0123\"\n      url: \"https://example.org/a.git\"\n    \
                   source: git\n    version: \"1.0.0\"\n";
        let report = Dart::detect(&[File::in_memory("app/pubspec.lock", git)]).unwrap();
        let package = report.packages().next().unwrap();
        assert_eq!(package.scope, Scope::Namespace("pub:elsewhere".to_owned()));
        assert_eq!(package.purl, "pkg:pub/a@1.0.0?vcs_url=git%2Bhttps:%2F%2Fexample.org%2Fa.git%400123");
    }

    #[test]
    fn lock_files_of_packages_are_not_an_applications() {
        for path in ["root/.pub-cache/hosted/pub.dev/a-1.0.0/pubspec.lock", "app/test/pubspec.lock"] {
            assert_eq!(Dart::detect(&[File::in_memory(path, LOCK)]), Ok(Report::default()), "{path}");
        }
    }

    #[test]
    fn a_damaged_file_is_named_with_the_reason() {
        let report = Dart::detect(&[File::in_memory("pubspec.lock", "a: b\n")]).unwrap();
        assert_eq!(report.findings, []);
        assert_eq!(report.unread[0].error.to_string(), "malformed: it has no `packages`");
    }
}
