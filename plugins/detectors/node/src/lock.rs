//! Packages that lock files declare, whether or not they are there.

mod bun;
mod folders;
mod npm;
mod origin;
mod patterns;
mod pnpm;
mod yaml;
mod yarn;
mod yarn_berry;

use limpid_lockfile::{Declarations, MAX_FILE, Origin, declare, is_of_another};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{File, Package, Report, Requirement};

use crate::package;

/// The largest lock file that is YAML, in bytes: hostile ones take a second for each 2 MiB.
pub const MAX_YAML: u64 = 8 << 20;

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
        (!is_of_another(path)).then_some(kind)
    }
}

/// States what a lock file declares.
pub(crate) fn read(kind: Kind, file: &File, report: &mut Report) -> Result<(), Error> {
    let bytes = file.read_to_vec(if kind == Kind::Pnpm { MAX_YAML } else { MAX_FILE })?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let is_berry = kind == Kind::Yarn && yarn_berry::is_of_it(text);
    if is_berry && bytes.len() as u64 > MAX_YAML {
        let size = bytes.len();
        return Err(Error::unsupported(format_args!(
            "the file has {size} bytes, over this plugin's limit of {MAX_YAML}"
        )));
    }
    declare(file, report, |declarations| match kind {
        Kind::Npm => npm::read(text, declarations),
        Kind::Yarn if is_berry => yarn_berry::read(text, declarations),
        Kind::Yarn => yarn::read(text, declarations),
        Kind::Pnpm => pnpm::read(text, declarations),
        Kind::Bun => bun::read(text, declarations),
    })
}

/// A lock file says of which version its form is, and this one is not known.
fn unknown_version(version: &str, newest: u8) -> Error {
    Error::unsupported(format_args!(
        "the lock file is of version {version:.20}; versions up to {newest} are read"
    ))
}

fn push(
    name: &str,
    version: &str,
    origin: &Origin,
    requires: Option<Vec<Requirement>>,
    declarations: &mut Declarations<'_>,
) -> Result<(), Error> {
    declarations.push(Package { requires, ..package(name, version, origin) })
}

/// Name and what follows it, of `NAME@REST`, where the name may have a scope.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let at = text.char_indices().skip(1).find(|(_, c)| *c == '@')?.0;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests;
