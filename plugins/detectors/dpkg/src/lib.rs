//! Finds Debian packages in dpkg's database of what is installed.
//!
//! | File | States |
//! |---|---|
//! | `var/lib/dpkg/status` | all packages, a stanza each |
//! | `var/lib/dpkg/status.d/NAME` | one package of a distroless image |
//! | `var/lib/dpkg/status.d/NAME.md5sums` | the files of that package |
//! | `var/lib/dpkg/info/NAME.list` | the files of a package |
//!
//! All are read as streams. Of each line at most [`MAX_LINE`] bytes are held, and what a report says
//! is at most what the files hold. A stanza that cannot be read costs that stanza.

mod owned;
pub mod status;

use std::collections::BTreeMap;

use limpid_plugin_sdk::detector::{Claim, Detector, File, Ownership, Package, Problems, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use status::{Stanza, Stanzas};

/// The longest line that is used, in bytes.
pub const MAX_LINE: usize = 64 * 1024;

/// The detector `dpkg`.
#[derive(Debug)]
pub struct Dpkg;

impl Detector for Dpkg {
    fn claims() -> Vec<Claim> {
        // Together, because a distroless image names the package of a list of files elsewhere.
        vec![
            Claim::together("var/lib/dpkg/status"),
            Claim::together("var/lib/dpkg/status.d/*"),
            Claim::together("var/lib/dpkg/info/*.list"),
        ]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        let mut names = Names::default();
        let (lists, databases): (Vec<&File>, Vec<&File>) = files.iter().partition(|file| is_list(file));
        let mut report = Report::default();
        for file in databases {
            if let Err(error) = read_status(file, &mut names, &mut report) {
                report.unread(file.path(), error);
            }
        }
        for file in lists {
            if let Err(error) = read_list(file, &names, &mut report) {
                report.unread(file.path(), error);
            }
        }
        Ok(report)
    }
}

export_detector!(Dpkg);

/// The package of each file in `status.d`, by the file's name.
type Names = BTreeMap<String, String>;

fn is_list(file: &File) -> bool {
    match in_status_d(file) {
        true => file.path().ends_with(".md5sums"),
        false => file.path().ends_with(".list"),
    }
}

fn in_status_d(file: &File) -> bool {
    file.path().starts_with("var/lib/dpkg/status.d/")
}

fn read_status(file: &File, names: &mut Names, report: &mut Report) -> Result<(), Error> {
    let mut problems = Problems::default();
    let mut stanzas = Stanzas::new(file.reader());
    while let Some(stanza) = stanzas.next()? {
        let installed = stanza.and_then(|mut stanza| {
            // A file in `status.d` is the control file of a package that was unpacked by something
            // else than dpkg, which writes no status.
            if in_status_d(file) && stanza.status.is_empty() {
                "install ok installed".clone_into(&mut stanza.status);
            }
            Ok(stanza.is_unpacked()?.then_some(stanza))
        });
        match installed {
            Ok(Some(stanza)) => {
                if in_status_d(file) {
                    names.insert(file.name().to_owned(), stanza.package.clone());
                }
                report.found(file.path(), package(stanza));
            }
            Ok(None) => {}
            Err(why) => problems.push(Error::malformed(why)),
        }
    }
    report.unread_parts(file.path(), problems);
    Ok(())
}

fn package(stanza: Stanza) -> Package {
    let (source, source_version) = stanza.source();
    let purl =
        Purl::new("deb", &stanza.package).version(&stanza.version).qualifier("arch", &stanza.architecture);
    let mut package =
        Package::new(&stanza.package, &stanza.version, "dpkg").purl(purl).source(source, source_version);
    if !stanza.architecture.is_empty() {
        package = package.arch(stanza.architecture);
    }
    package
}

fn read_list(file: &File, names: &Names, report: &mut Report) -> Result<(), Error> {
    let (package, paths) = match file.name().strip_suffix(".md5sums") {
        Some(name) => {
            let package = names.get(name).map_or(name, String::as_str);
            (package, owned::of_md5sums(file.reader())?)
        }
        None => {
            let name = file.name().strip_suffix(".list").unwrap_or_default();
            // Where a package may be there for several architectures, its files say which:
            // `libc6:amd64.list`.
            (name.split(':').next().unwrap_or_default(), owned::of_list(file.reader())?)
        }
    };
    if !paths.is_empty() {
        report.found(file.path(), Ownership { package: package.to_owned(), paths });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
