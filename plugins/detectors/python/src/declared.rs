//! Packages that a project asks for, whether or not they are there: lock files, and requirements that are pinned.

mod lock;
mod pipfile;
mod requirements;

use limpid_lockfile::{Declarations, declare, is_of_another};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{File, Package, Report, Requirement};

use crate::origin::Origin;
use crate::package;

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

impl Kind {
    /// What the file at this path declares packages by; none where it does not, or is of others.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        let is_pylock =
            name == "pylock.toml" || name.strip_prefix("pylock.").is_some_and(|rest| rest.ends_with(".toml"));
        let kind = match name {
            "poetry.lock" | "uv.lock" | "pdm.lock" => Self::Lock,
            "Pipfile.lock" => Self::Pipfile,
            _ if is_pylock => Self::Lock,
            _ if name.starts_with("requirements") && name.ends_with(".txt") => Self::Requirements,
            _ => return None,
        };
        (!is_of_another(path)).then_some(kind)
    }
}

/// States what a file declares.
pub(crate) fn read(kind: Kind, file: &File, report: &mut Report) -> Result<(), Error> {
    declare(file, report, |declarations| match kind {
        Kind::Lock => lock::read(file, declarations),
        Kind::Pipfile => pipfile::read(file, declarations),
        Kind::Requirements => requirements::read(file, declarations),
    })
}

fn push(
    name: &str,
    version: String,
    origin: &Origin,
    requires: Option<Vec<Requirement>>,
    declarations: &mut Declarations<'_>,
) -> Result<(), Error> {
    declarations.push(Package { requires, ..package(name, version, origin) })
}

/// Whether a folder that a lock file names is that of the project itself.
fn is_project(folder: &str) -> bool {
    matches!(folder.trim_end_matches('/'), "" | ".")
}

#[cfg(test)]
mod tests;
