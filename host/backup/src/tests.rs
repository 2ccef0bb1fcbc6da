use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use limpid_model::{Digest, Job, JobState, Submission};
use limpid_store::tables::{jobs, layers, manifests};
use limpid_store::{Batch, Settings, Store};
use tempfile::TempDir;

use super::*;

/// A data directory with a store that is open, and a place for backups.
pub(crate) struct World {
    root: TempDir,
    pub(crate) store: Store,
}

impl World {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(&root.path().join("data/store"), &Settings::default()).unwrap();
        let world = Self { root, store };
        fs::create_dir_all(world.path("data/scratch/submitted")).unwrap();
        for (path, content) in [
            ("plugins/a.wasm", "component a"),
            ("plugins/b.wasm", "component b"),
            ("plugins/notes.txt", "no plugin"),
            ("data/plugin-versions/a/1/component.wasm", "an earlier one"),
            ("data/compiled/x", "made again"),
            ("data/operator", "a secret of this run"),
            ("data/scratch/submitted/incoming-xyz", "an upload under way"),
        ] {
            let path = world.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        world
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    /// As packages install plugins.
    fn link_plugin(&self, name: &str, content: &str) {
        fs::write(self.path("installed"), content).unwrap();
        std::os::unix::fs::symlink(self.path("installed"), self.path("plugins").join(name)).unwrap();
    }

    pub(crate) fn sources(&self) -> Sources {
        Sources { data_dir: self.path("data"), plugins_dir: self.path("plugins"), packaged_plugins_dir: None }
    }

    /// Layers, so many that they become a table file of their own.
    pub(crate) fn fill(&self, what: &str) {
        let mut batch = Batch::default();
        for number in 0..100 {
            let digest = Digest::of(format!("{what} {number}").as_bytes());
            let media_type = digest.hex();
            let row = layers::Row {
                digest: None,
                size: 1,
                inflated_size: 1,
                media_type,
                entries: 0,
                kept_bytes: 0,
            };
            batch.put::<layers::Layers>(&digest, &row).unwrap();
        }
        self.store.commit(batch).unwrap();
        self.store.checkpoint(&self.path("flushed")).unwrap();
        fs::remove_dir_all(self.path("flushed")).unwrap();
    }

    pub(crate) fn submit(&self, id: u64, content: &[u8]) {
        let bytes = content.len() as u64;
        fs::write(self.path(&format!("data/scratch/submitted/{id}.archive")), content).unwrap();
        let job = Job {
            id,
            state: JobState::Queued,
            created: 1,
            updated: 1,
            submission: Submission::Archive { bytes },
            with_secrets: false,
            images: Vec::new(),
            layers_read: 0,
            layers_known: 0,
        };
        let mut batch = Batch::default();
        batch.put::<jobs::Jobs>(&id, &(&job).into()).unwrap();
        self.store.commit(batch).unwrap();
    }

    fn back_up(&self, now: u64) -> Made {
        self.try_to_back_up(now, Reuse::Unchanged, &Progress::default()).unwrap()
    }

    fn try_to_back_up(&self, now: u64, reuse: Reuse, progress: &Progress) -> Result<Made, Error> {
        let directory = Directory::create(&self.path("backups"))?;
        let staged = Staged::take(&self.store, &self.sources())?;
        create(&directory, &self.sources(), &staged, (now, "0", reuse), progress)
    }

    fn backups(&self) -> Directory {
        Directory::open(&self.path("backups")).unwrap()
    }

    fn verify(&self) -> Verified {
        let directory = self.backups();
        let manifest = directory.find(None).unwrap();
        directory.verify(&manifest, &Progress::default(), &mut |_, _| true).unwrap()
    }

    fn restore(&self, to: &str) -> Result<Restored, Error> {
        let directory = self.backups();
        let manifest = directory.find(None).unwrap();
        let plugins = self.path("plugins");
        directory.restore(&manifest, &self.path(to), (&plugins, true), &Progress::default())
    }
}

fn all(path: &Path) -> Vec<String> {
    files::find(path).unwrap().into_iter().map(|found| found.path).collect()
}

#[test]
fn what_is_restored_is_what_was_there() {
    let world = World::new();
    world.fill("first");
    world.submit(7, b"an archive");
    world.link_plugin("c.wasm", "component c");
    let made = world.back_up(1_790_000_000_123);
    fs::remove_file(world.path("plugins/c.wasm")).unwrap();
    assert_eq!(made.manifest.name, "20260921T141320.123Z");
    // What comes later is not part of it.
    world.fill("second");
    world.submit(8, b"another");
    let verified = world.verify();
    assert!(verified.is_whole(), "{verified:?}");
    let checked = verified.store.unwrap();
    let rows = |name: &str| checked.tables.iter().find(|table| table.name == name).unwrap().rows;
    assert_eq!((rows("layers"), rows("jobs")), (100, 1));

    fs::remove_file(world.path("plugins/b.wasm")).unwrap();
    fs::write(world.path("plugins/a.wasm"), "a later one").unwrap();
    let restored = world.restore("new").unwrap();
    assert_eq!(
        (restored.plugins, restored.other),
        (vec!["b.wasm".to_owned(), "c.wasm".to_owned()], vec!["a.wasm".to_owned()])
    );
    let others: Vec<_> =
        all(&world.path("new")).into_iter().filter(|path| !path.starts_with("store/")).collect();
    assert_eq!(others, ["plugin-versions/a/1/component.wasm", "scratch/submitted/7.archive"]);
    assert_eq!(fs::read(world.path("new/scratch/submitted/7.archive")).unwrap(), b"an archive");
    let store = Store::open(&world.path("new/store"), &Settings::default()).unwrap();
    let rows = store.view().scan::<layers::Layers>(|_| ()).count();
    assert_eq!(rows, 100);
    assert!(verify::missing_archives(&store, &world.path("new")).unwrap().is_empty());
    assert!(all(&world.path("data")).iter().all(|path| !path.contains("backup-")), "nothing is left behind");
}

#[test]
fn a_second_backup_costs_what_has_changed() {
    let world = World::new();
    world.fill("first");
    let first = world.back_up(1);
    let again = world.back_up(2);
    assert!(again.new_bytes < first.new_bytes, "{again:?}");
    let tables = |made: &Made| {
        let files = made.manifest.files.iter().filter(|file| file.path.ends_with(".sst"));
        files.map(|file| file.digest).collect::<Vec<_>>()
    };
    assert_eq!(tables(&first), tables(&again));
    assert!(!tables(&first).is_empty());
    world.fill("second");
    world.back_up(3);
    assert!(world.verify().is_whole());
    assert_eq!(world.backups().names().unwrap().len(), 3);

    let directory = Directory::create(&world.path("backups")).unwrap();
    let pruned = directory.prune(1).unwrap();
    assert_eq!(pruned.backups.len(), 2);
    assert!(pruned.files > 0 && pruned.bytes > 0, "{pruned:?}");
    drop(directory);
    assert!(world.verify().is_whole(), "what the last one needs stays");
    let used = world.backups().find(None).unwrap().files;
    let used: std::collections::HashSet<_> = used.iter().map(|file| file.digest).collect();
    assert_eq!(all(&world.path("backups/objects")).len(), used.len());
}

#[test]
fn one_that_is_cut_short_is_none_and_what_was_written_is_used() {
    let world = World::new();
    world.fill("first");
    let progress = Progress::default();
    progress.stop();
    let cut = world.try_to_back_up(1, Reuse::Unchanged, &progress);
    assert!(matches!(cut, Err(Error::Stopped)), "{cut:?}");
    assert!(matches!(world.backups().find(None), Err(Error::Empty(_))));
    // As a process leaves it that is killed while it writes.
    fs::write(world.path("backups/manifests/unfinished-x"), b"half").unwrap();
    fs::write(world.path("backups/objects/unfinished-object"), b"half").unwrap();
    world.back_up(2);
    assert_eq!(world.backups().names().unwrap().len(), 1);
    assert!(world.verify().is_whole());
}

#[test]
fn damage_is_found_and_not_restored_and_a_whole_new_backup_heals_it() {
    let world = World::new();
    world.fill("first");
    let made = world.back_up(1);
    let table = made.manifest.files.iter().find(|file| file.path.ends_with(".sst")).unwrap();
    let object = world.backups().object(&table.digest);
    let mut bytes = fs::read(&object).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&object, &bytes).unwrap();
    let verified = world.verify();
    assert!(!verified.is_whole() && verified.store.is_none());
    assert!(verified.damaged[0].to_string().contains(&table.path), "{:?}", verified.damaged);
    assert!(matches!(world.restore("new"), Err(Error::Damaged { .. })));
    assert!(!world.path("new/store").exists(), "no half of a store is taken for one");

    world.back_up(2);
    assert!(!world.verify().is_whole(), "a table file that never changes is not read again");
    world.try_to_back_up(3, Reuse::Nothing, &Progress::default()).unwrap();
    assert!(world.verify().is_whole());
    // What was begun is begun anew.
    world.restore("new").unwrap();
    assert!(!world.path("new").join(RESTORING).exists());

    bytes.pop();
    fs::write(&object, &bytes).unwrap();
    assert!(world.verify().damaged[0].to_string().contains(&format!("it has {} bytes", bytes.len())));
    fs::remove_file(&object).unwrap();
    assert!(world.verify().damaged[0].to_string().contains("cannot be opened"));
}

#[test]
fn rows_that_cannot_be_read_and_archives_that_are_lost_are_found() {
    let world = World::new();
    let mut batch = Batch::default();
    let digest = Digest::of(b"m");
    batch.put::<manifests::Manifests>(&digest, &manifests::Row::of(digest.into())).unwrap();
    world.store.commit(batch).unwrap();
    world.submit(7, b"an archive");
    fs::remove_file(world.path("data/scratch/submitted/7.archive")).unwrap();
    world.back_up(1);
    let verified = world.verify();
    assert_eq!(verified.store.as_ref().unwrap().problem_count, 1);
    assert!(verified.problems[0].contains("submission `7`"), "{:?}", verified.problems);
    assert!(!verified.is_whole());
}

#[test]
fn nothing_is_restored_to_where_something_is() {
    let world = World::new();
    world.back_up(1);
    let refused = world.restore("data").unwrap_err();
    assert!(matches!(refused, Error::Occupied { .. }), "{refused}");
    fs::create_dir(world.path("new")).unwrap();
    fs::write(world.path("new/lock"), "").unwrap();
    world.restore("new").unwrap();
    assert!(matches!(world.restore("new"), Err(Error::Occupied { .. })));
}

#[test]
fn a_directory_with_anything_else_in_it_is_left_alone() {
    let world = World::new();
    let refused = Directory::create(&world.path("plugins"));
    assert!(matches!(refused, Err(Error::NotBackups(_))));
    assert!(matches!(Directory::open(&world.path("plugins")), Err(Error::NotBackups(_))));
    assert!(matches!(Directory::open(&world.path("none")), Err(Error::Io { .. })));
    world.back_up(1);
    fs::write(world.path("backups/limpid-backups"), "2\n").unwrap();
    assert!(matches!(Directory::open(&world.path("backups")), Err(Error::LaterLayout { .. })));
}

#[test]
fn one_changes_a_directory_while_nobody_reads_it() {
    let world = World::new();
    world.back_up(1);
    let (reading, beside) = (world.backups(), world.backups());
    assert!(matches!(Directory::create(&world.path("backups")), Err(Error::InUse(_))));
    drop((reading, beside));
    let _changing = Directory::create(&world.path("backups")).unwrap();
    assert!(matches!(Directory::open(&world.path("backups")), Err(Error::InUse(_))));
}

#[test]
fn only_the_owner_reads_what_is_written() {
    let world = World::new();
    world.fill("first");
    world.submit(7, b"an archive");
    world.back_up(1);
    world.restore("new").unwrap();
    fn modes(path: &Path) {
        for entry in fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            let expected = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode, expected, "{}", path.display());
            if path.is_dir() {
                modes(&path);
            }
        }
    }
    modes(&world.path("backups"));
    modes(&world.path("new"));
}

#[test]
fn an_unreadable_manifest_is_listed_as_such_and_nothing_is_removed() {
    let world = World::new();
    world.back_up(1);
    let second = world.back_up(2).manifest.name;
    fs::write(world.path("backups/manifests").join(&second), "nonsense").unwrap();
    let listed = world.backups().list().unwrap();
    assert_eq!(listed.iter().map(|it| it.manifest.is_ok()).collect::<Vec<_>>(), [true, false]);
    assert_ne!(world.backups().find(None).unwrap().name, second, "the latest that can be read");
    assert!(matches!(world.backups().find(Some(&second)), Err(Error::Manifest { .. })));
    assert!(matches!(world.backups().find(Some("x")), Err(Error::None { .. })));
    let directory = Directory::create(&world.path("backups")).unwrap();
    assert!(matches!(directory.prune(1), Err(Error::Manifest { .. })));
    assert_eq!(directory.names().unwrap().len(), 2);
}
