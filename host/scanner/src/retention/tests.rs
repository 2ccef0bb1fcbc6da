use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use limpid_model::{ImageLayer, Platform, Platforms, Watch, WatchSpec, WatchedTag};
use limpid_store::Batch;
use limpid_store::tables::watched::{self as watched_rows, Watched};
use limpid_store::tables::watches::{self as watch_rows, Watches};

use super::*;
use crate::Clock;
use crate::settings::RetentionSettings;
use crate::test_support::scanner_with;

/// A scanner whose clock stands where a test puts it, in days.
struct World {
    scanner: Scanner,
    today: Arc<AtomicU64>,
    _scratch: tempfile::TempDir,
}

fn general(rule: RetentionRule) -> RetentionSettings {
    let RetentionRule { days, untagged_days, keep, most } = rule;
    RetentionSettings { days, untagged_days, keep, most, ..RetentionSettings::default() }
}

impl World {
    fn new(retention: RetentionSettings) -> Self {
        let today = Arc::<AtomicU64>::default();
        let now = Arc::clone(&today);
        let (scanner, scratch) = scanner_with(Store::in_memory(), |settings| {
            settings.retention = retention;
            settings.clock = Clock::new(move || now.load(Ordering::Relaxed) * DAY);
        });
        Self { scanner, today, _scratch: scratch }
    }

    /// Makes an image known on a day, whose layers are called by letters.
    fn image(&self, day: u64, id: u8, names: &[&str], layers: &str) {
        self.today.store(day, Ordering::Relaxed);
        let layer = |letter: char| ImageLayer {
            diff_id: Digest::of(letter.to_string().as_bytes()),
            created_by: None,
        };
        let image = Image {
            id: Digest::from_bytes([id; 32]),
            manifests: Vec::new(),
            names: names.iter().map(|&name| name.to_owned()).collect(),
            platform: Platform::default(),
            created: None,
            labels: Vec::new(),
            layers: layers.chars().map(layer).collect(),
        };
        let mut batch = Batch::default();
        let indexing = limpid_store::tables::images::Indexing { indexed_at: day * DAY, ..Default::default() };
        crate::names::put(&mut batch, &image).unwrap();
        crate::bases::put(&mut batch, &image).unwrap();
        let view = self.scanner.store().view();
        tags::point(&view, &mut batch, std::iter::once(&image), None, day * DAY).unwrap();
        let id = image.id;
        batch.put::<Images>(&id, &limpid_store::tables::images::Row::new(image, indexing)).unwrap();
        drop(view);
        self.scanner.store().commit(batch).unwrap();
    }

    fn expired(&self, day: u64) -> Vec<(u8, String)> {
        self.today.store(day, Ordering::Relaxed);
        let planned = self.scanner.expired_images().unwrap();
        planned.into_iter().map(|expired| (expired.image.as_bytes()[0], expired.why)).collect()
    }

    fn check(&self, day: u64, expected: &[u8]) {
        let found: Vec<_> = self.expired(day).into_iter().map(|(id, _)| id).collect();
        assert_eq!(found, expected, "day {day}");
    }

    fn images(&self) -> Vec<u8> {
        let rows = self.scanner.store().view().keys::<Images>(|_| ()).collect::<Result<Vec<_>, _>>().unwrap();
        rows.into_iter().map(|id| id.as_bytes()[0]).collect()
    }
}

#[test]
fn without_a_rule_everything_stays() {
    let world = World::new(RetentionSettings::default());
    world.image(0, 1, &["shop:1"], "a");
    world.image(0, 2, &[], "b");
    world.check(10_000, &[]);
}

#[test]
fn what_was_not_submitted_for_long_goes_and_the_newest_stay() {
    let world = World::new(general(RetentionRule { days: 30, keep: 1, ..Default::default() }));
    world.image(0, 1, &["shop:1"], "a");
    world.image(5, 2, &["shop:2"], "b");
    world.image(0, 3, &["other:1"], "c");
    world.image(1, 4, &[], "d");
    world.check(29, &[]);
    world.check(30, &[1]);
    world.check(100, &[1, 4]);
    let why = world.expired(100).remove(0).1;
    assert_eq!(why, "it was last submitted 100 days ago, and `retention.days` is 30");
}

#[test]
fn what_tags_have_left_goes_after_a_while() {
    let world = World::new(general(RetentionRule { untagged_days: 7, ..Default::default() }));
    world.image(0, 1, &["shop:latest"], "a");
    world.image(0, 2, &["shop:latest", "shop:1"], "b");
    world.image(0, 3, &[], "c");
    // The tag leaves both, of which one has another tag.
    world.image(20, 4, &["shop:latest"], "d");
    world.check(26, &[3]);
    world.check(27, &[1, 3]);
    assert!(world.expired(27)[0].1.contains("no tag has pointed to it for 7 days"));
}

#[test]
fn a_repository_has_so_many_images_at_most_and_a_rule_of_its_own() {
    let own = RetentionRule { most: 1, ..Default::default() };
    let settings = RetentionSettings {
        most: 2,
        repositories: [("registry.example/shop/*".to_owned(), own)].into(),
        ..RetentionSettings::default()
    };
    let world = World::new(settings);
    for (day, id) in [(0, 1), (1, 2), (2, 3)] {
        world.image(day, id, &[&format!("registry.example/shop/web:{id}")], &id.to_string());
        world.image(day, id + 10, &[&format!("registry.example/base:{id}")], &format!("x{id}"));
    }
    world.check(3, &[1, 11, 2]);
    let why = &world.expired(3)[0].1;
    assert!(why.contains("`retention.repositories.\"registry.example/shop/*\".most` is 1"), "{why}");
    // One that another repository keeps stays.
    world.image(0, 1, &["registry.example/shop/web:1", "registry.example/elsewhere:1"], "1");
    world.check(3, &[11, 2]);
}

#[test]
fn bases_of_what_stays_and_what_a_watch_follows_stay() {
    let world = World::new(general(RetentionRule { days: 30, ..Default::default() }));
    world.image(0, 1, &["base:1"], "a");
    world.image(0, 2, &["base:2"], "ab");
    world.image(0, 3, &["registry.example/shop/web:1"], "c");
    world.image(0, 4, &["same:1"], "abd");
    world.image(90, 5, &["app:1"], "abd");
    // Nothing was built upon what has the same layers.
    world.check(100, &[3, 4]);
    let spec = WatchSpec {
        registry: "registry.example".to_owned(),
        aliases: Vec::new(),
        repositories: vec!["shop/*".to_owned()],
        tags: Vec::new(),
        newest: None,
        max_age: None,
        platforms: Platforms::All,
        interval: None,
        enabled: true,
    };
    let watch = Watch { name: "shop".to_owned(), created: 0, spec };
    let tag = WatchedTag {
        repository: "shop/web".to_owned(),
        tag: "1".to_owned(),
        digest: Digest::of(b"m"),
        since: 0,
        seen: 0,
        gone: None,
        made: None,
        job: None,
        attached: Vec::new(),
        asked: None,
    };
    let put = |tag: &WatchedTag| {
        let mut batch = Batch::default();
        batch.put::<Watches>(&watch.name, &watch_rows::Row::from(&watch)).unwrap();
        let key = watched_rows::Key {
            watch: watch.name.clone(),
            repository: tag.repository.clone(),
            tag: tag.tag.clone(),
        };
        batch.put::<Watched>(&key, &tag.into()).unwrap();
        world.scanner.store().commit(batch).unwrap();
    };
    put(&tag);
    world.check(100, &[4]);
    // One that is gone from its registry is followed no more.
    put(&WatchedTag { gone: Some(1), ..tag });
    world.check(100, &[3, 4]);
}

#[test]
fn a_run_removes_what_was_planned_and_records_it() {
    let world = World::new(general(RetentionRule { days: 30, ..Default::default() }));
    world.image(0, 1, &["shop:1"], "a");
    world.image(90, 2, &["shop:2"], "b");
    world.today.store(100, Ordering::Relaxed);
    let stopped = Stop::default();
    stopped.stop();
    assert!(world.scanner.expiring().run(&stopped).unwrap().is_empty());
    let removed = world.scanner.remove_expired_images().unwrap();
    assert_eq!(removed.len(), 1);
    assert_eq!(world.images(), [2]);
    let records = world.scanner.changes(None, 10).unwrap().items;
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].who.as_str(), records[0].method.as_str()), ("retention", "DELETE"));
    assert!(records[0].detail.as_deref().unwrap().contains("`retention.days`"), "{records:?}");
    assert!(world.scanner.remove_expired_images().unwrap().is_empty());
}

#[test]
fn a_glob_that_is_none_is_refused_with_its_name() {
    let settings = RetentionSettings {
        repositories: [("a[".to_owned(), RetentionRule::default())].into(),
        ..RetentionSettings::default()
    };
    let why = settings.rules().unwrap_err();
    assert!(why.contains("`a[`") && why.contains("`retention.repositories`"), "{why}");
}

#[test]
fn it_runs_by_itself_and_ends_when_it_is_dropped() {
    let settings = RetentionSettings { interval: Duration::ZERO, days: 30, ..RetentionSettings::default() };
    let world = World::new(settings);
    world.image(0, 1, &["shop:1"], "a");
    world.today.store(100, Ordering::Relaxed);
    let retention = Retention::start(world.scanner.clone()).unwrap();
    let began = Instant::now();
    while !world.images().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(60), "nothing is removed");
        std::thread::yield_now();
    }
    drop(retention);
}
