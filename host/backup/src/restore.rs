//! Making a data directory of a backup.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::create::{PLUGINS, STORE, VERSIONS};
use crate::files::{self, gone};
use crate::verify::{Objects, read_whole};
use crate::{Directory, Error, File, Manifest, Progress, make_directory, new_file, sync_directory};

/// Where files lie in a data directory that is being restored. Where it is there, a restoration was cut short.
pub const RESTORING: &str = "restoring";

/// What may be in a data directory to which a backup is restored: nothing of it is data.
const NO_DATA: [&str; 5] = ["lock", "compiled", "lost+found", "operator", RESTORING];

/// What is put into a data directory before its store.
const PARTS: [&str; 2] = ["scratch", VERSIONS];

/// What became of a backup's plugins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Plugins that were put into their directory.
    pub plugins: Vec<String>,
    /// Plugins of the backup that their directory lacks.
    pub absent: Vec<String>,
    /// Plugins of which their directory has another version, which stays.
    pub other: Vec<String>,
}

impl Directory {
    /// Makes a data directory of a backup: a new one, or one in which no data is, but for the plugins directory where that
    /// lies there. Nothing may have it open. What the plugins directory lacks is put there where the second of `plugins`
    /// says so.
    ///
    /// # Errors
    /// [`Error::Occupied`], [`Error::Damaged`], [`Error::Stopped`], and where files cannot be written.
    pub fn restore(
        &self,
        manifest: &Manifest,
        data_dir: &Path,
        plugins: (&Path, bool),
        progress: &Progress,
    ) -> Result<Restored, Error> {
        restore(self, manifest, data_dir, plugins, progress)
    }
}

/// Makes a data directory of a backup: a new one, or one in which no data is, but for the plugins directory where that
/// lies there. Nothing may have it open. What the plugins directory lacks is put there where `with_plugins` says so.
///
/// The store is put in its place last. A process that is killed before leaves a directory without one, and
/// another restoration begins anew.
///
/// # Errors
/// [`Error::Occupied`], [`Error::Damaged`], [`Error::Stopped`], and where files cannot be written.
pub(crate) fn restore(
    objects: &impl Objects,
    manifest: &Manifest,
    data_dir: &Path,
    (plugins_dir, with_plugins): (&Path, bool),
    progress: &Progress,
) -> Result<Restored, Error> {
    make_directory(data_dir)?;
    // What was put in its place before the store is that of a restoration which was cut short.
    let is_cut_short = data_dir.join(RESTORING).exists() && !data_dir.join(STORE).exists();
    for entry in fs::read_dir(data_dir).map_err(Error::io("list", data_dir))? {
        let entry = entry.map_err(Error::io("list", data_dir))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_cut_short && PARTS.contains(&name.as_str()) {
            fs::remove_dir_all(entry.path()).map_err(Error::io("remove", &entry.path()))?;
        } else if !NO_DATA.contains(&name.as_str()) && entry.path() != plugins_dir {
            return Err(Error::Occupied { path: data_dir.to_owned(), entry: name });
        }
    }
    let restoring = data_dir.join(RESTORING);
    gone(fs::remove_dir_all(&restoring)).map_err(Error::io("remove", &restoring))?;
    make_directory(&restoring)?;
    progress.begin(manifest.files.len(), manifest.bytes());
    let mut folders = vec![restoring.clone()];
    for file in &manifest.files {
        let to = restoring.join(&file.path);
        if let Some(folder) = to.parent().filter(|folder| !folders.iter().any(|known| known == folder)) {
            make_directory(folder)?;
            folders.push(folder.to_owned());
        }
        restore_file(objects, file, &to, progress)?;
        progress.file_done();
    }
    for folder in &folders {
        sync_directory(folder)?;
    }
    let restored = put_plugins(&restoring.join(PLUGINS), plugins_dir, with_plugins)?;
    // The store makes it a data directory.
    let mut parts = entries(&restoring)?;
    parts.sort_by_key(|part| part.ends_with(STORE));
    for part in parts {
        let Some(name) = part.file_name().filter(|name| *name != PLUGINS) else { continue };
        fs::rename(&part, data_dir.join(name)).map_err(Error::io("rename", &part))?;
        sync_directory(data_dir)?;
    }
    gone(fs::remove_dir_all(&restoring)).map_err(Error::io("remove", &restoring))?;
    sync_directory(data_dir)?;
    Ok(restored)
}

pub(crate) fn restore_file(
    objects: &impl Objects,
    file: &File,
    to: &Path,
    progress: &Progress,
) -> Result<(), Error> {
    let object = objects.open_object(file)?;
    let mut out = new_file(to)?;
    read_whole(objects, file, object, Some((&mut out, to)), progress)?;
    out.sync_all().map_err(Error::io("write", to))
}

fn entries(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(path).map_err(Error::io("list", path))?;
    entries.map(|entry| Ok(entry.map_err(Error::io("list", path))?.path())).collect()
}

/// Puts plugins into their directory that are not there. Those that are, stay.
fn put_plugins(from: &Path, plugins_dir: &Path, with_plugins: bool) -> Result<Restored, Error> {
    let mut restored = Restored::default();
    for found in files::find(from)? {
        let (source, to) = (found.source, plugins_dir.join(&found.path));
        let read = |path: &Path| fs::read(path).map_err(Error::io("read", path));
        match fs::metadata(&to) {
            Ok(there) if there.len() == found.bytes && read(&to)? == read(&source)? => {}
            Ok(_) => restored.other.push(found.path),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Error::io("read", &to)(error)),
            Err(_) if with_plugins => {
                make_plugins_directory(plugins_dir)?;
                // A running service sees it whole, or not at all.
                let unfinished = plugins_dir.join(format!(".{}", found.path));
                fs::copy(&source, &unfinished).map_err(Error::io("write", &unfinished))?;
                fs::rename(&unfinished, &to).map_err(Error::io("rename", &unfinished))?;
                restored.plugins.push(found.path);
            }
            Err(_) => restored.absent.push(found.path),
        }
    }
    Ok(restored)
}

/// Others than the service may read plugins.
fn make_plugins_directory(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(Error::io("make directory", path))
}
