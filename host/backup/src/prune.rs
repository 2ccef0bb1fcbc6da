//! Removing old backups.

use std::collections::HashSet;
use std::fs;

use crate::{Directory, Error, sync_directory};

/// What was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The backups.
    pub backups: Vec<String>,
    /// Files that no other backup has.
    pub files: u64,
    /// How long they were together, in bytes.
    pub bytes: u64,
}

impl Directory {
    /// Removes all backups but the latest ones, and the files that no other backup has. The latest that can be
    /// read always stays.
    ///
    /// # Errors
    /// A manifest cannot be read: what it names is not known, and nothing is removed.
    pub fn prune(&self, keep: usize) -> Result<Pruned, Error> {
        let mut pruned = Pruned::default();
        let manifests =
            self.list()?.into_iter().map(|listed| listed.manifest).collect::<Result<Vec<_>, _>>()?;
        let border = manifests.len().saturating_sub(keep.max(1));
        let (old, kept) = manifests.split_at(border.min(manifests.len()));
        for manifest in old {
            let path = self.manifests().join(&manifest.name);
            fs::remove_file(&path).map_err(Error::io("remove", &path))?;
            pruned.backups.push(manifest.name.clone());
        }
        sync_directory(&self.manifests())?;
        let used: HashSet<_> =
            kept.iter().flat_map(|it| &it.files).map(|file| self.object(&file.digest)).collect();
        let objects = self.objects();
        for folder in fs::read_dir(&objects).map_err(Error::io("list", &objects))? {
            let folder = folder.map_err(Error::io("list", &objects))?.path();
            if !folder.is_dir() {
                continue;
            }
            for object in fs::read_dir(&folder).map_err(Error::io("list", &folder))? {
                let object = object.map_err(Error::io("list", &folder))?.path();
                if !used.contains(&object) {
                    let length = fs::metadata(&object).map_err(Error::io("read", &object))?.len();
                    fs::remove_file(&object).map_err(Error::io("remove", &object))?;
                    pruned.files += 1;
                    pruned.bytes += length;
                }
            }
        }
        Ok(pruned)
    }
}
