//! Backups of a data directory: made while a service runs, verified, and restored.
//!
//! Backups lie in a directory of their own, or in a [`Bucket`], which is laid out so that each costs only what has changed:
//!
//! | Path | What it is |
//! |---|---|
//! | `limpid-backups` | that the directory holds backups, and the version of this layout |
//! | `objects/ab/ab12...` | a file of some backups, under the SHA-256 of its content |
//! | `manifests/NAME` | a backup: the paths and digests of all of its files, and a digest of that list |
//! | `lock` | held by whoever changes the directory |
//!
//! A manifest is written last, when all objects that it names are on disk, so that a backup that was cut short is
//! none. Objects of it are used by the next one.

mod bucket;
mod create;
mod directory;
mod error;
mod files;
mod manifest;
mod prune;
mod restore;
mod verify;

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub use bucket::{Bucket, BucketAccess, LEAST_PART, MOST_PART, PART_BYTES, address_of};
pub use create::{Made, Reuse, Sources, Staged, create};
pub use directory::{Directory, Listed};
pub use error::Error;
pub use files::copy_closed;
pub use manifest::{File, Manifest, Stamp};
pub use prune::Pruned;
pub use restore::{RESTORING, Restored};
pub use verify::{Verified, missing_archives};

/// How far a backup, its verification or its restoration is, and whether it is to end.
#[derive(Debug, Default)]
pub struct Progress {
    files: AtomicU64,
    files_done: AtomicU64,
    bytes: AtomicU64,
    bytes_done: AtomicU64,
    stop: AtomicBool,
}

impl Progress {
    /// Files that there are, as far as it is known.
    pub fn files(&self) -> u64 {
        self.files.load(Ordering::Relaxed)
    }

    /// Files that are done.
    pub fn files_done(&self) -> u64 {
        self.files_done.load(Ordering::Relaxed)
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Bytes that are done.
    pub fn bytes_done(&self) -> u64 {
        self.bytes_done.load(Ordering::Relaxed)
    }

    /// Ends it where it is.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn begin(&self, files: usize, bytes: u64) {
        self.files.store(files as u64, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    fn file_done(&self) {
        self.files_done.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts bytes that are done.
    fn advance(&self, bytes: u64) -> Result<(), Error> {
        self.bytes_done.fetch_add(bytes, Ordering::Relaxed);
        if self.stop.load(Ordering::Relaxed) { Err(Error::Stopped) } else { Ok(()) }
    }
}

/// Makes a directory that only its owner may look into.
fn make_directory(path: &Path) -> Result<(), Error> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(Error::io("make directory", path))
}

/// A new file that only its owner may read.
fn new_file(path: &Path) -> Result<std::fs::File, Error> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    opened.map_err(Error::io("make", path))
}

/// Brings what a directory lists onto disk.
fn sync_directory(path: &Path) -> Result<(), Error> {
    std::fs::File::open(path).and_then(|directory| directory.sync_all()).map_err(Error::io("sync", path))
}

#[cfg(test)]
mod tests;
