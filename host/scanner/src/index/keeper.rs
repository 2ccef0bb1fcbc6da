use std::collections::{BTreeMap, HashSet};

use limpid_layers::ClaimedFile;
use limpid_store::tables::kept::{self, Packer};

use crate::settings::Keep;

/// Keeps the small files of a layer that somebody claimed, so that they can be shown again.
pub(super) struct Keeper {
    limits: Keep,
    taken: u64,
    /// None before the first file.
    packer: Option<Packer>,
    files: BTreeMap<String, (u64, kept::Row)>,
}

impl Keeper {
    pub(super) const fn new(limits: Keep) -> Self {
        Self { limits, taken: 0, packer: None, files: BTreeMap::new() }
    }

    /// Keeps a file, if it is small enough and there is room. One that is not kept costs nothing
    /// but that its layer must be read again for a detector that wants it.
    pub(super) fn take(&mut self, file: &ClaimedFile) {
        let known = self.files.get(file.path()).is_some_and(|(ordinal, _)| *ordinal == file.ordinal());
        let size = file.size();
        // Another detector may want more of it than was shown.
        if known
            || file.shown() < size
            || size > self.limits.file_bytes
            || self.taken.saturating_add(size) > self.limits.layer_bytes
        {
            return;
        }
        let Some(row) = self.pack(file, size) else { return };
        self.taken += size;
        self.files.insert(file.path().to_owned(), (file.ordinal(), row));
    }

    fn pack(&mut self, file: &ClaimedFile, size: u64) -> Option<kept::Row> {
        let size = usize::try_from(size).ok()?;
        let content = file.read(0, size).ok().filter(|content| content.len() == size)?;
        if self.packer.is_none() {
            self.packer = Packer::new().ok();
        }
        self.packer.as_mut()?.pack(&content, file.executable()).ok()
    }

    /// The files that are the layer's last word on their path.
    pub(super) fn finish(self, superseded: &HashSet<u64>) -> Vec<(String, kept::Row)> {
        let last = self.files.into_iter().filter(|(_, (ordinal, _))| !superseded.contains(ordinal));
        last.map(|(path, (_, row))| (path, row)).collect()
    }
}
