//! Finds Alpine packages in apk's database of what is installed.
//!
//! The database is one text file. It is read as a stream; what is kept of it is bounded by
//! [`database::MAX_LINE`] for a field and [`database::MAX_OWNED`] for the paths of all packages. A
//! record that cannot be read costs that record.

pub mod database;

use limpid_plugin_sdk::detector::{Claim, Detector, File, Ownership, Package, Problems, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use database::{Record, Records};

/// The detector `apk`.
#[derive(Debug)]
pub struct Apk;

impl Detector for Apk {
    fn claims() -> Vec<Claim> {
        // apk 3 moved the database to `usr/lib`.
        vec![Claim::alone("lib/apk/db/installed"), Claim::alone("usr/lib/apk/db/installed")]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, read))
    }
}

export_detector!(Apk);

fn read(file: &File, report: &mut Report) -> Result<(), Error> {
    let mut problems = Problems::default();
    let mut records = Records::new(file.reader());
    while let Some(record) = records.next()? {
        match record {
            Ok(record) => found(file.path(), record, report),
            Err(why) => problems.push(Error::malformed(why)),
        }
    }
    report.unread_parts(file.path(), problems);
    Ok(())
}

fn found(path: &str, record: Record, report: &mut Report) {
    let Record { name, version, arch, origin, license, paths } = record;
    let purl = Purl::new("apk", &name).version(&version).qualifier("arch", &arch);
    // A package without an origin was built from the recipe of its own name.
    let origin = if origin.is_empty() { name.clone() } else { origin };
    let mut package = Package::new(&name, &version, "apk").purl(purl).source(origin, version);
    if !arch.is_empty() {
        package = package.arch(arch);
    }
    if !license.is_empty() {
        package = package.license(license);
    }
    report.found(path, package);
    if !paths.is_empty() {
        report.found(path, Ownership { package: name, paths });
    }
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Fact, Scope};

    use super::*;

    const INSTALLED: &str = "\
C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=
P:ssl_client
V:1.36.1-r29
A:x86_64
o:busybox
L:GPL-2.0-only
F:usr
F:usr/bin
R:ssl_client
a:0:0:755
Z:Q1r0XJzPwYqRyVDmvpHdQyKPOs3Lc=

P:.build-deps
V:20240101.120000
A:noarch
";

    #[test]
    fn a_record_gives_a_package_and_what_it_owns() {
        let report = Apk::detect(&[File::in_memory("lib/apk/db/installed", INSTALLED)]).unwrap();
        assert_eq!(report.unread, []);
        let packages: Vec<_> = report.packages().collect();
        let package = packages[0];
        assert_eq!((package.name.as_str(), package.version.as_str()), ("ssl_client", "1.36.1-r29"));
        assert_eq!(package.purl, "pkg:apk/ssl_client@1.36.1-r29?arch=x86_64");
        assert_eq!((package.scheme.as_str(), &package.scope), ("apk", &Scope::Distribution));
        assert_eq!(package.evidence, Evidence::Installed);
        let source = package.source.as_ref().unwrap();
        assert_eq!((source.name.as_str(), source.version.as_str()), ("busybox", "1.36.1-r29"));
        assert_eq!(package.licenses, ["GPL-2.0-only"]);
        let paths = vec!["usr/bin/ssl_client".to_owned()];
        let ownership = Fact::Ownership(Ownership { package: "ssl_client".to_owned(), paths });
        assert_eq!(report.findings[1].fact, ownership);
        assert_eq!(report.findings.len(), 3, "a package without files owns nothing");
        assert_eq!(packages[1].source.as_ref().unwrap().name, ".build-deps");
    }

    #[test]
    fn a_bad_record_costs_that_record_and_is_named() {
        let text = format!("P:broken\n\n{INSTALLED}");
        let report = Apk::detect(&[File::in_memory("lib/apk/db/installed", text)]).unwrap();
        assert_eq!(report.packages().count(), 2);
        let unread: Vec<_> = report.unread.iter().map(|unread| unread.error.to_string()).collect();
        assert_eq!(unread, ["malformed: record of `broken` at line 1 has no version (`V:`)"]);
    }
}
