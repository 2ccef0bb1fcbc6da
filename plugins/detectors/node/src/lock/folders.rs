//! Folders of packages that are in each other, as npm and Bun lay them out: which package another one gets by a name depends
//! on where it lies.

use std::collections::BTreeMap;

use limpid_lockfile::{Declarations, MAX_PACKAGES};
use limpid_plugin_sdk::detector::{Package, Requirement};
use serde_json::value::RawValue;

use super::npm::MAX_DEPTH;

/// How many folders are kept.
const MAX_FOLDERS: usize = 2 * MAX_PACKAGES;

/// The folders of a project.
#[derive(Debug)]
pub(super) struct Folders(Vec<Folder>);

#[derive(Debug, Default)]
struct Folder {
    /// The folder that it is in; that of the project is in itself.
    above: usize,
    inner: BTreeMap<String, usize>,
    /// What lies there, where it is a package.
    package: Option<Requirement>,
}

impl Default for Folders {
    fn default() -> Self {
        Self(vec![Folder::default()])
    }
}

impl Folders {
    /// The folder of the project itself.
    pub(super) const PROJECT: usize = 0;

    /// A folder in another one; none where there are too many.
    pub(super) fn inner(&mut self, above: usize, name: &str) -> Option<usize> {
        let next = self.0.len();
        let folder = self.0.get_mut(above)?;
        if let Some(known) = folder.inner.get(name) {
            return Some(*known);
        }
        if next == MAX_FOLDERS {
            return None;
        }
        folder.inner.insert(name.to_owned(), next);
        self.0.push(Folder { above, ..Folder::default() });
        Some(next)
    }

    /// The folder that names lead to from that of the project.
    pub(super) fn of<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) -> Option<usize> {
        names.into_iter().try_fold(Self::PROJECT, |above, name| self.inner(above, name))
    }

    /// A package lies in a folder.
    pub(super) fn put(&mut self, folder: usize, package: Requirement) {
        if let Some(folder) = self.0.get_mut(folder) {
            folder.package = Some(package);
        }
    }

    /// What a package in a folder gets by a name: what is in its own folder, or in the nearest around it.
    fn get(&self, from: usize, name: &str) -> Option<&Requirement> {
        let mut at = from;
        for _ in 0..=MAX_DEPTH {
            let folder = self.0.get(at)?;
            let inner = folder.inner.get(name).and_then(|inner| self.0.get(*inner));
            if let Some(package) = inner.and_then(|inner| inner.package.as_ref()) {
                return Some(package);
            }
            if at == Self::PROJECT {
                break;
            }
            at = folder.above;
        }
        None
    }

    /// Puts packages in the place of the names by which those ask for them that were stated. What is not found is not there.
    pub(super) fn resolve(&self, declarations: &mut Declarations<'_>) {
        for needed in declarations.packages().filter_map(|package| package.requires.as_mut()).flatten() {
            let from = needed.version.take().and_then(|folder| folder.parse().ok());
            if let Some(found) = from.and_then(|from| self.get(from, &needed.name)) {
                needed.clone_from(found);
            }
        }
    }
}

/// What a package in a folder asks for, by maps whose keys are names; the folder stands in the place of versions until
/// it is [resolved](Folders::resolve). None where that cannot be read.
pub(super) fn asked_for<'a>(
    maps: impl IntoIterator<Item = &'a RawValue>,
    folder: Option<usize>,
    declarations: &mut Declarations<'_>,
) -> Option<Vec<Requirement>> {
    let folder = folder?;
    let mut asked = Vec::new();
    for map in maps {
        let read = limpid_json::entries(map, |name, _| {
            // One that is too many is enough to tell that there are.
            if asked.len() <= Package::MAX_REQUIREMENTS {
                asked.push(Requirement { name, version: Some(folder.to_string()) });
            }
            Ok(())
        });
        read.ok()?;
    }
    declarations.needs().of(asked)
}
