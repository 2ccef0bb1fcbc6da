use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::Error;

/// The directory in which submitted archives wait.
pub(super) struct Directory(PathBuf);

/// An archive on its way in. It is gone when this is dropped.
#[derive(Debug)]
pub struct Spool {
    file: tempfile::NamedTempFile,
    bytes: u64,
}

impl Spool {
    /// How many bytes are in.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Directory {
    pub(super) fn open(scratch: &Path) -> Result<Self, Error> {
        let path = scratch.join("submitted");
        fs::create_dir_all(&path).map_err(host(format!("directory `{}` cannot be made", path.display())))?;
        Ok(Self(path))
    }

    pub(super) fn create(&self) -> Result<Spool, Error> {
        let file = tempfile::Builder::new().prefix("incoming-").tempfile_in(&self.0);
        let what = format!("no file can be made in `{}`", self.0.display());
        Ok(Spool { file: file.map_err(host(what))?, bytes: 0 })
    }

    /// Brings an archive safely onto disk under the number of its job. Returns its length.
    pub(super) fn keep(&self, spool: Spool, id: u64) -> Result<u64, Error> {
        let path = self.path(id);
        let what = format!("archive `{}` cannot be written", path.display());
        spool.file.as_file().sync_all().map_err(host(what.clone()))?;
        spool.file.persist(&path).map_err(|error| host(what.clone())(error.error))?;
        File::open(&self.0).and_then(|directory| directory.sync_all()).map_err(host(what))?;
        Ok(spool.bytes)
    }

    pub(super) fn open_kept(&self, id: u64) -> Result<File, Error> {
        let path = self.path(id);
        File::open(&path).map_err(host(format!("archive `{}` cannot be opened", path.display())))
    }

    pub(super) fn remove(&self, id: u64) {
        let path = self.path(id);
        if let Err(error) = fs::remove_file(&path) {
            tracing::warn!(%error, "archive `{}` cannot be removed", path.display());
        }
    }

    /// Removes what belongs to no job: uploads that were cut short.
    pub(super) fn keep_only(&self, jobs: &[u64]) {
        let kept: HashSet<PathBuf> = jobs.iter().map(|&id| self.path(id)).collect();
        let files = fs::read_dir(&self.0).into_iter().flatten().flatten().map(|entry| entry.path());
        for path in files.filter(|path| !kept.contains(path)) {
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(%error, "`{}` cannot be removed", path.display());
            }
        }
    }

    fn path(&self, id: u64) -> PathBuf {
        self.0.join(format!("{id}.archive"))
    }
}

fn host(what: String) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Host { what, source }
}
