//! Packages that lock files declare, whether or not they are there.

mod bun;
mod npm;
mod origin;
mod pnpm;
mod yaml;
mod yarn;
mod yarn_berry;

use std::collections::BTreeSet;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Evidence, File, Problems, Report};

use crate::package;
use origin::Origin;

/// The largest lock file that is read, in bytes.
pub const MAX_LOCK: u64 = 16 << 20;

/// The largest lock file that is YAML, in bytes: hostile ones take a second for each 2 MiB.
pub const MAX_YAML: u64 = 8 << 20;

/// How many packages of a lock file are stated.
pub const MAX_PACKAGES: usize = 50_000;

/// The longest name and the longest version that are used, in bytes.
const MAX_WORD: usize = 1024;

/// What lies in installed packages and in tests was asked for by their authors.
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
    "__fixtures__",
    "examples",
];

/// The kinds of lock files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `package-lock.json`, `npm-shrinkwrap.json`, and what npm keeps in `node_modules`.
    Npm,
    /// `yarn.lock` of any version.
    Yarn,
    /// `pnpm-lock.yaml`
    Pnpm,
    /// `bun.lock`
    Bun,
}

/// A package that is declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Declared<'a> {
    name: &'a str,
    version: &'a str,
    origin: Origin,
}

/// What was found in a file so far.
struct Sink<'r> {
    path: &'r str,
    report: &'r mut Report,
    seen: BTreeSet<(String, String, Origin)>,
    problems: Problems,
}

impl Kind {
    /// Which lock file is at this path; none where it is none, or is of others.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let kind = match name {
            ".package-lock.json" => {
                return (folder == "node_modules" || folder.ends_with("/node_modules")).then_some(Self::Npm);
            }
            "package-lock.json" | "npm-shrinkwrap.json" => Self::Npm,
            "yarn.lock" => Self::Yarn,
            "pnpm-lock.yaml" => Self::Pnpm,
            "bun.lock" => Self::Bun,
            _ => return None,
        };
        // A folder at the top, or of somebody's home, may be called as it likes.
        let own = if folder.starts_with("home/") { 2 } else { 1 };
        let of_others = folder.starts_with("usr/share/doc/")
            || folder.split('/').any(|part| part == "node_modules")
            || folder.split('/').skip(own).any(|part| OF_OTHERS.contains(&part));
        (!of_others).then_some(kind)
    }
}

/// States what a lock file declares.
pub(crate) fn read(kind: Kind, file: &File, report: &mut Report) -> Result<(), Error> {
    let bytes = file.read_to_vec(if kind == Kind::Pnpm { MAX_YAML } else { MAX_LOCK })?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let is_berry = kind == Kind::Yarn && yarn_berry::is_of_it(text);
    if is_berry && bytes.len() as u64 > MAX_YAML {
        let size = bytes.len();
        return Err(Error::unsupported(format_args!(
            "the file has {size} bytes, over this plugin's limit of {MAX_YAML}"
        )));
    }
    let mut sink = Sink { path: file.path(), report, seen: BTreeSet::new(), problems: Problems::default() };
    let outcome = match kind {
        Kind::Npm => npm::read(text, &mut sink),
        Kind::Yarn if is_berry => yarn_berry::read(text, &mut sink),
        Kind::Yarn => yarn::read(text, &mut sink),
        Kind::Pnpm => pnpm::read(text, &mut sink),
        Kind::Bun => bun::read(text, &mut sink),
    };
    let Sink { problems, report, .. } = sink;
    report.unread_parts(file.path(), problems);
    outcome
}

impl Sink<'_> {
    /// States a package, once.
    fn push(&mut self, declared: Declared<'_>) -> Result<(), Error> {
        let Declared { name, version, origin } = declared;
        if !(is_word(name) && is_word(version)) {
            let why = format_args!("`{name:.100} {version:.100}` is no name and version");
            self.problems.push(Error::malformed(why));
            return Ok(());
        }
        if self.seen.insert((name.to_owned(), version.to_owned(), origin.clone())) {
            if self.seen.len() > MAX_PACKAGES {
                return Err(Error::unsupported(format_args!(
                    "the file declares more packages than this plugin's limit of {MAX_PACKAGES}"
                )));
            }
            let qualifiers = origin.qualifiers();
            self.report.found(self.path, package(name, version, qualifiers).evidence(Evidence::Declared));
        }
        Ok(())
    }

    /// The version of a package is not stated, and nothing else tells it.
    fn versionless(&mut self, name: &str) {
        self.problems.push(Error::malformed(format_args!("package `{name:.100}` has no version")));
    }
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len()) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Name and what follows it, of `NAME@REST`, where the name may have a scope.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let at = text.char_indices().skip(1).find(|(_, c)| *c == '@')?.0;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests;
