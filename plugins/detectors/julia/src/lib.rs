//! Finds packages of Julia.
//!
//! | File | States |
//! |---|---|
//! | `packages/NAME/SLUG/Project.toml` | a package that is installed in a depot |
//! | `Manifest.toml`, `JuliaManifest.toml`, `Manifest-vVERSION.toml` | packages that an environment asks for |
//!
//! A depot keeps a package until it is collected, so that several versions may be there. Packages of Julia's standard library
//! have no version in a manifest, and are not stated. Packages of repositories and of folders are
//! [not the registry's](limpid_lockfile#what-is-stated). Manifests of packages and of tests are
//! [not an application's](limpid_lockfile::is_of_another).
//!
//! A package needs its `deps`, also those of the standard library, and not its `weakdeps`.
//!
//! Versions are ordered by the scheme `julia`; advisories are in the namespace of that name.

pub mod files;

use limpid_lockfile::{declare, is_of_another};
use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use files::Found;

/// The largest file that is read, in bytes. It is in memory several times over while it is read.
pub const MAX_FILE: u64 = 4 * 1024 * 1024;

/// The detector `julia`.
#[derive(Debug)]
pub struct Julia;

impl Detector for Julia {
    fn claims() -> Vec<Claim> {
        vec![
            Claim::alone("**/packages/*/*/{Project,JuliaProject}.toml"),
            Claim::alone("**/{Manifest,JuliaManifest,Manifest-v*}.toml"),
        ]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            let path = file.path();
            if file.name().ends_with("Project.toml") {
                if let Some(found) = files::project(&file.read_to_string(MAX_FILE)?)? {
                    report.found(path, package(&found));
                }
                return Ok(());
            }
            // Packages of a depot have manifests of their authors.
            let is_of_package = path.contains("/packages/") || path.starts_with("packages/");
            if is_of_package || is_of_another(path) {
                return Ok(());
            }
            declare(file, report, |declarations| {
                let packages = files::manifest(&file.read_to_string(MAX_FILE)?, declarations.problems())?;
                packages.iter().try_for_each(|found| declarations.push(package(found)))
            })
        }))
    }
}

export_detector!(Julia);

fn package(Found { name, version, uuid, origin, requires }: &Found) -> Package {
    let purl = Purl::new("julia", name).version(version).qualifier("uuid", uuid);
    let package = Package { requires: requires.clone(), ..Package::new(name, version, "julia") };
    origin.state(package, "julia", purl)
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

    use super::*;

    #[test]
    fn a_package_of_a_depot_is_installed() {
        let text = "name = \"HTTP\"\nuuid = \"cd3eb016-35fb-5094-929b-558a96fad6f3\"\nversion = \"1.9.6\"\n";
        let path = "root/.julia/packages/HTTP/AbCdE/Project.toml";
        let report = Julia::detect(&[File::in_memory(path, text)]).unwrap();
        assert_eq!(report.unread, []);
        let package = report.packages().next().unwrap();
        assert_eq!((package.name.as_str(), package.version.as_str()), ("HTTP", "1.9.6"));
        assert_eq!(package.purl, "pkg:julia/HTTP@1.9.6?uuid=cd3eb016-35fb-5094-929b-558a96fad6f3");
        assert_eq!(
            (package.scheme.as_str(), &package.scope, package.evidence),
            ("julia", &Scope::Namespace("julia".to_owned()), Evidence::Installed)
        );
    }

    #[test]
    fn a_manifest_counts_where_an_environment_is() {
        let text = "manifest_format = \"2.0\"\n[[deps.URIs]]\nuuid = \"5c2747f8\"\nversion = \"1.5.0\"\n";
        let count = |path: &str| {
            let report = Julia::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.unread, []);
            report.packages().filter(|it| it.evidence == Evidence::Declared).count()
        };
        assert_eq!(count("root/.julia/environments/v1.9/Manifest.toml"), 1);
        assert_eq!(count("app/Manifest-v1.11.toml"), 1);
        assert_eq!(count("root/.julia/packages/HTTP/AbCdE/Manifest.toml"), 0);
        assert_eq!(count("app/test/Manifest.toml"), 0);
    }

    #[test]
    fn a_damaged_file_is_named_with_the_reason() {
        for path in ["packages/a/b/Project.toml", "Manifest.toml"] {
            let report = Julia::detect(&[File::in_memory(path, "a = [\n")]).unwrap();
            assert_eq!(report.findings, []);
            assert!(report.unread[0].error.to_string().starts_with("malformed: "), "{path}");
        }
    }
}
