//! Finds crates by what they were built from.
//!
//! | Part | States |
//! |---|---|
//! | section `.dep-v0` of an executable, which [cargo-auditable](https://github.com/rust-secure-code/cargo-auditable) makes | the crates that are in it |
//! | [`Cargo.lock`](https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html) | the crates that were chosen for a build; the evidence is `declared` |
//!
//! Of an executable, headers and that section are read and nothing else. Crates that only built it (build scripts,
//! procedural macros) are not in it, and are left out. `Cargo.lock` does not tell them from others.
//!
//! Wherever a crate comes from, its advisories are looked up in the namespace [`NAMESPACE`] by its name: a repository or
//! folder mostly has a crate that is also published. A crate that is not from crates.io has the qualifier `source`
//! (`git`, `local`, `registry`). What is built itself is a crate as well, as `cargo install` makes programs of published ones.
//!
//! Lock files of what was downloaded, of tests and of documentation are asked for by nobody; they are passed over.

mod audit;
mod lock;
mod place;

use limpid_executable::executables;
use limpid_plugin_sdk::detector::{Claim, Detector, Evidence, File, Package, Problems, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

/// The scheme of crates.
pub const SCHEME: &str = "crates";

/// Where advisories are published, and the type of package URLs.
pub const NAMESPACE: &str = "cargo";

/// The longest name, version or source, in bytes: the host takes no longer one.
const MAX_NAME: usize = 4096;

/// The largest `Cargo.lock` that is read, in bytes. One of a thousand crates has 300 KB.
pub const MAX_LOCK: u64 = 16 << 20;

/// How executables begin, as crate `limpid-executable` has it.
const EXECUTABLES: [&[u8]; 8] = [
    b"\x7fELF",
    b"MZ",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xfe\xed\xfa\xcf",
    b"\xfe\xed\xfa\xce",
    b"\xca\xfe\xba\xbe",
    b"\xca\xfe\xba\xbf",
];

/// The detector `rust`.
#[derive(Debug)]
pub struct Rust;

impl Detector for Rust {
    fn claims() -> Vec<Claim> {
        let lock = [Claim::alone(format!("**/{}", lock::NAME))];
        let executables = EXECUTABLES.iter().map(|magic| Claim::magic_alone(*magic).holding(audit::SECTION));
        lock.into_iter().chain(executables).collect()
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| match file.name() {
            lock::NAME => read_lock(file, report),
            _ => read_executable(file, report),
        }))
    }
}

export_detector!(Rust);

/// A crate, in whichever of both it is named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Crate {
    name: String,
    version: String,
    source: Source,
}

/// Where a crate comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    CratesIo,
    /// Another registry, and where it is, if that is known.
    Registry(Option<String>),
    /// A repository of git, and where it is, if that is known.
    Git(Option<String>),
    /// A folder: that of what is built itself, or beside it.
    Local,
    /// A kind of source that is not known here.
    Other(String),
}

fn read_lock(file: &File, report: &mut Report) -> Result<(), Error> {
    if !place::is_of_application(file.path()) {
        return Ok(());
    }
    let mut problems = Problems::default();
    for found in lock::parse(&file.read_to_string(MAX_LOCK)?, &mut problems)? {
        report.found(file.path(), package(found).evidence(Evidence::Declared));
    }
    report.unread_parts(file.path(), problems);
    Ok(())
}

fn read_executable(file: &File, report: &mut Report) -> Result<(), Error> {
    let mut problems = Problems::default();
    let mut crates = Vec::new();
    for executable in executables(file)? {
        match executable.and_then(|executable| audit::read(&executable, &mut problems)) {
            Ok(found) => crates.extend(found),
            Err(error) => problems.push(error),
        }
    }
    // The executables of a fat file mostly say the same.
    crates.sort();
    crates.dedup();
    crates.into_iter().for_each(|found| report.found(file.path(), package(found)));
    report.unread_parts(file.path(), problems);
    Ok(())
}

/// The package, with its [package URL](https://github.com/package-url/purl-spec/blob/main/types/cargo-definition.json).
fn package(found: Crate) -> Package {
    let Crate { name, version, source } = found;
    let purl = Purl::new(NAMESPACE, &name).version(&version);
    let purl = match &source {
        Source::Git(Some(url)) => purl.qualifier("vcs_url", url),
        Source::Registry(Some(url)) => purl.qualifier("repository_url", url),
        _ => purl,
    };
    let package = Package::new(name, version, SCHEME).namespace(NAMESPACE).purl(purl);
    match source {
        Source::CratesIo => package,
        Source::Registry(_) => package.qualifier("source", "registry"),
        Source::Git(_) => package.qualifier("source", "git"),
        Source::Local => package.qualifier("source", "local"),
        Source::Other(source) => package.qualifier("source", source),
    }
}

/// Whether a text may be a name, a version or a source.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_NAME
}

#[cfg(test)]
mod judge;
#[cfg(test)]
mod tests;
