//! Finds Go modules and the standard library by what Go's linker writes into executables.
//!
//! | Part | States |
//! |---|---|
//! | build info (`\xff Go buildinf:`), since Go 1.13 | Go's version; the main module and those that it was built from |
//! | table of lines, since Go 1.16 | which functions of each module are linked in, or inlined |
//! | build ID (`\xff Go build ID: "`, or a note) without build info | nothing but that it is Go: the executable is unread |
//! | `UPX!` behind the headers, of whatever language | nothing: the executable is packed, and is unread |
//!
//! What programs of WebAssembly state instead is told by module `wasm`.
//!
//! Build info is found and read as `go version -m` does
//! ([`debug/buildinfo`](https://pkg.go.dev/debug/buildinfo)): stripped executables have it as well. Headers, build
//! info and the names of functions are read of a file, and nothing else.
//!
//! # What is stated
//!
//! - A module by its path and version (`v1.2.3`, also a pseudo-version). Where it was replaced, the module in its
//!   place, whose code it is. A folder in its place has no version: then it is the module itself, in version
//!   [`UNKNOWN`].
//! - The main module in the version that Go has for it; since Go 1.24 that is the tag or a pseudo-version of the commit.
//!   Where Go had none (`(devel)`), the version that the linker was told to put into a variable
//!   (`-ldflags "-X main.version=v1.2.3"`), if all such variables have one; the evidence is `inferred` then. Otherwise
//!   [`UNKNOWN`]. A commit alone (`vcs.revision`, a qualifier) gives no version: a pseudo-version without its tag sorts
//!   below every fix.
//! - What has no version is ordered by scheme [`UNORDERED`], which no advisory of Go has: a report says of each advisory
//!   that names the module that nobody can tell whether it affects it, and is none the less complete where none does.
//!   Mostly it is the image's own program, of which nobody publishes any.
//! - The standard library as [`STDLIB`], in Go's version; the tools of Go itself (`cmd/go`) are [`TOOLCHAIN`] as well.
//!   These are the names by which [Go's database](https://go.dev/doc/security/vuln/database) speaks of both.
//! - The functions of each that are in the executable, as Go's database spells them
//!   (`golang.org/x/text/language.Parse`, `net/http.Header.Get`), and the paths of their packages. What was inlined
//!   is among them, unless it came to nothing. Of a module without any, they are not known: its names may be
//!   obfuscated.
//! - The main module needs all that is linked in. What the others need themselves is not told.
//! - `goos` and `goarch` are qualifiers: some advisories concern one system only. Where nothing says them, nor are
//!   functions stated.

mod build_id;
pub mod build_info;
pub mod functions;
mod go_version;
mod link_flags;
pub mod modules;
mod packed;
mod symbols;
mod upgrade;
mod wasm;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use limpid_executable::executables;
use limpid_plugin_sdk::detector::{
    Advice, Claim, Detector, Evidence, File, Package, Problems, Report, Requirement, System, Wish,
};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use build_info::BuildInfo;
use functions::Functions;
use modules::{Module, Modules};

/// The scheme of modules, as the namespace `golang` has it.
pub const SCHEME: &str = "go";

/// The scheme of modules without a version.
pub const UNORDERED: &str = "generic";

/// Where advisories are published, and the type of package URLs.
pub const NAMESPACE: &str = "golang";

/// The package of the standard library.
pub const STDLIB: &str = "stdlib";

/// The package of Go's own tools.
pub const TOOLCHAIN: &str = "toolchain";

/// The version of what has none, in Go's words: its scheme is [`UNORDERED`].
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
        let wasm = Claim::magic_alone(wasm::MAGIC).holding(wasm::MARKS[0]).holding(build_id::MAGIC[0]);
        build_info.chain(build_id).chain(packed).chain([wasm]).collect()
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, read))
    }

    fn upgrade(system: Option<&System>, wishes: &[Wish]) -> Advice {
        upgrade::advice(system, wishes)
    }
}

export_detector!(Go);

fn read(file: &File, report: &mut Report) -> Result<(), Error> {
    let mut found = Found::default();
    let mut problems = Problems::default();
    let mut trouble = None;
    if file.read_at(0, 4) == wasm::MAGIC {
        let program =
            wasm::Program::read(file).and_then(|program| Ok((program.build_info()?, program.functions())));
        match program {
            // Other compilers of Go write neither.
            Ok((info, _)) if info == BuildInfo::default() => return Ok(()),
            Ok((info, functions)) => found.state(functions, &info, &mut problems),
            Err(error) => return Err(error),
        }
    } else if is_shown_whole(file) {
        match executables(file) {
            Ok(images) => {
                for image in images {
                    match image.and_then(|image| Ok(build_info::read(&image)?.map(|info| (image, info)))) {
                        Ok(Some((image, info))) => found.state(Functions::read(&image), &info, &mut problems),
                        Ok(None) => {}
                        Err(error) => trouble = trouble.or(Some(error)),
                    }
                }
            }
            Err(error) => trouble = Some(error),
        }
    }
    if found.packages.is_empty() {
        return Err(match trouble {
            _ if packed::is_packed(file) => packed::error(),
            Some(error) => error,
            None if build_id::is_of_go(file) => build_id::error(),
            // The text is there for another reason: the program looks for it itself.
            None => return Ok(()),
        });
    }
    if let Some(error) = trouble {
        problems.push(error);
    }
    found.packages.into_iter().for_each(|package| report.found(file.path(), package));
    report.unread_parts(file.path(), problems);
    Ok(())
}

/// Whether all of a file is shown: where it holds build info, or where nobody says which claims it matches.
fn is_shown_whole(file: &File) -> bool {
    let whole = EXECUTABLES.len() + FAT.len();
    file.claims().is_empty() || file.claims().iter().any(|&claim| (claim as usize) < whole)
}

/// What a file states, each package once: the executables of a fat file mostly say the same.
#[derive(Default)]
struct Found {
    packages: Vec<Package>,
    /// Where a package of this name and version is among them.
    places: BTreeMap<(String, String), usize>,
}

impl Found {
    fn state(&mut self, functions: Option<Functions>, info: &BuildInfo, problems: &mut Problems) {
        let modules = Modules::parse(&info.modules, problems);
        // What a damaged program has in its place is no version.
        let is_word = !info.go.is_empty() && info.go.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let go = if is_word { go_version::as_semver(&info.go) } else { Default::default() };
        let mut stated = Vec::new();
        if go.is_empty() {
            problems.push(Error::malformed("the program of Go does not state Go's version"));
        } else {
            stated.push(package(STDLIB, &go));
        }
        match &modules.main {
            Some(main) => {
                let linked = modules.dependencies.iter().map(Module::code).map(requirement);
                let library = (!go.is_empty()).then(|| requirement((STDLIB, &go)));
                stated.push(main_package(main, &modules).requires(linked.chain(library)));
            }
            None if modules.is_of_go() && !go.is_empty() => stated.push(package(TOOLCHAIN, &go)),
            None if modules.dependencies.is_empty() => problems.push(Error::unsupported(
                "the executable does not state its modules: it was built without any",
            )),
            None => {}
        }
        stated.extend(
            modules.dependencies.iter().map(Module::code).map(|(path, version)| package(path, version)),
        );
        let platform = functions.as_ref().and_then(Functions::platform);
        let system = modules.setting("GOOS").or(platform.map(|(system, _)| system));
        let processor = modules.setting("GOARCH").or(platform.map(|(_, processor)| processor));
        // An advisory for some systems asks first for what system it is, and then what is linked in.
        let functions = functions.as_ref().filter(|_| system.is_some() && processor.is_some());
        let mut symbols =
            functions.map(|functions| symbols::by_module(functions, &modules)).unwrap_or_default();
        for mut package in stated {
            for (key, value) in [("goos", system), ("goarch", processor)] {
                if let Some(value) = value {
                    package = package.qualifier(key, value);
                }
            }
            // Where nothing is linked in of a module, its functions may be called otherwise.
            package.symbols = symbols.remove(&package.name);
            self.add(package);
        }
    }

    fn add(&mut self, package: Package) {
        let place = self.places.entry((package.name.clone(), package.version.clone()));
        match place {
            Entry::Vacant(place) => {
                place.insert(self.packages.len());
                self.packages.push(package);
            }
            Entry::Occupied(place) => {
                let Some(known) = self.packages.get_mut(*place.get()) else { return };
                known.symbols = known.symbols.take().zip(package.symbols).map(|(mut all, more)| {
                    all.extend(more);
                    all.sort();
                    all.dedup();
                    all
                });
                known.requires = known.requires.take().zip(package.requires).map(|(all, more)| {
                    let all: BTreeSet<Requirement> = all.into_iter().chain(more).collect();
                    all.into_iter().collect()
                });
            }
        }
    }
}

/// A module that is linked in.
fn requirement((path, version): (&str, &str)) -> Requirement {
    Requirement::from((path.to_owned(), version))
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
    let scheme = if version == UNKNOWN { UNORDERED } else { SCHEME };
    Package::new(path, version, scheme).namespace(NAMESPACE).purl(purl(path, version))
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
mod corpus;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod tests;
