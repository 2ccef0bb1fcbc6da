//! Finds Java artifacts in programs that [GraalVM Native
//! Image](https://www.graalvm.org/jdk25/security-guide/native-image/sbom/) made, by the bill of materials that it
//! puts into them.
//!
//! That is CycloneDX in JSON, compressed by gzip. The program exports two symbols: `sbom` is where it begins, and
//! `sbom_length` where its length stands, in eight bytes. Oracle's GraalVM embeds one by default since version 25,
//! and where it is asked for (`--enable-sbom`) before; Quarkus does the same with any GraalVM.
//!
//! Programs and libraries for Linux, Windows and macOS are read, which are ELF, PE and Mach-O of 64 bits with the least
//! byte first on every machine that there is a GraalVM for. One that merely holds the names of the symbols, as scanners
//! do, states nothing.

mod bill;
mod symbols;

use limpid_executable::executables;
use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Problems, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

/// How large the compressed bill of materials may be, in bytes. It has about a tenth of a thousandth of its program.
pub const MAX_BILL: u32 = 16 << 20;

/// How large it may be when it is inflated, in bytes.
pub const MAX_INFLATED: u64 = 32 << 20;

/// How much is read of a table of symbols, and of their names, in bytes. Programs that were not stripped have some
/// MB of each.
pub const MAX_SYMBOLS: u32 = 32 << 20;

/// How programs begin: ELF, PE, Mach-O, and several of these in one file.
const PROGRAMS: [&[u8]; 5] =
    [b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"];

/// The detector `graalvm`.
#[derive(Debug)]
pub struct GraalVm;

impl Detector for GraalVm {
    fn claims() -> Vec<Claim> {
        PROGRAMS.iter().map(|magic| Claim::magic_alone(*magic).holding(symbols::LENGTH)).collect()
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, read))
    }
}

export_detector!(GraalVm);

fn read(file: &File, report: &mut Report) -> Result<(), Error> {
    for executable in executables(file)? {
        let executable = executable?;
        let Some(place) = symbols::find(&executable) else { continue };
        let mut problems = Problems::default();
        for component in bill::read(&place.content(&executable)?, &mut problems)? {
            report.found(file.path(), package(component));
        }
        report.unread_parts(file.path(), problems);
    }
    Ok(())
}

fn package(component: bill::Artifact) -> Package {
    let bill::Artifact { group, artifact, version } = component;
    let purl = Purl::new("maven", &artifact).version(&version);
    let (name, purl) = match group {
        Some(group) => (format!("{group}:{artifact}"), purl.namespace(group)),
        None => (artifact, purl),
    };
    Package::new(name, version, "maven").namespace("maven").purl(purl)
}

#[cfg(test)]
mod judge;
#[cfg(test)]
mod tests;
