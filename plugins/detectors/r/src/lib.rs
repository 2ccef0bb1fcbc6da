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
//! Packages of Bioconductor, which name the views in which it lists them, are in the namespace `bioconductor`, all others in
//! `cran`, whoever handed them out: mirrors, and repositories of their authors, have the same packages. Packages that are
//! parts of R itself (`stats`, `utils`) are among these; advisories do not name them. Versions are ordered by the scheme
//! `cran`.

pub mod description;
mod renv;

use limpid_lockfile::MAX_FILE;
use limpid_plugin_sdk::detector::{Claim, Detector, Evidence, File, Package, Problems, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use description::Description;

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
    let Some(Description { name, version, license, repository }) = Description::read(file.reader())? else {
        return Ok(());
    };
    let package = package(&name, &version, repository);
    report.found(file.path(), license.into_iter().fold(package, Package::license));
    Ok(())
}

fn declared(file: &File, report: &mut Report) -> Result<(), Error> {
    if limpid_lockfile::is_of_another(file.path()) {
        return Ok(());
    }
    let mut problems = Problems::default();
    for (name, version, repository) in renv::read(&file.read_to_vec(MAX_FILE)?, &mut problems)? {
        report.found(file.path(), package(&name, &version, repository).evidence(Evidence::Declared));
    }
    report.unread_parts(file.path(), problems);
    Ok(())
}

fn package(name: &str, version: &str, repository: Repository) -> Package {
    let namespace = match repository {
        Repository::Cran => "cran",
        Repository::Bioconductor => "bioconductor",
    };
    let purl = Purl::new(namespace, name).version(version);
    Package::new(name, version, "cran").namespace(namespace).purl(purl)
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
    use limpid_plugin_sdk::detector::Scope;

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
