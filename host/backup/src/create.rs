//! Making a backup.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use limpid_model::Digest;
use limpid_store::Store;
use tempfile::TempDir;

use crate::directory::{UNFINISHED, is_unfinished};
use crate::files::{self, Found, gone};
use crate::manifest::Stamp;
use crate::{Directory, Error, File, Manifest, Progress, make_directory, sync_directory};

/// What the names of directories begin with in which is held what is being backed up.
const STAGED: &str = "backup-";

/// Where the store lies, in a data directory and in a backup.
pub(crate) const STORE: &str = "store";

/// Where archives of submissions lie that are not done.
pub(crate) const SUBMITTED: &str = "scratch/submitted";

/// Where earlier versions of plugins lie.
pub(crate) const VERSIONS: &str = "plugin-versions";

/// Where plugins lie: in a backup alone, because their directory is another one.
pub(crate) const PLUGINS: &str = "plugins";

/// Whether the name of a file in the plugins directory is that of a plugin, or of the signature of one.
pub(crate) fn is_plugin(name: &str) -> bool {
    !name.contains('/') && [".wasm", ".sig"].iter().any(|end| name.ends_with(end))
}

/// What a backup is made of.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The data directory.
    pub data_dir: PathBuf,
    /// The directory of the plugins.
    pub plugins_dir: PathBuf,
    /// Where a package has its plugins, to which links in the directory of the plugins lead: they are the package's.
    pub packaged_plugins_dir: Option<PathBuf>,
}

impl Sources {
    fn scratch(&self) -> PathBuf {
        self.data_dir.join("scratch")
    }
}

/// Whether files that never change are read again that an earlier backup has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// They are taken as they are in the earlier one.
    Unchanged,
    /// All files are read and written: what is damaged in earlier backups is replaced.
    Nothing,
}

/// The store and archives as they were at one moment, held until they are copied. Those of the same file system
/// take no room.
#[derive(Debug)]
pub struct Staged(TempDir);

impl Staged {
    /// Holds what is there at this moment. No archive of a submission may be removed meanwhile: one that the
    /// store knows as not done has to be part of it.
    ///
    /// # Errors
    /// The store gives no copy, or files cannot be linked and copied.
    pub fn take(store: &Store, sources: &Sources) -> Result<Self, Error> {
        let scratch = sources.scratch();
        make_directory(&scratch)?;
        let staged = tempfile::Builder::new().prefix(STAGED).tempdir_in(&scratch);
        let staged = Self(staged.map_err(Error::io("make a directory in", &scratch))?);
        store.checkpoint(&staged.store())?;
        let submitted = staged.submitted();
        make_directory(&submitted)?;
        for found in files::find(&sources.data_dir.join(SUBMITTED))? {
            // Others are uploads that are under way.
            if found.path.ends_with(".archive") {
                link(&found.source, &submitted.join(&found.path))?;
            }
        }
        Ok(staged)
    }

    /// Removes what a process has left that was killed meanwhile.
    pub fn remove_left(data_dir: &Path) {
        let scratch = data_dir.join("scratch");
        for entry in fs::read_dir(&scratch).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(STAGED)
                && let Err(error) = fs::remove_dir_all(entry.path())
            {
                tracing::warn!(%error, "`{}` cannot be removed", entry.path().display());
            }
        }
    }

    fn store(&self) -> PathBuf {
        self.0.path().join("store")
    }

    fn submitted(&self) -> PathBuf {
        self.0.path().join("submitted")
    }
}

/// Gives a file another name, or copies it where the file system has no such thing.
fn link(from: &Path, to: &Path) -> Result<(), Error> {
    let linked = fs::hard_link(from, to).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Err(error),
        _ => fs::copy(from, to).map(|_| ()),
    });
    gone(linked).map(|_| ()).map_err(Error::io("copy", from))
}

/// A backup that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The backup.
    pub manifest: Manifest,
    /// How many files no earlier backup had.
    pub new_files: u64,
    /// How long they are together, in bytes.
    pub new_bytes: u64,
}

/// Makes a backup of what is held. `now` is in milliseconds since 1970, `version` that of Limpid.
///
/// # Errors
/// Files cannot be read or written; [`Error::Stopped`]. Then there is no backup.
pub fn create(
    directory: &Directory,
    sources: &Sources,
    staged: &Staged,
    (now, version, reuse): (u64, &str, Reuse),
    progress: &Progress,
) -> Result<Made, Error> {
    let found = all(sources, staged)?;
    progress.begin(found.len(), found.iter().fold(0, |sum, (found, _)| sum.saturating_add(found.bytes)));
    let mut adding = Adding::begin(directory, reuse)?;
    let mut files = Vec::with_capacity(found.len());
    for (found, path) in found {
        files.extend(adding.add(&found, path, progress)?);
        progress.file_done();
    }
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    adding.sync()?;
    let (name, created) = free_name(directory.names()?, now);
    let manifest = Manifest { name, created, limpid: version.to_owned(), files };
    directory.write(&directory.manifests(), &manifest.name, &manifest.encode()?)?;
    let Adding { new_files, new_bytes, .. } = adding;
    Ok(Made { manifest, new_files, new_bytes })
}

/// All files, each with its path in the backup.
pub(crate) fn all(sources: &Sources, staged: &Staged) -> Result<Vec<(Found, String)>, Error> {
    let is_packaged = |found: &Found| {
        let package = sources.packaged_plugins_dir.as_deref();
        fs::read_link(&found.source)
            .is_ok_and(|target| package.is_some_and(|package| target.starts_with(package)))
    };
    let is_own_plugin = |found: &Found| is_plugin(&found.path) && !is_packaged(found);
    let mut all = Vec::new();
    for (tree, from) in [
        (STORE, staged.store()),
        (SUBMITTED, staged.submitted()),
        (VERSIONS, sources.data_dir.join(VERSIONS)),
        (PLUGINS, sources.plugins_dir.clone()),
    ] {
        let found = files::find(&from)?.into_iter().filter(|found| tree != PLUGINS || is_own_plugin(found));
        all.extend(found.map(|found| {
            let path = format!("{tree}/{}", found.path);
            (found, path)
        }));
    }
    Ok(all)
}

/// When a backup is made is what it is called, to a millisecond.
pub(crate) fn free_name(taken: Vec<String>, now: u64) -> (String, u64) {
    let taken: HashSet<_> = taken.into_iter().collect();
    let mut at = now;
    loop {
        let time = i64::try_from(at).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
        let name = time.unwrap_or_default().strftime("%Y%m%dT%H%M%S.%3fZ").to_string();
        if !taken.contains(&name) {
            return (name, at);
        }
        at = at.saturating_add(1);
    }
}

/// Files of the latest backup that never change, by path: what is the same still is not read again.
#[derive(Default)]
pub(crate) struct Earlier(HashMap<String, File>);

impl Earlier {
    pub(crate) fn of(files: Vec<File>) -> Self {
        let fixed = files.into_iter().filter(|file| file.stamp.is_some());
        Self(fixed.map(|file| (file.path.clone(), file)).collect())
    }

    /// The file as the latest backup has it, where it is the same and its object is there.
    pub(crate) fn same(
        &self,
        found: &Found,
        path: &str,
        has: impl FnOnce(&Digest, u64) -> bool,
    ) -> Option<File> {
        let (earlier, stamp) = (self.0.get(path)?, stamp(found, path)?);
        let is_same = (earlier.stamp, earlier.bytes) == (Some(stamp), found.bytes);
        (is_same && has(&earlier.digest, earlier.bytes)).then(|| earlier.clone())
    }
}

/// What tells whether a file has changed. Only of table files, which are written once: what else changes is small.
pub(crate) fn stamp(found: &Found, path: &str) -> Option<Stamp> {
    found.stamp.filter(|_| path.starts_with(STORE) && path.ends_with(".sst"))
}

/// The objects of a backup that is being made.
struct Adding<'d> {
    directory: &'d Directory,
    earlier: Earlier,
    /// Folders in which something is new.
    changed: HashSet<PathBuf>,
    new_files: u64,
    new_bytes: u64,
}

impl<'d> Adding<'d> {
    fn begin(directory: &'d Directory, reuse: Reuse) -> Result<Self, Error> {
        let objects = directory.objects();
        for entry in fs::read_dir(&objects).map_err(Error::io("list", &objects))?.flatten() {
            if is_unfinished(&entry) {
                fs::remove_file(entry.path()).map_err(Error::io("remove", &entry.path()))?;
            }
        }
        let latest = match reuse {
            Reuse::Unchanged => directory.find(None).ok(),
            Reuse::Nothing => None,
        };
        let earlier = latest.map(|latest| Earlier::of(latest.files)).unwrap_or_default();
        Ok(Self { directory, earlier, changed: HashSet::new(), new_files: 0, new_bytes: 0 })
    }

    /// None where the file is not there any more.
    fn add(&mut self, found: &Found, path: String, progress: &Progress) -> Result<Option<File>, Error> {
        if let Some(same) = self.earlier.same(found, &path, |digest, bytes| self.has(digest, bytes)) {
            progress.advance(found.bytes)?;
            return Ok(Some(same));
        }
        let opened = gone(fs::File::open(&found.source)).map_err(Error::io("open", &found.source))?;
        let Some(mut source) = opened else { return Ok(None) };
        let unfinished = self.directory.objects().join(format!("{UNFINISHED}object"));
        let mut to = fs::OpenOptions::new();
        let to = to.write(true).create(true).truncate(true).mode(0o600).open(&unfinished);
        let mut to = to.map_err(Error::io("make", &unfinished))?;
        let (bytes, digest) =
            files::copy((&mut source, &found.source), Some((&mut to, &unfinished)), progress)?;
        let is_new = !self.has(&digest, bytes);
        to.sync_all().map_err(Error::io("write", &unfinished))?;
        let object = self.directory.object(&digest);
        if let Some(folder) = object.parent() {
            make_directory(folder)?;
            self.changed.insert(folder.to_owned());
        }
        // What was there under this name may be damaged.
        fs::rename(&unfinished, &object).map_err(Error::io("rename", &unfinished))?;
        if is_new {
            self.new_files += 1;
            self.new_bytes += bytes;
        }
        Ok(Some(File { stamp: stamp(found, &path), path, bytes, digest }))
    }

    fn has(&self, digest: &Digest, bytes: u64) -> bool {
        fs::metadata(self.directory.object(digest)).is_ok_and(|object| object.len() == bytes)
    }

    fn sync(&self) -> Result<(), Error> {
        for folder in &self.changed {
            sync_directory(folder)?;
        }
        sync_directory(&self.directory.objects())
    }
}
