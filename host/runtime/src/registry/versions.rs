use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use limpid_model::{Digest, PluginId};

use super::files;

/// Versions of one plugin that are kept beside the one that runs.
const KEPT: usize = 5;

/// The last versions of each plugin, so that going back is a call.
///
/// `<directory>/<name>/<number>-<digest>.wasm`, its signature beside it: the higher the number, the later it first ran.
#[derive(Debug)]
pub(super) struct Versions(PathBuf);

/// A version of a plugin that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Digest of the component.
    pub digest: Digest,
    /// Grows with each version that ran.
    pub number: u64,
}

impl Versions {
    pub(super) const fn new(directory: PathBuf) -> Self {
        Self(directory)
    }

    /// The versions of a plugin, latest first.
    pub(super) fn of(&self, name: &str) -> Vec<Version> {
        let entries = fs::read_dir(self.0.join(name)).into_iter().flatten().flatten();
        let mut versions: Vec<Version> = entries.filter_map(|entry| version(&entry.path())).collect();
        versions.sort_by_key(|version| std::cmp::Reverse(version.number));
        versions
    }

    /// Keeps a version that runs now, where it is not the latest already; the oldest go.
    pub(super) fn keep(&self, id: &PluginId, component: &Path) -> io::Result<()> {
        let versions = self.of(&id.name);
        let signature = files::read_signature(component)?;
        if let Some(kept) = versions.iter().find(|version| version.digest == id.digest) {
            let kept = self.path(&id.name, kept.number, &kept.digest);
            return signature.map_or(Ok(()), |signature| files::write_signature(&kept, &signature));
        }
        let number = versions.first().map_or(1, |latest| latest.number + 1);
        fs::create_dir_all(self.0.join(&id.name))?;
        files::write(&self.path(&id.name, number, &id.digest), &fs::read(component)?, signature.as_deref())?;
        for old in versions.iter().skip(KEPT) {
            files::remove(&self.path(&id.name, old.number, &old.digest))?;
        }
        Ok(())
    }

    /// The component of a version that is kept, and its signature.
    pub(super) fn read(&self, name: &str, version: &Version) -> io::Result<(Vec<u8>, Option<String>)> {
        let path = self.path(name, version.number, &version.digest);
        Ok((fs::read(&path)?, files::read_signature(&path)?))
    }

    /// Removes what a process left that was killed while it kept a version.
    pub(super) fn remove_staged(&self) -> io::Result<()> {
        let folders = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            folders => folders?,
        };
        for folder in folders {
            let folder = folder?;
            if folder.file_type()?.is_dir() {
                files::remove_staged(&folder.path())?;
            }
        }
        Ok(())
    }

    fn path(&self, name: &str, number: u64, digest: &Digest) -> PathBuf {
        self.0.join(name).join(format!("{number:08}-{}.wasm", digest.hex()))
    }
}

fn version(path: &Path) -> Option<Version> {
    let (number, digest) = path.file_stem()?.to_str()?.split_once('-')?;
    Some(Version { digest: format!("sha256:{digest}").parse().ok()?, number: number.parse().ok()? })
}
