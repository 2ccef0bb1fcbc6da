use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::num::NonZero;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::{LoadError, Plugin, Runtime};

/// By what a file is seen to have changed: written in place, or replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: (i64, i64),
    length: u64,
    inode: u64,
}

impl Stamp {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self {
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            length: metadata.len(),
            inode: metadata.ino(),
        })
    }
}

/// The components of a directory.
pub(super) fn list(dir: &Path) -> io::Result<BTreeMap<PathBuf, Stamp>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            // One that is gone by now will not be missed.
            files.extend(Stamp::of(&path).ok().map(|stamp| (path, stamp)));
        }
    }
    Ok(files)
}

pub(super) fn load(runtime: &Runtime, path: &Path) -> Result<Arc<Plugin>, LoadError> {
    let limit = runtime.settings().component_bytes;
    let file = File::open(path).map_err(LoadError::Read)?;
    let mut bytes = Vec::new();
    // One byte more than is allowed, so that what is too large is seen to be.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(LoadError::Read)?;
    runtime.load(&bytes)
}

/// Loads several at a time; one result for each path, in their order.
pub(super) fn load_all(runtime: &Runtime, paths: &[PathBuf]) -> Vec<Result<Arc<Plugin>, LoadError>> {
    let next = AtomicUsize::new(0);
    let loaded = Mutex::new(BTreeMap::new());
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(paths.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = paths.get(place) else { break };
                    let result = load(runtime, path);
                    loaded.lock().unwrap_or_else(PoisonError::into_inner).insert(place, result);
                }
            });
        }
    });
    loaded.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

/// Writes a file whole, or not at all.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(dir)?.sync_all()
}
