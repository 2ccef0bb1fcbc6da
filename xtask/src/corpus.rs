//! Real images and advisories, which are no part of this repository.

mod debian;

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::workspace::Workspace;

pub(crate) use debian::{DebianImage, SUITES, install_programs};

/// Names another place for the corpus than `../shared/data`.
pub(crate) const VARIABLE: &str = "LIMPID_CORPUS";

/// Where real data lies.
pub(crate) struct Corpus(PathBuf);

impl Corpus {
    /// The corpus, or where it was looked for.
    pub(crate) fn find(workspace: &Workspace) -> Result<Self, String> {
        let place =
            env::var_os(VARIABLE).map_or_else(|| workspace.root().join("../shared/data"), PathBuf::from);
        match place.canonicalize() {
            Ok(place) if place.is_dir() => Ok(Self(place)),
            _ => {
                Err(format!("there is no corpus at `{}` (`{VARIABLE}` names another place)", place.display()))
            }
        }
    }

    /// Where it is.
    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    /// A file or folder of it.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    /// The files of a folder of it whose names end like this, by name.
    ///
    /// # Errors
    /// Where the folder cannot be listed.
    pub(crate) fn files(&self, folder: &str, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
        let folder = self.path(folder);
        let entries =
            folder.read_dir().with_context(|| format!("`{}` cannot be listed", folder.display()))?;
        let mut files = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.is_file() && name(&path).ends_with(ending) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }
}

/// The last part of a path.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
