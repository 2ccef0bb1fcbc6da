//! The directory in which backups lie.

use std::fs::{self, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use limpid_model::Digest;

use crate::manifest::{BYTES, Manifest};
use crate::{Error, make_directory, new_file, sync_directory};

/// The file that says what the directory is.
pub(crate) const MARKER: &str = "limpid-backups";

/// The version of its layout.
pub(crate) const LAYOUT: u32 = 1;

/// What the names of files begin with that are not written to their end.
pub(crate) const UNFINISHED: &str = "unfinished-";

/// Backups in one directory, at most.
pub(crate) const BACKUPS: usize = 100_000;

/// A directory of backups.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// Held as long as it is worked with.
    _lock: fs::File,
}

/// A backup in a directory, or what is there in place of one.
#[derive(Debug)]
pub struct Listed {
    /// What it is called.
    pub name: String,
    /// What it consists of.
    pub manifest: Result<Manifest, Error>,
}

impl Directory {
    /// The directory at a path, to change it: it is made where it is not there.
    ///
    /// # Errors
    /// [`Error::NotBackups`] where something else is in it, [`Error::InUse`].
    pub fn create(path: &Path) -> Result<Self, Error> {
        make_directory(path)?;
        let marker = path.join(MARKER);
        if !marker.exists() {
            let mut entries = fs::read_dir(path).map_err(Error::io("list", path))?;
            // What was begun before its marker was written is begun again.
            let is_foreign = |entry: &fs::DirEntry| entry.file_name() != "lock" && !is_unfinished(entry);
            if entries.any(|entry| entry.as_ref().map_or(true, is_foreign)) {
                return Err(Error::NotBackups(path.to_owned()));
            }
        }
        let directory = Self::locked(path, Lock::Alone)?;
        if marker.exists() {
            directory.check_layout()?;
        }
        for folder in [directory.objects(), directory.manifests()] {
            make_directory(&folder)?;
        }
        if !marker.exists() {
            directory.write(path, MARKER, format!("{LAYOUT}\n").as_bytes())?;
        }
        Ok(directory)
    }

    /// The directory at a path, to read it.
    ///
    /// # Errors
    /// [`Error::NotBackups`] where it holds none, [`Error::InUse`] where it is being changed.
    pub fn open(path: &Path) -> Result<Self, Error> {
        fs::read_dir(path).map_err(Error::io("list", path))?;
        if !path.join(MARKER).exists() {
            return Err(Error::NotBackups(path.to_owned()));
        }
        let directory = Self::locked(path, Lock::WithOthers)?;
        directory.check_layout()?;
        Ok(directory)
    }

    fn locked(path: &Path, lock: Lock) -> Result<Self, Error> {
        let place = path.join("lock");
        let opened =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&place);
        // Backups may be read from where nothing can be written.
        let opened = match lock {
            Lock::Alone => opened,
            Lock::WithOthers => opened.or_else(|_| fs::File::open(&place)),
        };
        let file = opened.map_err(Error::io("open", &place))?;
        let locked = match lock {
            Lock::Alone => file.try_lock(),
            Lock::WithOthers => file.try_lock_shared(),
        };
        match locked {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: file }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(Error::io("lock", &place)(error)),
        }
    }

    fn check_layout(&self) -> Result<(), Error> {
        let marker = self.path.join(MARKER);
        let mut text = String::new();
        let file = fs::File::open(&marker).map_err(Error::io("open", &marker))?;
        file.take(64).read_to_string(&mut text).map_err(Error::io("read", &marker))?;
        if text.trim() == LAYOUT.to_string() {
            return Ok(());
        }
        let found = text.trim().to_owned();
        Err(Error::LaterLayout { path: self.path.clone(), found, known: LAYOUT })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn objects(&self) -> PathBuf {
        self.path.join("objects")
    }

    pub(crate) fn manifests(&self) -> PathBuf {
        self.path.join("manifests")
    }

    /// Where content of this digest lies.
    pub(crate) fn object(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        let folder: String = hex.chars().take(2).collect();
        self.objects().join(folder).join(hex)
    }

    /// All backups, the oldest first, with those that cannot be read.
    ///
    /// # Errors
    /// The directory cannot be listed.
    pub fn list(&self) -> Result<Vec<Listed>, Error> {
        let names = self.names()?;
        Ok(names.into_iter().map(|name| Listed { manifest: self.read(&name), name }).collect())
    }

    pub(crate) fn names(&self) -> Result<Vec<String>, Error> {
        let path = self.manifests();
        let mut names = Vec::new();
        for entry in fs::read_dir(&path).map_err(Error::io("list", &path))? {
            let entry = entry.map_err(Error::io("list", &path))?;
            if is_unfinished(&entry) {
                continue;
            }
            if names.len() >= BACKUPS {
                return Err(Error::TooMany { what: "backups in one directory", limit: BACKUPS });
            }
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The backup of a name, or the latest that can be read.
    ///
    /// # Errors
    /// [`Error::None`], [`Error::Empty`], [`Error::Manifest`].
    pub fn find(&self, name: Option<&str>) -> Result<Manifest, Error> {
        let Some(name) = name else {
            let latest = self.names()?.into_iter().rev().find_map(|name| self.read(&name).ok());
            return latest.ok_or_else(|| Error::Empty(self.path.clone()));
        };
        if self.names()?.iter().any(|known| known == name) {
            return self.read(name);
        }
        Err(Error::None { path: self.path.clone(), name: name.to_owned() })
    }

    fn read(&self, name: &str) -> Result<Manifest, Error> {
        let path = self.manifests().join(name);
        let file = fs::File::open(&path).map_err(Error::io("open", &path))?;
        let mut bytes = Vec::new();
        file.take(BYTES + 1).read_to_end(&mut bytes).map_err(Error::io("read", &path))?;
        if bytes.len() as u64 > BYTES {
            let why = format!("it is longer than {BYTES} bytes");
            return Err(Error::Manifest { name: name.to_owned(), why });
        }
        Manifest::decode(name, &bytes)
    }

    /// Writes a file whole, or not at all.
    pub(crate) fn write(&self, folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let (unfinished, path) = (folder.join(format!("{UNFINISHED}{name}")), folder.join(name));
        // One that is left was cut short.
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io("remove", &unfinished)(error));
            }
            _ => {}
        }
        let mut file = new_file(&unfinished)?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        written.map_err(Error::io("write", &unfinished))?;
        fs::rename(&unfinished, &path).map_err(Error::io("rename", &unfinished))?;
        sync_directory(folder)
    }
}

/// Whether a file was cut short while it was written.
pub(crate) fn is_unfinished(entry: &fs::DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with(UNFINISHED)
}

enum Lock {
    Alone,
    WithOthers,
}
