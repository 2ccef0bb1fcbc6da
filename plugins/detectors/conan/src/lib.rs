//! Finds C and C++ packages of [Conan](https://docs.conan.io/2/).
//!
//! | File | States |
//! |---|---|
//! | `p/cache.sqlite3` | packages in the cache of Conan 2, by default in `~/.conan2` |
//! | `.conan/data/NAME/VERSION/USER/CHANNEL/package/ID/conaninfo.txt` | a package in the cache of Conan 1 |
//! | `conan.lock` | packages that a project asks for, of either version |
//!
//! What is in a cache was built or downloaded there. Recipes without a package are none, and neither says the cache of Conan 2
//! what a folder holds but by its database: `conaninfo.txt` names no package, and folders have names that are cut off.
//!
//! What a lock file names for building only (`build_requires`, `python_requires`, `config_requires`, and the build context of
//! Conan 1) has the qualifier `dev`. Lock files of packages and of tests are [not an application's](is_of_another).
//!
//! Names are Conan's, and the namespace is `conan`, where advisories of ConanCenter are; a package of another user
//! (`zlib/1.3@acme/stable`) is built from the same sources, as a rule, and judged alike. Recipes are versioned as what they
//! build, and ordered by the scheme `generic`.

pub mod cache;
pub mod lock;
pub mod reference;

use limpid_lockfile::{MAX_FILE, is_of_another};
use limpid_plugin_sdk::detector::{Claim, Detector, Evidence, File, Package, Problems, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use lock::Need;
use reference::Reference;

/// The detector `conan`.
#[derive(Debug)]
pub struct Conan;

impl Detector for Conan {
    fn claims() -> Vec<Claim> {
        vec![
            Claim::alone("**/p/cache.sqlite3"),
            Claim::alone("**/.conan/data/*/*/*/*/package/*/conaninfo.txt"),
            Claim::alone("**/conan.lock"),
        ]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            let mut problems = Problems::default();
            match file.name() {
                "cache.sqlite3" => {
                    for reference in cache::packages(file, &mut problems)? {
                        report.found(file.path(), package(&reference));
                    }
                }
                "conaninfo.txt" => {
                    let reference = cache::of_path(file.path())
                        .ok_or_else(|| Error::malformed("its folders are no name and version"))?;
                    report.found(file.path(), package(&reference));
                }
                _ if is_of_another(file.path()) => {}
                _ => {
                    for (reference, need) in lock::packages(&file.read_to_vec(MAX_FILE)?, &mut problems)? {
                        let package = package(&reference).evidence(Evidence::Declared);
                        report.found(
                            file.path(),
                            match need {
                                Need::Running => package,
                                Need::Building => package.qualifier("dev", "true"),
                            },
                        );
                    }
                }
            }
            report.unread_parts(file.path(), problems);
            Ok(())
        }))
    }
}

export_detector!(Conan);

fn package(reference: &Reference) -> Package {
    let Reference { name, version, user, channel, revision } = reference;
    let qualifier = |value: &Option<String>| value.clone().unwrap_or_default();
    let purl = Purl::new("conan", name)
        .version(version)
        .qualifier("user", qualifier(user))
        .qualifier("channel", qualifier(channel))
        .qualifier("rrev", qualifier(revision));
    Package::new(name, version, "generic").namespace("conan").purl(purl)
}

#[cfg(test)]
mod judge;

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::Scope;

    use super::*;

    #[test]
    fn a_package_of_conan_1_is_told_by_its_folders() {
        let path =
            "root/.conan/data/zlib/1.2.11/_/_/package/6af9cc7cb931c5ad942174fd7838eb655717c709/conaninfo.txt";
        let report = Conan::detect(&[File::in_memory(path, "[settings]\n")]).unwrap();
        assert_eq!(report.unread, []);
        let package = report.packages().next().unwrap();
        assert_eq!((package.name.as_str(), package.version.as_str()), ("zlib", "1.2.11"));
        assert_eq!(package.purl, "pkg:conan/zlib@1.2.11");
        assert_eq!(
            (package.scheme.as_str(), &package.scope, package.evidence),
            ("generic", &Scope::Namespace("conan".to_owned()), Evidence::Installed)
        );
    }

    #[test]
    fn a_lock_file_counts_where_an_application_is() {
        let text = r#"{"version": "0.5", "requires": ["fmt/10.1.1@acme/stable#0123%1.5"], "build_requires": ["cmake/3.27.1"]}"#;
        let found = |path: &str| {
            let report = Conan::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.unread, []);
            report.packages().cloned().collect::<Vec<_>>()
        };
        let packages = found("app/conan.lock");
        assert_eq!(packages[0].purl, "pkg:conan/fmt@10.1.1?channel=stable&rrev=0123&user=acme");
        assert!(packages.iter().all(|it| it.evidence == Evidence::Declared));
        assert_eq!(packages[1].qualifiers, [("dev".to_owned(), "true".to_owned())]);
        assert_eq!(packages.len(), 2);
        assert_eq!(found("app/tests/conan.lock"), []);
    }

    #[test]
    fn a_damaged_file_is_named_with_the_reason() {
        let files = [File::in_memory("a/p/cache.sqlite3", "x"), File::in_memory("conan.lock", "[]")];
        let report = Conan::detect(&files).unwrap();
        assert_eq!(report.findings, []);
        let unread: Vec<_> = report.unread.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(unread, ["a/p/cache.sqlite3", "conan.lock"]);
    }
}
