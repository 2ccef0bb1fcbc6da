//! Reading a backup without restoring it.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use limpid_model::Submission;
use limpid_store::tables::jobs::Jobs;
use limpid_store::{Checked, Settings, Store};
use tempfile::TempDir;

use crate::create::{STORE, SUBMITTED};
use crate::restore::restore_file;
use crate::{Directory, Error, File, Manifest, Progress, files, make_directory};

/// What was found in a backup.
#[derive(Debug)]
pub struct Verified {
    /// Files that are not what was written, and why.
    pub damaged: Vec<Error>,
    /// What is wrong beside the files.
    pub problems: Vec<String>,
    /// The rows of the store; none where its files are damaged.
    pub store: Option<Checked>,
}

impl Verified {
    /// Whether all of it can be restored.
    pub fn is_whole(&self) -> bool {
        let store = self.store.as_ref().is_some_and(Checked::is_whole);
        self.damaged.is_empty() && self.problems.is_empty() && store
    }
}

/// The files of backups, wherever they are.
pub(crate) trait Objects {
    /// The content of a file.
    ///
    /// # Errors
    /// [`Error::Damaged`] where it is not there, or not as long as it was.
    fn open_object(&self, file: &File) -> Result<impl Read, Error>;

    /// Where it is, for whoever reads of it.
    fn place(&self, file: &File) -> PathBuf;
}

impl Objects for Directory {
    fn open_object(&self, file: &File) -> Result<impl Read, Error> {
        self.open_file(file)
    }

    fn place(&self, file: &File) -> PathBuf {
        self.object(&file.digest)
    }
}

impl Directory {
    /// Reads all files of a backup and all rows of its store. Damage is what it finds, and no error. `tell` is
    /// given the table that is being read, and how many rows were.
    ///
    /// # Errors
    /// Temporary files cannot be had; [`Error::Stopped`].
    pub fn verify(
        &self,
        manifest: &Manifest,
        progress: &Progress,
        tell: &mut dyn FnMut(&'static str, u64) -> bool,
    ) -> Result<Verified, Error> {
        let damaged = verify_files(self, manifest, None, progress)?;
        if !damaged.is_empty() {
            return Ok(Verified { damaged, problems: Vec::new(), store: None });
        }
        verify_store(self.show(manifest)?.path(), manifest, tell)
    }

    pub(crate) fn open_file(&self, file: &File) -> Result<fs::File, Error> {
        let damaged = |why: String| Error::Damaged { file: file.path.clone(), why };
        let path = self.object(&file.digest);
        // A backup is foreign: a link in it would lead to whatever this process may read.
        if fs::symlink_metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(damaged(format!("`{}` is no file", path.display())));
        }
        let object = fs::File::open(&path)
            .map_err(|error| damaged(format!("`{}` cannot be opened: {error}", path.display())))?;
        let length = object.metadata().map_err(Error::io("read", &path))?.len();
        if length != file.bytes {
            return Err(wrong_length(file, length));
        }
        Ok(object)
    }

    /// The files of a backup under the names that they had, in a temporary directory. What never changes is shown
    /// where it is, and all else copied.
    ///
    /// # Errors
    /// The files cannot be had.
    pub fn show(&self, manifest: &Manifest) -> Result<TempDir, Error> {
        let shown = temporary()?;
        for file in &manifest.files {
            let to = shown.path().join(&file.path);
            if let Some(folder) = to.parent() {
                make_directory(folder)?;
            }
            drop(self.open_file(file)?);
            let object = self.object(&file.digest);
            let is_fixed = !file.path.starts_with(STORE) || file.path.ends_with(".sst");
            if is_fixed {
                let object = fs::canonicalize(&object).map_err(Error::io("open", &object))?;
                symlink(&object, &to).map_err(Error::io("link", &object))?;
            } else {
                fs::copy(&object, &to).map_err(Error::io("copy", &object))?;
            }
        }
        Ok(shown)
    }
}

pub(crate) fn wrong_length(file: &File, length: u64) -> Error {
    let why = format!("it has {length} bytes, and had {} when it was written", file.bytes);
    Error::Damaged { file: file.path.clone(), why }
}

pub(crate) fn temporary() -> Result<TempDir, Error> {
    let made = tempfile::Builder::new().prefix("limpid-backup-").tempdir();
    made.map_err(Error::io("make a directory in", &std::env::temp_dir()))
}

/// Reads all files of a backup, and says which are damaged. The files of the store are put into `keep`, under the names
/// that they had, where they cannot be read as they are.
pub(crate) fn verify_files(
    objects: &impl Objects,
    manifest: &Manifest,
    keep: Option<&Path>,
    progress: &Progress,
) -> Result<Vec<Error>, Error> {
    let (mut damaged, mut seen) = (Vec::new(), HashSet::new());
    progress.begin(manifest.files.len(), manifest.bytes());
    for file in &manifest.files {
        let kept = keep.filter(|_| file.path.starts_with(STORE)).map(|keep| keep.join(&file.path));
        let is_new = seen.insert(file.digest);
        if is_new || kept.is_some() {
            match verify_file(objects, file, kept.as_deref(), progress) {
                Err(error @ (Error::Stopped | Error::Bucket { .. })) => return Err(error),
                // What cannot be written says nothing of the backup.
                Err(error @ Error::Io { .. }) if kept.is_some() => return Err(error),
                Err(error) => damaged.push(error),
                Ok(()) => {}
            }
        }
        progress.file_done();
    }
    Ok(damaged)
}

fn verify_file(
    objects: &impl Objects,
    file: &File,
    keep: Option<&Path>,
    progress: &Progress,
) -> Result<(), Error> {
    if let Some(to) = keep {
        if let Some(folder) = to.parent() {
            make_directory(folder)?;
        }
        return restore_file(objects, file, to, progress);
    }
    read_whole(objects, file, objects.open_object(file)?, None, progress)
}

/// Reads the object of a file to its end, into another file where one is given.
///
/// # Errors
/// [`Error::Damaged`] where it is not what it was.
pub(crate) fn read_whole(
    objects: &impl Objects,
    file: &File,
    mut object: impl Read,
    to: Option<(&mut fs::File, &Path)>,
    progress: &Progress,
) -> Result<(), Error> {
    let (bytes, digest) = files::copy((&mut object, &objects.place(file)), to, progress)?;
    if (bytes, digest) == (file.bytes, file.digest) {
        return Ok(());
    }
    Err(Error::wrong_digest(&file.path, &digest))
}

/// Reads all rows of the store of a backup, whose files lie in a directory.
pub(crate) fn verify_store(
    shown: &Path,
    manifest: &Manifest,
    tell: &mut dyn FnMut(&'static str, u64) -> bool,
) -> Result<Verified, Error> {
    let mut verified = Verified { damaged: Vec::new(), problems: Vec::new(), store: None };
    match Store::open_read_only(&shown.join(STORE), &Settings::default()) {
        Err(error) => verified.problems.push(chain(&error)),
        Ok(store) => {
            verified.store = Some(store.check(tell)?);
            verified.problems.extend(lost_archives(&store, manifest)?);
        }
    }
    Ok(verified)
}

/// Archives of submissions that are not done and that the backup does not have.
fn lost_archives(store: &Store, manifest: &Manifest) -> Result<Vec<String>, Error> {
    let files: BTreeMap<_, _> = manifest.files.iter().map(|file| (file.path.as_str(), file.bytes)).collect();
    Ok(unfinished(store)?
        .into_iter()
        .filter_map(|(job, bytes)| {
            let found = files.get(format!("{SUBMITTED}/{job}.archive").as_str());
            (found != Some(&bytes)).then(|| {
                format!(
                    "submission `{job}` is not done, and its archive of {bytes} bytes is not in the backup"
                )
            })
        })
        .collect())
}

/// Archives of submissions that are not done in a data directory, and that are not there.
///
/// # Errors
/// The store cannot be read.
pub fn missing_archives(store: &Store, data_dir: &Path) -> Result<Vec<String>, Error> {
    let archive = |job: u64| data_dir.join(SUBMITTED).join(format!("{job}.archive"));
    let missing = unfinished(store)?.into_iter().filter(|(job, _)| !archive(*job).exists());
    Ok(missing
        .map(|(job, _)| format!("submission `{job}` is not done, and its archive is not there"))
        .collect())
}

fn unfinished(store: &Store) -> Result<Vec<(u64, u64)>, Error> {
    let view = store.view();
    let mut unfinished = Vec::new();
    for row in view.scan::<Jobs>(|_| ()) {
        // One that cannot be read is reported by the check.
        let Ok((id, row)) = row else { continue };
        let job = row.into_job(id);
        if let (false, Submission::Archive { bytes }) = (job.state.is_final(), job.submission) {
            unfinished.push((id, bytes));
        }
    }
    Ok(unfinished)
}

fn chain(error: &limpid_store::Error) -> String {
    limpid_model::chain(error)
}
