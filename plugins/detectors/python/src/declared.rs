//! Packages that a project asks for, whether or not they are there: lock files, and requirements that are pinned.

mod lock;
mod pipfile;
mod requirements;

use std::collections::BTreeSet;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Evidence, File, Problems, Report};

use crate::origin::Origin;
use crate::package;

/// How many packages of a file are stated.
pub const MAX_PACKAGES: usize = 50_000;

/// The longest name and the longest version that are used, in bytes.
const MAX_WORD: usize = 1024;

/// What lies in installed packages and their sources was asked for by their authors.
const OF_OTHERS: [&str; 12] = [
    "node_modules",
    "site-packages",
    "dist-packages",
    "gems",
    "bundler",
    "vendor",
    "test",
    "tests",
    "testdata",
    "fixtures",
    "example",
    "examples",
];

/// The kinds of files that declare packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `poetry.lock`, `uv.lock`, `pdm.lock`, `pylock.toml`.
    Lock,
    /// `Pipfile.lock`
    Pipfile,
    /// `requirements.txt`, and others of such a name.
    Requirements,
}

/// A package that is declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Declared {
    name: String,
    version: String,
    origin: Origin,
}

/// What was found in a file so far.
struct Sink<'r> {
    file: &'r File,
    report: &'r mut Report,
    seen: BTreeSet<(String, String)>,
    problems: Problems,
}

impl Kind {
    /// What the file at this path declares packages by; none where it does not, or is of others.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let is_pylock =
            name == "pylock.toml" || name.strip_prefix("pylock.").is_some_and(|rest| rest.ends_with(".toml"));
        let kind = match name {
            "poetry.lock" | "uv.lock" | "pdm.lock" => Self::Lock,
            "Pipfile.lock" => Self::Pipfile,
            _ if is_pylock => Self::Lock,
            _ if name.starts_with("requirements") && name.ends_with(".txt") => Self::Requirements,
            _ => return None,
        };
        // A folder at the top, or of somebody's home, may be called as it likes.
        let own = if folder.starts_with("home/") { 2 } else { 1 };
        let of_others = folder.starts_with("usr/share/doc/")
            || folder.split('/').skip(own).any(|part| OF_OTHERS.contains(&part))
            || folder.split('/').take(own).any(|part| part == "node_modules");
        (!of_others).then_some(kind)
    }
}

/// States what a file declares.
pub(crate) fn read(kind: Kind, file: &File, report: &mut Report) -> Result<(), Error> {
    let mut sink = Sink { file, report, seen: BTreeSet::new(), problems: Problems::default() };
    let outcome = match kind {
        Kind::Lock => lock::read(&mut sink),
        Kind::Pipfile => pipfile::read(&mut sink),
        Kind::Requirements => requirements::read(&mut sink),
    };
    let Sink { problems, .. } = sink;
    report.unread_parts(file.path(), problems);
    outcome
}

impl Sink<'_> {
    /// States a package, once.
    fn push(&mut self, declared: Declared) -> Result<(), Error> {
        let Declared { name, version, origin } = declared;
        if !(is_word(&name) && is_word(&version)) {
            let why = format_args!("`{name:.100} {version:.100}` is no name and version");
            self.problems.push(Error::malformed(why));
            return Ok(());
        }
        let package = package(&name, version, &origin).evidence(Evidence::Declared);
        if self.seen.insert((package.name.clone(), package.purl.clone())) {
            if self.seen.len() > MAX_PACKAGES {
                return Err(Error::unsupported(format_args!(
                    "the file declares more packages than this plugin's limit of {MAX_PACKAGES}"
                )));
            }
            self.report.found(self.file.path(), package);
        }
        Ok(())
    }
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len()) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests;
