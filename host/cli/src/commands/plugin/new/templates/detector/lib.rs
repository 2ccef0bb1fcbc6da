//! Finds what @NAME@ has installed: a line `NAME VERSION` for each package, in a file of its own.

use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Problems, Report};
use limpid_plugin_sdk::text::Lines;
use limpid_plugin_sdk::{Error, Purl, export_detector};

struct Packages;

impl Detector for Packages {
    fn claims() -> Vec<Claim> {
        vec![Claim::alone("var/lib/@NAME@/packages.txt")]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, read))
    }
}

export_detector!(Packages);

fn read(file: &File, report: &mut Report) -> Result<(), Error> {
    let mut problems = Problems::default();
    let mut lines = Lines::new(file.reader(), 4096);
    while let Some(line) = lines.next()? {
        let text = line.text();
        match text.split_once(' ') {
            Some((name, version)) => report.found(file.path(), package(name, version)),
            None if text.is_empty() => {}
            None => problems.push(Error::malformed(format_args!("line {} has no version", line.number))),
        }
    }
    report.unread_parts(file.path(), problems);
    Ok(())
}

fn package(name: &str, version: &str) -> Package {
    // Versions are ordered as the scheme `dpkg` orders them, and advisories looked up in `@NAMESPACE@`.
    let purl = Purl::new("generic", name).version(version);
    Package::new(name, version, "dpkg").namespace("@NAMESPACE@").purl(purl)
}
