//! Finds Go modules and the standard library by what Go's linker writes into executables.
//!
//! | Part | States |
//! |---|---|
//! | build info (`\xff Go buildinf:`), since Go 1.13 | Go's version; the main module and those that it was built from |
//! | build ID (`\xff Go build ID: "`, or a note) without build info | nothing but that it is Go: the executable is unread |
//! | `UPX!` behind the headers, of whatever language | nothing: the executable is packed, and is unread |
//!
//! Build info is found and read as `go version -m` does
//! ([`debug/buildinfo`](https://pkg.go.dev/debug/buildinfo)): stripped executables have it as well. Only headers and
//! build info are read of a file.
//!
//! # What is stated
//!
//! - A module by its path and version (`v1.2.3`, also a pseudo-version). Where it was replaced, the module in its
//!   place, whose code it is. A folder in its place has no version: then it is the module itself, in version
//!   [`UNKNOWN`], which no scheme orders, so that a report says that nobody knows.
//! - The main module in the version that Go has for it; since Go 1.24 that is the tag or a pseudo-version of the commit.
//!   Where Go had none (`(devel)`), the version that the linker was told to put into a variable
//!   (`-ldflags "-X main.version=v1.2.3"`), if all such variables have one; the evidence is `inferred` then. Otherwise
//!   [`UNKNOWN`]. A commit alone (`vcs.revision`, a qualifier) gives no version: a pseudo-version without its tag sorts
//!   below every fix.
//! - The standard library as [`STDLIB`], in Go's version; the tools of Go itself (`cmd/go`) are [`TOOLCHAIN`] as well.
//!   These are the names by which [Go's database](https://go.dev/doc/security/vuln/database) speaks of both.
//! - `goos` and `goarch` are qualifiers: some advisories concern one system only.

mod build_id;
pub mod build_info;
mod go_version;
mod link_flags;
pub mod modules;
mod packed;

use std::collections::BTreeSet;

use limpid_executable::executables;
use limpid_plugin_sdk::detector::{Claim, Detector, Evidence, File, Package, Problems, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use build_info::BuildInfo;
use modules::{Module, Modules};

/// The scheme of modules, as the namespace `golang` has it.
pub const SCHEME: &str = "semver";

/// Where advisories are published, and the type of package URLs.
pub const NAMESPACE: &str = "golang";

/// The package of the standard library.
pub const STDLIB: &str = "stdlib";

/// The package of Go's own tools.
pub const TOOLCHAIN: &str = "toolchain";

/// The version of what has none, in Go's words.
pub const UNKNOWN: &str = "(devel)";

/// How executables begin, as crate `limpid-executable` has it.
const EXECUTABLES: [&[u8]; 6] =
    [b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce"];

/// How fat files begin.
const FAT: [&[u8]; 2] = [b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"];

/// The detector `go`.
#[derive(Debug)]
pub struct Go;

impl Detector for Go {
    fn claims() -> Vec<Claim> {
        let all = EXECUTABLES.iter().chain(&FAT);
        let build_info = all.map(|magic| Claim::magic_alone(*magic).holding(build_info::MAGIC));
        let build_id = EXECUTABLES.iter().map(|magic| {
            let claim = Claim::magic_alone(*magic).head(build_id::WITHIN);
            build_id::MAGIC.iter().fold(claim, |claim, text| claim.holding(*text))
        });
        let packed = EXECUTABLES
            .iter()
            .map(|magic| Claim::magic_alone(*magic).holding(packed::MAGIC).head(packed::WITHIN));
        build_info.chain(build_id).chain(packed).collect()
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, read))
    }
}

export_detector!(Go);

fn read(file: &File, report: &mut Report) -> Result<(), Error> {
    let mut stated = Vec::new();
    let mut trouble = None;
    if is_shown_whole(file) {
        match executables(file) {
            Ok(images) => {
                for image in images {
                    match image.and_then(|image| build_info::read(&image)) {
                        Ok(Some(info)) => stated.push(info),
                        Ok(None) => {}
                        Err(error) => trouble = trouble.or(Some(error)),
                    }
                }
            }
            Err(error) => trouble = Some(error),
        }
    }
    if stated.is_empty() {
        return Err(match trouble {
            _ if packed::is_packed(file) => packed::error(),
            Some(error) => error,
            None if build_id::is_of_go(file) => build_id::error(),
            // The text is there for another reason: the program looks for it itself.
            None => return Ok(()),
        });
    }
    let mut found = Found { file, report, known: BTreeSet::new() };
    let mut problems = Problems::default();
    stated.iter().for_each(|info| found.state(info, &mut problems));
    if let Some(error) = trouble {
        problems.push(error);
    }
    report.unread_parts(file.path(), problems);
    Ok(())
}

/// Whether all of a file is shown: where it holds build info, or where nobody says which claims it matches.
fn is_shown_whole(file: &File) -> bool {
    let whole = EXECUTABLES.len() + FAT.len();
    file.claims().is_empty() || file.claims().iter().any(|&claim| (claim as usize) < whole)
}

/// What a file states, each package once: the executables of a fat file mostly say the same.
struct Found<'a> {
    file: &'a File,
    report: &'a mut Report,
    known: BTreeSet<(String, String)>,
}

impl Found<'_> {
    fn state(&mut self, info: &BuildInfo, problems: &mut Problems) {
        let modules = Modules::parse(&info.modules, problems);
        let add = |package: Package| -> Package {
            let settings = [("goos", "GOOS"), ("goarch", "GOARCH")];
            settings.into_iter().fold(package, |package, (key, setting)| match modules.setting(setting) {
                Some(value) => package.qualifier(key, value),
                None => package,
            })
        };
        let go = go_version::as_semver(&info.go);
        self.found(add(package(STDLIB, &go)));
        match &modules.main {
            Some(main) => self.found(add(main_package(main, &modules))),
            None if modules.is_of_go() => self.found(add(package(TOOLCHAIN, &go))),
            None => {}
        }
        for module in &modules.dependencies {
            let (path, version) = module.code();
            self.found(add(package(path, version)));
        }
        if modules.main.is_none() && modules.dependencies.is_empty() && !modules.is_of_go() {
            problems.push(Error::unsupported(
                "the executable does not state its modules: it was built without any",
            ));
        }
    }

    fn found(&mut self, package: Package) {
        if self.known.insert((package.name.clone(), package.version.clone())) {
            self.report.found(self.file.path(), package);
        }
    }
}

/// The main module.
fn main_package(main: &Module, modules: &Modules) -> Package {
    let (path, version) = main.code();
    let linked = (version == UNKNOWN).then(|| link_flags::version(modules)).flatten();
    let stated = match &linked {
        Some(linked) => package(path, linked).evidence(Evidence::Inferred),
        None => package(path, version),
    };
    match modules.setting("vcs.revision") {
        Some(revision) => stated.qualifier("vcs.revision", revision),
        None => stated,
    }
}

fn package(path: &str, version: &str) -> Package {
    Package::new(path, version, SCHEME).namespace(NAMESPACE).purl(purl(path, version))
}

/// The [package URL](https://github.com/package-url/purl-spec/blob/main/types/golang-definition.json); its version
/// is left out where it is unknown.
fn purl(path: &str, version: &str) -> Purl {
    let purl = match path.rsplit_once('/') {
        Some((namespace, name)) => Purl::new(NAMESPACE, name).namespace(namespace),
        None => Purl::new(NAMESPACE, path),
    };
    if version == UNKNOWN { purl } else { purl.version(version) }
}

#[cfg(test)]
mod judge;
#[cfg(test)]
mod tests;
