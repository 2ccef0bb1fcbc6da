//! Finds R packages.
//!
//! | File | States |
//! |---|---|
//! | `NAME/DESCRIPTION` with a field `Built` | a package that R installed |
//! | `renv.lock` | packages that an application asks for |
//!
//! A library of R may be anywhere; what R installs tells from a package's source is that `DESCRIPTION` says by which R it
//! was built. Other files of that name state nothing.
//!
//! What a package needs is what it depends on, imports and links to, but for R itself; of a lock file, what that says.
//!
//! Packages of Bioconductor, which name the views in which it lists them, are in the namespace `bioconductor`, all others in
//! `cran`, where mirrors have the same packages. Those that were installed of a repository of git, an archive or a folder are
//! [not theirs](limpid_lockfile#what-is-stated). Packages that are parts of R itself (`stats`, `utils`) have its version: they
//! have the namespace `r`, and no advisory names them. Versions are ordered by the scheme `cran`.

pub mod description;
mod remote;
mod renv;

use limpid_lockfile::{MAX_FILE, Origin, declare, is_of_another};
use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use description::Description;
use renv::Locked;

/// The detector `r`.
#[derive(Debug)]
pub struct R;

/// Who lists a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repository {
    /// The Comprehensive R Archive Network, or nobody.
    Cran,
    /// Bioconductor.
    Bioconductor,
    /// R itself, of which it is a part.
    R,
}

impl Detector for R {
    fn claims() -> Vec<Claim> {
        vec![Claim::alone("**/*/DESCRIPTION"), Claim::alone("**/renv.lock")]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            if file.name() == "DESCRIPTION" { installed(file, report) } else { declared(file, report) }
        }))
    }
}

export_detector!(R);

fn installed(file: &File, report: &mut Report) -> Result<(), Error> {
    let Some(found) = Description::read(file.reader())? else { return Ok(()) };
    let Description { name, version, license, repository, origin, requires } = found;
    let package = package(&name, &version, repository, &origin);
    let package = match requires {
        Some(requires) => package.requires(requires),
        None => package,
    };
    report.found(file.path(), license.into_iter().fold(package, Package::license));
    Ok(())
}

fn declared(file: &File, report: &mut Report) -> Result<(), Error> {
    if is_of_another(file.path()) {
        return Ok(());
    }
    declare(file, report, |declarations| {
        let packages = renv::read(&file.read_to_vec(MAX_FILE)?, declarations.problems())?;
        packages.into_iter().try_for_each(|Locked { name, version, repository, origin, requires }| {
            declarations.push(Package { requires, ..package(&name, &version, repository, &origin) })
        })
    })
}

fn package(name: &str, version: &str, repository: Repository, origin: &Origin) -> Package {
    let package = Package::new(name, version, "cran");
    let namespace = match repository {
        Repository::Cran => "cran",
        Repository::Bioconductor => "bioconductor",
        Repository::R => {
            return package.namespace("r").purl(Purl::new("generic", name).namespace("r").version(version));
        }
    };
    origin.state(package, namespace, Purl::new(namespace, name).version(version))
}

/// Whether a text is a name of a package
/// ([Writing R Extensions](https://cran.r-project.org/doc/manuals/r-release/R-exts.html#The-DESCRIPTION-file)): letters,
/// numbers and dots.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
}

#[cfg(test)]
mod judge;

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

    use super::*;

    #[test]
    fn what_r_built_is_installed() {
        let text = "Package: commonmark\nVersion: 1.7-1\nLicense: BSD_2_clause + file LICENSE\nBuilt: R 4.2.2; ; ; unix\n";
        let path = "usr/local/lib/R/site-library/commonmark/DESCRIPTION";
        let report = R::detect(&[File::in_memory(path, text)]).unwrap();
        assert_eq!(report.unread, []);
        let package = report.packages().next().unwrap();
        assert_eq!((package.name.as_str(), package.version.as_str()), ("commonmark", "1.7-1"));
        assert_eq!(package.purl, "pkg:cran/commonmark@1.7-1");
        assert_eq!(
            (package.scheme.as_str(), &package.scope, package.evidence),
            ("cran", &Scope::Namespace("cran".to_owned()), Evidence::Installed)
        );
        assert_eq!(package.licenses, ["BSD_2_clause + file LICENSE"]);
    }

    #[test]
    fn a_package_of_bioconductor_is_in_its_namespace() {
        let text = "Package: limma\nVersion: 3.58.1\nbiocViews: Statistics\nBuilt: R 4.3.2; ; ; unix\n";
        let report = R::detect(&[File::in_memory("library/limma/DESCRIPTION", text)]).unwrap();
        let package = report.packages().next().unwrap();
        assert_eq!(package.scope, Scope::Namespace("bioconductor".to_owned()));
        assert_eq!(
            (package.purl.as_str(), package.scheme.as_str()),
            ("pkg:bioconductor/limma@3.58.1", "cran")
        );
    }

    #[test]
    fn a_part_of_r_and_a_package_of_a_repository_are_not_crans() {
        let check = |more: &str, namespace: &str, purl: &str| {
            let text = format!("Package: stats\nVersion: 4.3.2\n{more}Built: R 4.3.2; ; ; unix\n");
            let report = R::detect(&[File::in_memory("library/stats/DESCRIPTION", text)]).unwrap();
            let package = report.packages().next().unwrap();
            assert_eq!(package.scope, Scope::Namespace(namespace.to_owned()), "{more}");
            assert_eq!(package.purl, purl, "{more}");
        };
        check("Priority: base\n", "r", "pkg:generic/r/stats@4.3.2");
        check("Priority: recommended\n", "cran", "pkg:cran/stats@4.3.2");
        check("Repository: CRAN\nRemoteType: standard\nRemoteSha: 4.3.2\n", "cran", "pkg:cran/stats@4.3.2");
        check(
            "RemoteType: github\nRemoteHost: api.github.com\nRemoteUsername: a\nRemoteRepo: b\nRemoteSha: 0123\n",
            "cran:elsewhere",
            "pkg:cran/stats@4.3.2?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fa%2Fb%400123",
        );
    }

    #[test]
    fn a_lock_file_counts_where_an_application_is() {
        let text = r#"{"R": {"Version": "4.3.2"}, "Packages": {"DT": {"Package": "DT", "Version": "0.31"}}}"#;
        let count = |path: &str| {
            let report = R::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.unread, []);
            report.packages().filter(|it| it.evidence == Evidence::Declared).count()
        };
        assert_eq!(count("srv/shiny/renv.lock"), 1);
        assert_eq!(count("srv/shiny/tests/renv.lock"), 0);
    }

    #[test]
    fn a_damaged_file_is_named_with_the_reason() {
        let check = |path: &str, text: &str, expected: &str| {
            let report = R::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.findings, []);
            assert_eq!(report.unread[0].error.to_string(), expected, "{path}");
        };
        check("a/DESCRIPTION", "Package: a\nBuilt: R 4.2.2\n", "malformed: it has no field `Version`");
        check("renv.lock", "{}", "malformed: it has no `Packages`");
    }
}
