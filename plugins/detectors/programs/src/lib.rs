//! Finds programs that no package manager installed: languages, databases and servers that were unpacked from an archive or
//! built in the image. Which they are, by what their files are recognised and where their versions stand is data of
//! [`limpid_programs`].
//!
//! Each program is claimed by paths and by texts that its file holds, so that files of the same name are never shown.
//! A program is a package of the namespace `nvd`, named by vendor and product as the NVD does (`f5:nginx`), which is what
//! the feed `nvd` states vulnerabilities of; its CPE name is the qualifier `cpe`. All of it is inferred.
//!
//! Most distributions install the same programs, and patch them without changing what stands in them. A file that a
//! package of the distribution owns is that package's, which the distribution's advisories judge; the host knows that by
//! the detectors of package managers, and this detector need not.
//!
//! A file that is a program for sure, but in which there is no version or more than one, is unread.

use limpid_plugin_sdk::detector::{Claim, Detector, Evidence, File, Package, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};
use limpid_programs::{NAMESPACE, PROGRAMS, Program, SCHEME, Search};

/// The detector `programs`.
#[derive(Debug)]
pub struct Programs;

impl Detector for Programs {
    /// One for each program, in the order of [`PROGRAMS`].
    fn claims() -> Vec<Claim> {
        PROGRAMS.iter().map(claim).collect()
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            // What cannot be told of one program does not cost the others that have files of this name.
            let claims = file.claims().iter().filter_map(|&claim| usize::try_from(claim).ok());
            for program in claims.filter_map(|claim| PROGRAMS.get(claim)) {
                match version(program, file) {
                    Ok(version) => report.found(file.path(), package(program, &version)),
                    Err(error) => report.unread(file.path(), error),
                }
            }
            Ok(())
        }))
    }
}

export_detector!(Programs);

fn claim(program: &Program) -> Claim {
    let glob = match program.paths {
        [path] => (*path).to_owned(),
        paths => format!("{{{}}}", paths.join(",")),
    };
    program.marks.iter().fold(Claim::alone(glob), |claim, mark| claim.holding(*mark))
}

fn version(program: &Program, file: &File) -> Result<String, Error> {
    let versions = Search::new(program, file.path()).read(file.reader())?;
    match <[String; 1]>::try_from(versions) {
        Ok([version]) => Ok(version),
        Err(none) if none.is_empty() => Err(Error::unsupported(format_args!(
            "it is of `{}`, and its version is not where it is known to stand",
            program.key
        ))),
        Err(several) => Err(Error::unsupported(format_args!(
            "it is of `{}`, and holds the versions `{}`",
            program.key,
            several.join("`, `")
        ))),
    }
}

fn package(program: &Program, version: &str) -> Package {
    let package = Package::new(program.name(), version, SCHEME)
        .namespace(NAMESPACE)
        .evidence(Evidence::Inferred)
        .purl(Purl::new("generic", program.key).version(version));
    match program.cpe(version) {
        Some(cpe) => package.qualifier("cpe", cpe),
        None => package,
    }
}

#[cfg(test)]
mod judge;
#[cfg(test)]
mod tests;
