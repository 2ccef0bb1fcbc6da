use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::num::NonZero;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use limpid_model::{Digest, PluginId, Role};
use tempfile::NamedTempFile;

use super::LeftOut;
use crate::allow::SIGNATURE_BYTES;
use crate::{LoadError, Plugin, Runtime, contract, metadata};

/// By what a component and the signature beside it are seen to have changed: written in place, or
/// replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    component: FileStamp,
    signature: Option<FileStamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileStamp {
    modified: (i64, i64),
    length: u64,
    inode: u64,
}

impl Stamp {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { component: FileStamp::of(path)?, signature: FileStamp::of(&signature_path(path)).ok() })
    }
}

impl FileStamp {
    fn of(path: &Path) -> io::Result<Self> {
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

/// What came of a file: a plugin, or its identity where nobody needs what it does.
pub(super) enum Loaded {
    Plugin(Arc<Plugin>),
    LeftOut(LeftOut),
}

pub(super) fn load(runtime: &Runtime, path: &Path, wanted: &[Role]) -> Result<Loaded, LoadError> {
    let component = read_some(path, runtime.settings().component_bytes).map_err(LoadError::Read)?;
    let roles = contract::roles(&component);
    if !roles.is_empty()
        && !roles.iter().any(|role| wanted.contains(role))
        && let Ok(identity) = metadata::read(&component)
    {
        let digest = Digest::of(&component);
        let id = PluginId { name: identity.name, version: identity.version, digest };
        return Ok(Loaded::LeftOut(LeftOut { id, roles }));
    }
    let signature = read_signature(path).map_err(LoadError::Read)?;
    runtime.load_signed(&component, signature.as_deref()).map(Loaded::Plugin)
}

/// Reads one byte more than is allowed, so that what is too large is seen to be.
fn read_some(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Where the signature of a component lies: `NAME.wasm.sig`.
fn signature_path(component: &Path) -> PathBuf {
    let mut name = component.as_os_str().to_owned();
    name.push(".sig");
    PathBuf::from(name)
}

/// The signature beside a component, where there is one; what is no text is no good signature
/// either.
pub(super) fn read_signature(component: &Path) -> io::Result<Option<String>> {
    match read_some(&signature_path(component), SIGNATURE_BYTES as u64) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Loads several at a time; one result for each path, in their order.
pub(super) fn load_all(
    runtime: &Runtime,
    paths: &[PathBuf],
    wanted: &[Role],
) -> Vec<Result<Loaded, LoadError>> {
    let next = AtomicUsize::new(0);
    let loaded = Mutex::new(BTreeMap::new());
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(paths.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = paths.get(place) else { break };
                    let result = load(runtime, path, wanted);
                    loaded.lock().unwrap_or_else(PoisonError::into_inner).insert(place, result);
                }
            });
        }
    });
    loaded.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

/// Writes a component and the signature beside it, each whole or not at all. What may fail for
/// want of room is done before either is seen; the signature is there before the component is.
pub(super) fn write(path: &Path, component: &[u8], signature: Option<&str>) -> io::Result<()> {
    let component = stage(path, component)?;
    match signature {
        Some(signature) => write_signature(path, signature)?,
        None => remove_signature(path)?,
    }
    component.persist(path).map_err(|error| error.error)?;
    File::open(folder(path))?.sync_all()
}

/// Writes the signature beside a component.
pub(super) fn write_signature(component: &Path, signature: &str) -> io::Result<()> {
    let path = signature_path(component);
    stage(&path, signature.as_bytes())?.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Removes a component and the signature beside it.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)?;
    remove_signature(path)
}

fn remove_signature(component: &Path) -> io::Result<()> {
    match fs::remove_file(signature_path(component)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What a file begins with that is to take the place of another.
const STAGED: &str = ".limpid-staged-";

/// Removes what a process left that was killed while it wrote.
pub(super) fn remove_staged(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(STAGED.as_bytes()) {
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// A file in the folder of another whose place it is to take.
fn stage(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(STAGED).tempfile_in(folder(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}
