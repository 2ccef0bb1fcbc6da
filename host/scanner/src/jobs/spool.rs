use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use limpid_bytes::Part;

use crate::Error;
use crate::index::Ahead;

/// The directory in which submitted archives wait.
pub(super) struct Directory(PathBuf);

/// An archive on its way in. It is gone when this is dropped.
pub struct Spool {
    file: tempfile::NamedTempFile,
    written: limpid_bytes::Spool,
    /// What is read of its layers meanwhile.
    ahead: Option<Ahead>,
}

impl Spool {
    /// How many bytes are in.
    pub fn bytes(&self) -> u64 {
        self.written.written()
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Spool").field(&self.file.path()).finish()
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.write(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Directory {
    pub(super) fn open(scratch: &Path) -> Result<Self, Error> {
        let path = scratch.join("submitted");
        fs::create_dir_all(&path).map_err(host(format!("directory `{}` cannot be made", path.display())))?;
        Ok(Self(path))
    }

    /// A place for an archive, which `ahead` may begin to read.
    pub(super) fn create(&self, ahead: impl FnOnce(Part) -> Option<Ahead>) -> Result<Spool, Error> {
        let file = tempfile::Builder::new().prefix("incoming-").tempfile_in(&self.0);
        let what = || format!("no file can be made in `{}`", self.0.display());
        let file = file.map_err(|error| host(what())(error))?;
        let written = file.as_file().try_clone().map_err(|error| host(what())(error))?;
        let (written, part) = limpid_bytes::Spool::open_ended(written);
        Ok(Spool { file, written, ahead: ahead(part) })
    }

    /// Brings an archive safely onto disk under the number of its job. Returns its length, and what is read of
    /// it ahead.
    pub(super) fn keep(&self, spool: Spool, id: u64) -> Result<(u64, Option<Ahead>), Error> {
        let path = self.path(id);
        let what = format!("archive `{}` cannot be written", path.display());
        let Spool { file, written, ahead } = spool;
        let bytes = written.written();
        // Who reads ahead need not wait for the disk to learn that this is all.
        drop(written);
        file.as_file().sync_all().map_err(host(what.clone()))?;
        file.persist(&path).map_err(|error| host(what.clone())(error.error))?;
        File::open(&self.0).and_then(|directory| directory.sync_all()).map_err(host(what))?;
        Ok((bytes, ahead))
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
