//! Reading and copying files.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use limpid_model::{Digest, Hasher};

use crate::manifest::{FILES, Stamp};
use crate::{Error, Progress};

/// Bytes that are read at a time.
pub(crate) const PIECE: usize = 256 << 10;

/// Folders within each other that are looked into.
const DEPTH: usize = 8;

/// A file that is there, and its path below where was looked.
#[derive(Debug)]
pub(crate) struct Found {
    /// Where it is.
    pub(crate) source: PathBuf,
    /// With `/` between its parts.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) stamp: Option<Stamp>,
}

/// All files below a directory, by path. A directory that is not there has none.
pub(crate) fn find(directory: &Path) -> Result<Vec<Found>, Error> {
    let (mut found, mut folders) = (Vec::new(), vec![(directory.to_owned(), String::new(), 0)]);
    while let Some((folder, prefix, depth)) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(Error::io("list", &folder))?,
        };
        for entry in entries {
            let source = entry.map_err(Error::io("list", &folder))?.path();
            // What goes meanwhile is not part of it. Plugins may be links to where they are installed.
            let Some(mut metadata) =
                gone(fs::symlink_metadata(&source)).map_err(Error::io("read", &source))?
            else {
                continue;
            };
            if metadata.is_symlink() {
                match gone(fs::metadata(&source)).map_err(Error::io("read", &source))? {
                    Some(file) if file.is_file() => metadata = file,
                    _ => continue,
                }
            }
            let Some(name) = source.file_name().and_then(|name| name.to_str()) else {
                tracing::warn!("`{}` is not part of the backup: its name is not UTF-8", source.display());
                continue;
            };
            let path = format!("{prefix}{name}");
            if metadata.is_dir() && depth < DEPTH {
                folders.push((source, format!("{path}/"), depth + 1));
            } else if metadata.is_file() {
                if found.len() >= FILES {
                    return Err(Error::TooMany { what: "files", limit: FILES });
                }
                let (bytes, stamp) = (metadata.len(), stamp(&metadata));
                found.push(Found { source, path, bytes, stamp });
            }
        }
    }
    found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// None where there is no such file.
pub(crate) fn gone<T>(done: io::Result<T>) -> io::Result<Option<T>> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn stamp(metadata: &fs::Metadata) -> Option<Stamp> {
    let modified = i128::from(metadata.mtime()).checked_mul(1_000_000_000)?;
    let modified = modified.checked_add(i128::from(metadata.mtime_nsec()))?;
    Some(Stamp { inode: metadata.ino(), device: metadata.dev(), modified })
}

/// Copies a stream, and says how long it was and what its digest is.
pub(crate) fn copy(
    from: (&mut impl Read, &Path),
    to: Option<(&mut fs::File, &Path)>,
    progress: &Progress,
) -> Result<(u64, Digest), Error> {
    let (mut hasher, mut piece, mut bytes) = (Hasher::default(), vec![0; PIECE], 0);
    let mut to = to;
    loop {
        let read = match from.0.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(Error::io("read", from.1))?,
        };
        let Some(content) = piece.get(..read).filter(|content| !content.is_empty()) else { break };
        hasher.update(content);
        if let Some((file, path)) = &mut to {
            file.write_all(content).map_err(Error::io("write", path))?;
        }
        bytes += read as u64;
        progress.advance(read as u64)?;
    }
    Ok((bytes, hasher.finish()))
}

/// Copies a store that nobody has open. Table files never change, and are shared where the file system is the same.
///
/// # Errors
/// Files cannot be read or written.
pub fn copy_closed(store: &Path, to: &Path) -> Result<(), Error> {
    crate::make_directory(to)?;
    for found in find(store)? {
        // Of table files in folders the store knows nothing yet.
        if found.path.contains('/') || found.path == "LOCK" {
            continue;
        }
        let copied = to.join(&found.path);
        let is_fixed = found.path.ends_with(".sst");
        let linked = is_fixed && fs::hard_link(&found.source, &copied).is_ok();
        if !linked {
            fs::copy(&found.source, &copied).map_err(Error::io("copy", &found.source))?;
        }
    }
    Ok(())
}
