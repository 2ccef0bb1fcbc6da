//! Reading a backup without restoring it.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use limpid_model::Submission;
use limpid_store::tables::jobs::Jobs;
use limpid_store::{Checked, Settings, Store};
use tempfile::TempDir;

use crate::create::{STORE, SUBMITTED};
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
        let mut verified = Verified { damaged: Vec::new(), problems: Vec::new(), store: None };
        progress.begin(manifest.files.len(), manifest.bytes());
        let mut seen = HashSet::new();
        for file in &manifest.files {
            if seen.insert(file.digest) {
                match self.verify_file(file, progress) {
                    Err(Error::Stopped) => return Err(Error::Stopped),
                    Err(error) => verified.damaged.push(error),
                    Ok(()) => {}
                }
            }
            progress.file_done();
        }
        if !verified.damaged.is_empty() {
            return Ok(verified);
        }
        let shown = self.show(manifest)?;
        match Store::open_read_only(&shown.path().join(STORE), &Settings::default()) {
            Err(error) => verified.problems.push(chain(&error)),
            Ok(store) => {
                verified.store = Some(store.check(tell)?);
                verified.problems.extend(lost_archives(&store, manifest)?);
            }
        }
        Ok(verified)
    }

    fn verify_file(&self, file: &File, progress: &Progress) -> Result<(), Error> {
        let mut object = self.open_object(file)?;
        let (bytes, digest) = files::copy((&mut object, &self.object(&file.digest)), None, progress)?;
        if (bytes, digest) == (file.bytes, file.digest) {
            return Ok(());
        }
        Err(Error::wrong_digest(&file.path, &digest))
    }

    pub(crate) fn open_object(&self, file: &File) -> Result<fs::File, Error> {
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
            return Err(damaged(format!(
                "it has {length} bytes, and had {} when it was written",
                file.bytes
            )));
        }
        Ok(object)
    }

    /// The files of a backup under the names that they had, in a temporary directory. What never changes is shown
    /// where it is, and all else copied.
    ///
    /// # Errors
    /// The files cannot be had.
    pub fn show(&self, manifest: &Manifest) -> Result<TempDir, Error> {
        let parent = std::env::temp_dir();
        let shown = tempfile::Builder::new().prefix("limpid-backup-").tempdir();
        let shown = shown.map_err(Error::io("make a directory in", &parent))?;
        for file in &manifest.files {
            let to = shown.path().join(&file.path);
            if let Some(folder) = to.parent() {
                make_directory(folder)?;
            }
            drop(self.open_object(file)?);
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
