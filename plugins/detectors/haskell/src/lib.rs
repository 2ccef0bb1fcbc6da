//! Finds Haskell packages.
//!
//! | File | States |
//! |---|---|
//! | `package.conf.d/*.conf` | a library that GHC can use: its own, and what Cabal or a distribution installed |
//! | `cabal.project.freeze` | packages that an application asks for |
//! | `stack.yaml.lock` | the same, but for those that are in its snapshot of Stackage, which it only refers to |
//!
//! Programs of Haskell have their libraries in them, and nothing in them says which. Parts of a package that are libraries of
//! their own are stated as the package. Packages of repositories and archives are
//! [not Hackage's](limpid_lockfile#what-is-stated). Lock files of packages and of tests are
//! [not an application's](limpid_lockfile::is_of_another).
//!
//! A library needs the packages of the units that it depends on, in their versions. Lock files say nothing of that.
//!
//! Versions are ordered by the scheme `haskell`; advisories are in the namespace `hackage`.

pub mod database;
pub mod lock;

use limpid_lockfile::{Origin, declare, is_of_another};
use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use database::Library;

/// The detector `haskell`.
#[derive(Debug)]
pub struct Haskell;

impl Detector for Haskell {
    fn claims() -> Vec<Claim> {
        vec![
            Claim::alone("**/package.conf.d/*.conf"),
            Claim::alone("**/{cabal.project.freeze,stack.yaml.lock}"),
        ]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            let path = file.path();
            if path.ends_with(".conf") {
                let Library { name, version, license, requires } = Library::read(file.reader())?;
                let package = package(&name, &version, &Origin::Published);
                let package = match requires {
                    Some(requires) => package.requires(requires),
                    None => package,
                };
                report.found(path, license.into_iter().fold(package, Package::license));
                return Ok(());
            }
            if is_of_another(path) {
                return Ok(());
            }
            declare(file, report, |declarations| {
                let packages = match file.name() {
                    "stack.yaml.lock" => lock::stack(file.reader(), declarations.problems())?,
                    _ => lock::cabal(file.reader(), declarations.problems())?,
                };
                packages
                    .into_iter()
                    .try_for_each(|it| declarations.push(package(&it.name, &it.version, &it.origin)))
            })
        }))
    }
}

export_detector!(Haskell);

fn package(name: &str, version: &str, origin: &Origin) -> Package {
    let purl = Purl::new("hackage", name).version(version);
    origin.state(Package::new(name, version, "haskell"), "hackage", purl)
}

/// Whether a text is a name of a package: words of letters and digits between hyphens
/// ([Cabal's guide](https://cabal.readthedocs.io/en/stable/cabal-package-description-file.html#pkg-field-name)).
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '-')
}

/// Whether a text is a version: numbers between dots.
fn is_version(text: &str) -> bool {
    text.split('.').all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod judge;

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

    use super::*;

    #[test]
    fn a_library_of_a_database_is_installed() {
        let text = "name:                 aeson\nversion:              2.1.2.1\nlicense:              BSD-3-Clause\n";
        let path = "root/.ghcup/ghc/9.4.7/lib/package.conf.d/aeson-2.1.2.1.conf";
        let report = Haskell::detect(&[File::in_memory(path, text)]).unwrap();
        assert_eq!(report.unread, []);
        let package = report.packages().next().unwrap();
        assert_eq!((package.name.as_str(), package.version.as_str()), ("aeson", "2.1.2.1"));
        assert_eq!(package.purl, "pkg:hackage/aeson@2.1.2.1");
        assert_eq!(
            (package.scheme.as_str(), &package.scope, package.evidence),
            ("haskell", &Scope::Namespace("hackage".to_owned()), Evidence::Installed)
        );
        assert_eq!(package.licenses, ["BSD-3-Clause"]);
    }

    #[test]
    fn lock_files_count_where_an_application_is() {
        let count = |path: &str, text: &str| {
            let report = Haskell::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.unread, []);
            report.packages().filter(|it| it.evidence == Evidence::Declared).count()
        };
        let cabal = "constraints: any.aeson ==2.1.2.1\n";
        let stack = "packages:\n- completed:\n    hackage: a-1.0@sha256:00,1\n";
        assert_eq!(count("app/cabal.project.freeze", cabal), 1);
        assert_eq!(count("app/stack.yaml.lock", stack), 1);
        assert_eq!(count("app/test/stack.yaml.lock", stack), 0);
    }

    #[test]
    fn a_damaged_file_is_named_with_the_reason() {
        let report = Haskell::detect(&[File::in_memory("package.conf.d/a.conf", "name: a\n")]).unwrap();
        assert_eq!(report.findings, []);
        assert_eq!(report.unread[0].error.to_string(), "malformed: the library has no version");
    }
}
