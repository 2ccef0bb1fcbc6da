//! Backups that a running service makes of its data directory.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use limpid_backup::{Bucket, BucketAccess, Directory, Made, Progress, Reuse, Sources, Staged};
use limpid_model::{BackupEnd, BackupRun, chain};

use crate::{Error, Scanner};

/// Backups that are remembered after they have ended.
const REMEMBERED: usize = 16;

/// What a service makes backups of, and where.
#[derive(Clone, Debug)]
pub struct BackupSettings {
    /// The data directory, and that of the plugins.
    pub sources: Sources,
    /// The directory of backups, or the address of a bucket (`backup.directory`).
    pub directory: Option<PathBuf>,
    /// Where buckets are, and what lets into them (`backup.s3_*`).
    pub access: BucketAccess,
}

/// Where a backup may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To any directory that this process may write to: for those who may read the data directory anyway.
    Anywhere,
    /// To the directory of the settings, or below.
    Directory,
}

/// Makes backups, one at a time, until it is dropped.
pub struct Backups {
    scanner: Scanner,
    settings: BackupSettings,
    runs: Arc<Mutex<Runs>>,
}

#[derive(Default)]
struct Runs {
    last: u64,
    /// The latest last.
    known: VecDeque<(BackupRun, Arc<Progress>)>,
    thread: Option<JoinHandle<()>>,
}

impl Backups {
    /// Makes none yet. Removes what one has left during which the process was killed.
    pub fn start(scanner: Scanner, settings: BackupSettings) -> Self {
        Staged::remove_left(&settings.sources.data_dir);
        Self { scanner, settings, runs: Arc::default() }
    }

    /// Begins one, in the directory of the settings where none is named.
    ///
    /// # Errors
    /// [`Error::BackupUnderWay`], and [`Error::BackupPlace`] where it may not go there.
    pub fn begin(&self, to: Option<&Path>, reach: Reach, reuse: Reuse) -> Result<BackupRun, Error> {
        let to = self.place(to, reach)?;
        let mut runs = lock(&self.runs);
        if runs.known.back().is_some_and(|(run, _)| run.ended.is_none()) {
            return Err(Error::BackupUnderWay);
        }
        // It has ended, or is about to.
        if let Some(thread) = runs.thread.take() {
            let _ = thread.join();
        }
        runs.last += 1;
        let (id, progress) = (runs.last, Arc::<Progress>::default());
        let (scanner, settings) = (self.scanner.clone(), self.settings.clone());
        let run = BackupRun {
            id,
            to: to.display().to_string(),
            began: scanner.settings().clock.now(),
            files: 0,
            files_done: 0,
            bytes: 0,
            bytes_done: 0,
            ended: None,
        };
        let work = {
            let (all, progress) = (Arc::clone(&self.runs), Arc::clone(&progress));
            move || {
                // Somebody waits for it, and what runs only when a processor is idle may never end.
                let made =
                    catch_unwind(AssertUnwindSafe(|| make(&scanner, &settings, &to, reuse, &progress)));
                let made =
                    made.unwrap_or_else(|_| Err(Error::bug("the backup ended by a mistake in this program")));
                let ended = ended(id, made);
                let mut runs = lock(&all);
                if let Some((run, _)) = runs.known.iter_mut().find(|(run, _)| run.id == id) {
                    run.ended = Some(ended);
                }
            }
        };
        let thread = std::thread::Builder::new().name("backup".to_owned()).spawn(work);
        runs.thread = Some(thread.map_err(Error::no_thread)?);
        runs.known.push_back((run.clone(), progress));
        let too_many = runs.known.len().saturating_sub(REMEMBERED);
        runs.known.drain(..too_many);
        Ok(run)
    }

    /// A backup that was begun, and how far it is.
    ///
    /// # Errors
    /// [`Error::NoBackup`].
    pub fn run(&self, id: u64) -> Result<BackupRun, Error> {
        let runs = lock(&self.runs);
        let (run, progress) = runs.known.iter().find(|(run, _)| run.id == id).ok_or(Error::NoBackup(id))?;
        let (files, files_done) = (progress.files(), progress.files_done());
        let (bytes, bytes_done) = (progress.bytes(), progress.bytes_done());
        Ok(BackupRun { files, files_done, bytes, bytes_done, ..run.clone() })
    }

    fn place(&self, to: Option<&Path>, reach: Reach) -> Result<PathBuf, Error> {
        let directory = self.settings.directory.as_deref();
        let refused = |why: String| Err(Error::BackupPlace(why));
        let to = match (to, directory) {
            (Some(to), _) if limpid_backup::address_of(to).is_some() => to.to_owned(),
            (Some(to), Some(directory)) => directory.join(to),
            (Some(to), None) => to.to_owned(),
            (None, Some(directory)) => directory.to_owned(),
            (None, None) => {
                return refused(
                    "no directory is named, and setting `backup.directory` names none".to_owned(),
                );
            }
        };
        let is_bucket = limpid_backup::address_of(&to).is_some();
        let is_whole = is_bucket || to.is_absolute();
        if !is_whole || to.components().any(|part| part == Component::ParentDir) {
            return refused(format!("`{}` is not a whole path without `..`", to.display()));
        }
        if to.starts_with(&self.settings.sources.data_dir) {
            return refused(format!("`{}` is in the data directory itself", to.display()));
        }
        let is_within = directory.is_some_and(|directory| to.starts_with(directory));
        if reach == Reach::Directory && !is_within {
            return refused(format!(
                "`{}` is not in the directory of setting `backup.directory`, and only commands on the machine of \
                 the service may write elsewhere",
                to.display()
            ));
        }
        Ok(to)
    }
}

impl Drop for Backups {
    /// One that is under way ends, and is none.
    fn drop(&mut self) {
        let mut runs = lock(&self.runs);
        runs.known.iter().for_each(|(_, progress)| progress.stop());
        let thread = runs.thread.take();
        drop(runs);
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Backups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Backups")
    }
}

fn lock(runs: &Mutex<Runs>) -> MutexGuard<'_, Runs> {
    runs.lock().unwrap_or_else(PoisonError::into_inner)
}

fn make(
    scanner: &Scanner,
    settings: &BackupSettings,
    to: &Path,
    reuse: Reuse,
    progress: &Progress,
) -> Result<Made, Error> {
    let sources = &settings.sources;
    let how = |scanner: &Scanner| (scanner.settings().clock.now(), env!("CARGO_PKG_VERSION"), reuse);
    if let Some(address) = limpid_backup::address_of(to) {
        let bucket = Bucket::new(address, &settings.access)?;
        let staged = stage(scanner, sources)?;
        return Ok(bucket.create(sources, &staged, how(scanner), progress)?);
    }
    let directory = Directory::create(to)?;
    let staged = stage(scanner, sources)?;
    Ok(limpid_backup::create(&directory, sources, &staged, how(scanner), progress)?)
}

fn stage(scanner: &Scanner, sources: &Sources) -> Result<Staged, Error> {
    // An archive is removed after its job is known to be done: none that the copy knows as not done may go
    // before it is part of the backup.
    let held = scanner.archives().write();
    let staged = Staged::take(scanner.store(), sources)?;
    drop(held);
    Ok(staged)
}

fn ended(id: u64, made: Result<Made, Error>) -> BackupEnd {
    match made {
        Ok(Made { manifest, new_files, new_bytes }) => {
            let (name, files) = (manifest.name, manifest.files.len());
            tracing::info!(
                backup = id,
                files,
                new_files,
                new_bytes,
                "backup `{name}` of {files} files is made, of which {new_files} are new"
            );
            BackupEnd::Made { name, new_files, new_bytes }
        }
        Err(error) => {
            let why = chain(&error);
            tracing::error!(backup = id, "backup {id} failed: {why}");
            BackupEnd::Failed { why }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use limpid_store::{Settings as StoreSettings, Store};

    use super::*;
    use crate::test_support::scanner_with;

    fn backups(root: &Path, directory: Option<PathBuf>) -> (Backups, tempfile::TempDir) {
        let data_dir = root.join("data");
        let store = Store::open(&data_dir.join("store"), &StoreSettings::default()).unwrap();
        let (scanner, scratch) = scanner_with(store, |_| ());
        let sources = Sources { data_dir, plugins_dir: root.join("plugins"), packaged_plugins_dir: None };
        (
            Backups::start(scanner, BackupSettings { sources, directory, access: BucketAccess::default() }),
            scratch,
        )
    }

    fn until_ended(backups: &Backups, id: u64) -> BackupEnd {
        let began = Instant::now();
        loop {
            if let Some(ended) = backups.run(id).unwrap().ended {
                return ended;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "the backup does not end");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_backup_is_made_beside_what_runs_and_says_how_it_went() {
        let root = tempfile::tempdir().unwrap();
        let (backups, _scratch) = backups(root.path(), None);
        let to = root.path().join("backups");
        let run = backups.begin(Some(&to), Reach::Anywhere, Reuse::Unchanged).unwrap();
        let ended = until_ended(&backups, run.id);
        let BackupEnd::Made { name, new_files, .. } = ended else { panic!("{ended:?}") };
        let manifest = Directory::open(&to).unwrap().find(Some(&name)).unwrap();
        assert!(new_files > 0 && !manifest.files.is_empty());
        let state = backups.run(run.id).unwrap();
        assert_eq!((state.files, state.files_done), (manifest.files.len() as u64, state.files));
        assert!(matches!(backups.run(9), Err(Error::NoBackup(9))));

        let taken = root.path().join("data/..").join("plugins");
        assert!(backups.begin(Some(&taken), Reach::Anywhere, Reuse::Unchanged).is_err());
        std::fs::create_dir(root.path().join("plugins")).unwrap();
        std::fs::write(root.path().join("plugins/x"), "").unwrap();
        let run = backups.begin(Some(&root.path().join("plugins")), Reach::Anywhere, Reuse::Nothing).unwrap();
        let BackupEnd::Failed { why } = until_ended(&backups, run.id) else { panic!() };
        assert!(why.contains("holds no backups"), "{why}");
    }

    #[test]
    fn who_only_has_a_token_writes_to_the_directory_of_the_settings() {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join("backups");
        let (backups, _scratch) = backups(root.path(), Some(own.clone()));
        let place = |to: Option<&str>, reach| backups.place(to.map(Path::new), reach);
        assert_eq!(place(None, Reach::Directory).unwrap(), own);
        assert_eq!(place(Some("weekly"), Reach::Directory).unwrap(), own.join("weekly"));
        for (to, reach, expected) in [
            ("/elsewhere", Reach::Directory, "`backup.directory`"),
            ("../x", Reach::Directory, "without `..`"),
            (root.path().join("data/x").to_str().unwrap(), Reach::Anywhere, "data directory itself"),
        ] {
            let error = place(Some(to), reach).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert_eq!(place(Some("/elsewhere"), Reach::Anywhere).unwrap(), Path::new("/elsewhere"));
        let bucket = "s3://bucket/elsewhere";
        assert!(
            place(Some(bucket), Reach::Directory).unwrap_err().to_string().contains("`backup.directory`")
        );
        assert_eq!(place(Some(bucket), Reach::Anywhere).unwrap(), Path::new(bucket));
        let (backups, _scratch) = self::backups(&root.path().join("b"), Some("s3://bucket/daily".into()));
        let place = |to: Option<&str>, reach| backups.place(to.map(Path::new), reach);
        assert_eq!(place(None, Reach::Directory).unwrap(), Path::new("s3://bucket/daily"));
        assert_eq!(place(Some("weekly"), Reach::Directory).unwrap(), Path::new("s3://bucket/daily/weekly"));
        assert!(place(Some("s3://bucket/dailyx"), Reach::Directory).is_err());
        assert!(place(Some(bucket), Reach::Directory).is_err());
    }
}
