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
//! A crate that is from elsewhere than crates.io is [not its crate](limpid_lockfile#what-is-stated), whatever its name. What
//! is built itself is left out where a lock file says that nothing asks for it. That of an executable counts as a crate of
//! crates.io, as `cargo install` makes programs of published ones, and has the qualifier `source` with the value `local`.
//!
//! What a crate of an executable needs are those of the crates there that it was built with. In a lock file they are those
//! that it may be built with, for any platform; of a member of the workspace, those of its tests as well.
//!
//! Lock files of what was downloaded, of tests and of documentation are asked for by nobody; they are passed over.

mod audit;
mod lock;
mod upgrade;

use limpid_executable::executables;
use limpid_lockfile::{MAX_FILE, Origin, declare, is_of_another};
use limpid_plugin_sdk::detector::{
    Advice, Claim, Detector, File, Package, Problems, Report, Requirement, System, Wish,
};
use limpid_plugin_sdk::{Error, Purl, export_detector};

/// The scheme of crates.
pub const SCHEME: &str = "crates";

/// Where advisories are published, and the type of package URLs.
pub const NAMESPACE: &str = "cargo";

/// The longest name, version or source, in bytes: the host takes no longer one.
const MAX_NAME: usize = 4096;

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

    fn upgrade(system: Option<&System>, wishes: &[Wish]) -> Advice {
        upgrade::advice(system, wishes)
    }
}

export_detector!(Rust);

/// A crate, in whichever of both it is named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Crate {
    name: String,
    version: String,
    origin: Origin,
    /// Whether it is what was built, and not what that is made of.
    is_root: bool,
    /// The crates that it needs; none where they are not known.
    requires: Option<Vec<Requirement>>,
}

fn read_lock(file: &File, report: &mut Report) -> Result<(), Error> {
    if is_of_another(file.path()) {
        return Ok(());
    }
    declare(file, report, |declarations| {
        let text = file.read_to_string(MAX_FILE)?;
        let mut crates = lock::parse(&text, declarations.problems())?.into_iter();
        // What is built itself came from nowhere.
        crates.try_for_each(|found| if found.is_root { Ok(()) } else { declarations.push(package(found)) })
    })
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
    crates.dedup_by(|other, one| {
        let is_same = (&one.name, &one.version, &one.origin, one.is_root)
            == (&other.name, &other.version, &other.origin, other.is_root);
        if is_same && one.requires != other.requires {
            one.requires = None;
        }
        is_same
    });
    crates.into_iter().for_each(|found| report.found(file.path(), package(found)));
    report.unread_parts(file.path(), problems);
    Ok(())
}

/// The package, with its [package URL](https://github.com/package-url/purl-spec/blob/main/types/cargo-definition.json).
fn package(found: Crate) -> Package {
    let Crate { name, version, origin, is_root, requires } = found;
    let purl = Purl::new(NAMESPACE, &name).version(&version);
    let package = Package { requires, ..Package::new(name, version, SCHEME) };
    match origin {
        Origin::Local if is_root => {
            Origin::Published.state(package, NAMESPACE, purl).qualifier("source", "local")
        }
        origin => origin.state(package, NAMESPACE, purl),
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
