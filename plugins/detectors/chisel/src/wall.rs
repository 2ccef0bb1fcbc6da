//! What is in a manifest: [jsonwall](https://documentation.ubuntu.com/chisel/en/latest/explanation/jsonwall/), an object
//! of JSON on each line.

use std::io::BufRead;

use limpid_plugin_sdk::detector::{Evidence, Package, Paths, Problems, Report};
use limpid_plugin_sdk::text::Lines;
use limpid_plugin_sdk::{Error, Purl};
use serde::Deserialize;

/// How much of a manifest is read, in bytes. One of three thousand paths has about 1 MB.
const MAX_MANIFEST: u64 = 256 << 20;

/// The longest line that is read, in bytes. Those of a path name all slices that put it there.
const MAX_LINE: usize = 256 << 10;

/// How many packages are read.
const MAX_PACKAGES: usize = 50_000;

/// The versions of jsonwall, and of the manifest's schema, that are read.
const MAJOR: &str = "1.";

/// Its first line.
#[derive(Deserialize)]
struct Header {
    jsonwall: String,
    schema: String,
    count: u64,
}

/// Any other, of which `kind` says what it is.
#[derive(Deserialize)]
struct Entry {
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    arch: String,
    #[serde(default)]
    slice: String,
    #[serde(default)]
    path: String,
}

/// States the packages of a manifest, once it is decompressed, and what they own. `path` is that of the file.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no manifest, or is damaged; [`Error::Unsupported`] where it is of another version,
/// or over a limit. What was read before counts.
pub fn read(path: &str, manifest: impl BufRead, report: &mut Report) -> Result<(), Error> {
    let mut lines = Lines::new(manifest.take(MAX_MANIFEST), MAX_LINE);
    let first = lines.next().map_err(damaged)?.ok_or_else(|| Error::malformed("the manifest is empty"))?;
    let header: Header = serde_json::from_slice(first.bytes)
        .map_err(|why| Error::malformed(format_args!("its first line is no header of a manifest: {why}")))?;
    if !header.jsonwall.starts_with(MAJOR) || !header.schema.starts_with(MAJOR) {
        return Err(Error::unsupported(format_args!(
            "a manifest of jsonwall `{:.20}` and schema `{:.20}`: 1 of both is read",
            header.jsonwall, header.schema
        )));
    }
    let mut stated =
        Stated { path, report, problems: Problems::default(), packages: 0, owned: Owned::default() };
    let (mut count, mut outcome) = (1, Ok(()));
    loop {
        match lines.next() {
            Ok(Some(line)) => {
                count += 1;
                if line.cut {
                    let why =
                        format_args!("line {} is longer than the limit of {MAX_LINE} bytes", line.number);
                    stated.problems.push(Error::unsupported(why));
                } else if let Err(error) = stated.line(line.number, line.bytes) {
                    outcome = Err(error);
                    break;
                }
            }
            Ok(None) => break,
            Err(error) => {
                outcome = Err(damaged(error));
                break;
            }
        }
    }
    if outcome.is_ok() && count != header.count {
        let why = format_args!("it has {count} lines, and says that it has {}", header.count);
        outcome = Err(Error::malformed(why));
    }
    stated.end();
    outcome
}

fn damaged(error: std::io::Error) -> Error {
    Error::malformed(format_args!("it cannot be decompressed: {error}"))
}

/// The paths of the package whose slices are being read: they stand in the order of their slices.
#[derive(Default)]
struct Owned {
    package: String,
    paths: Paths,
    /// No more of them are kept.
    is_full: bool,
}

struct Stated<'a> {
    path: &'a str,
    report: &'a mut Report,
    problems: Problems,
    packages: usize,
    owned: Owned,
}

impl Stated<'_> {
    /// # Errors
    ///
    /// Those that end the reading of the manifest.
    fn line(&mut self, number: u64, bytes: &[u8]) -> Result<(), Error> {
        let entry: Entry = match serde_json::from_slice(bytes) {
            Ok(entry) => entry,
            Err(why) => {
                self.problems.push(Error::malformed(format_args!("line {number}: {why}")));
                return Ok(());
            }
        };
        match entry.kind.as_str() {
            "package" => {
                self.own();
                self.package(number, entry)
            }
            "content" => {
                self.content(&entry);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn package(&mut self, number: u64, entry: Entry) -> Result<(), Error> {
        let Entry { name, version, arch, .. } = entry;
        if !is_word(&name) || !is_word(&version) {
            self.problems
                .push(Error::malformed(format_args!("line {number}: a package without name or version")));
            return Ok(());
        }
        if self.packages >= MAX_PACKAGES {
            return Err(Error::unsupported(format_args!(
                "there are more packages than the limit of {MAX_PACKAGES}"
            )));
        }
        self.packages += 1;
        let purl = Purl::new("deb", &name).version(&version).qualifier("arch", &arch);
        let mut package = Package::new(name, version, "dpkg").purl(purl).evidence(Evidence::Declared);
        package.arch = Some(arch).filter(|arch| !arch.is_empty());
        self.report.found(self.path, package);
        Ok(())
    }

    /// A path of a slice, `PACKAGE_SLICE`. A directory, which ends with a slash, is nobody's own.
    fn content(&mut self, entry: &Entry) {
        let Some((package, _)) = entry.slice.split_once('_') else { return };
        if package != self.owned.package {
            self.own();
            package.clone_into(&mut self.owned.package);
        }
        if entry.path.ends_with('/') || self.owned.is_full {
            return;
        }
        if let Err(error) = self.owned.paths.push(entry.path.as_bytes()) {
            self.owned.is_full = true;
            self.problems.push(error);
        }
    }

    /// States what the present package owns.
    fn own(&mut self) {
        let package = std::mem::take(&mut self.owned.package);
        if let Some(ownership) = self.owned.paths.owned_by(package) {
            self.report.found(self.path, ownership);
        }
    }

    fn end(mut self) {
        self.own();
        if self.packages > 0 {
            self.problems.push(Error::unsupported(format_args!(
                "of {} packages, it does not say from which source packages they were built: advisories of sources of \
                 other names are not judged",
                self.packages
            )));
        }
        self.report.unread_parts(self.path, self.problems);
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}
