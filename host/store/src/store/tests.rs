use limpid_model::Digest;

use super::*;
use crate::ordered::Writes;
use crate::tables::manifests::{self, Manifests};
use crate::tables::stated::{self, Stated};

fn stores() -> (Vec<Store>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let rocks = Store::open(&directory.path().join("data"), &Settings::default()).unwrap();
    (vec![Store::in_memory(), rocks], directory)
}

fn stated(feed: &str, source: &str, id: &str) -> stated::Key {
    stated::Key { feed: feed.to_owned(), source: source.to_owned(), id: id.to_owned() }
}

fn row(text: &str) -> stated::Row {
    stated::Row { digest: Digest::of(text.as_bytes()).into() }
}

fn put(store: &Store, keys: &[stated::Key]) {
    let mut batch = Batch::default();
    for key in keys {
        batch.put::<Stated>(key, &row(&key.id)).unwrap();
    }
    assert_eq!((batch.len(), batch.is_empty()), (keys.len(), keys.is_empty()));
    store.commit(batch).unwrap();
}

fn keys(rows: impl Iterator<Item = Result<(stated::Key, stated::Row), Error>>) -> Vec<stated::Key> {
    let keys = rows.map(|row| {
        let (key, value) = row.unwrap();
        assert_eq!(value, self::row(&key.id));
        key
    });
    keys.collect()
}

/// In the order of their bytes.
fn samples() -> [stated::Key; 5] {
    [
        stated("a", "s", "1"),
        stated("a", "s", "2"),
        stated("a", "s2", "1"),
        stated("ab", "s", "1"),
        stated("b", "s", "1"),
    ]
}

#[test]
fn a_prefix_of_whole_parts_finds_its_rows_and_no_others() {
    let (stores, _directory) = stores();
    for store in stores {
        let samples = samples();
        put(&store, &samples);
        store.commit(other_tables()).unwrap();
        let view = store.view();
        assert_eq!(keys(view.scan::<Stated>(|_| ())), samples);
        let feed = |feed: &str| {
            keys(view.scan::<Stated>(|key| {
                key.text(feed);
            }))
        };
        assert_eq!(feed("a"), samples[..3]);
        assert_eq!(feed("ab"), samples[3..4]);
        assert_eq!(feed(""), []);
        let source = view.scan::<Stated>(|key| {
            key.text("a").text("s");
        });
        assert_eq!(keys(source), samples[..2]);
    }
}

/// A row in the tables before and after the one under test.
fn other_tables() -> Batch {
    use crate::tables::{advisories, affects};

    let mut batch = Batch::default();
    let advisory = limpid_model::Advisory { id: "X".to_owned(), ..Default::default() };
    let key = advisories::Key { feed: "a".to_owned(), id: "X".to_owned(), source: "s".to_owned() };
    batch.put::<advisories::Advisories>(&key, &advisory.into()).unwrap();
    let key = affects::Key {
        namespace: "a".to_owned(),
        name: "s".to_owned(),
        feed: "1".to_owned(),
        id: "X".to_owned(),
        source: "s".to_owned(),
    };
    batch.put::<affects::Affects>(&key, &affects::Row::new(Vec::new(), Vec::new())).unwrap();
    batch
}

#[test]
fn a_scan_goes_on_after_a_key_whether_or_not_it_is_there() {
    let (stores, _directory) = stores();
    for store in stores {
        let samples = samples();
        put(&store, &samples);
        store.commit(other_tables()).unwrap();
        let view = store.view();
        let after = |key: Option<&stated::Key>| keys(view.scan_after::<Stated>(key));
        assert_eq!(after(None), samples);
        for (place, key) in samples.iter().enumerate() {
            assert_eq!(after(Some(key)), samples[place + 1..]);
        }
        assert_eq!(after(Some(&stated("a", "s", "10"))), samples[1..]);
        assert_eq!(after(Some(&stated("", "", ""))), samples);
        assert_eq!(after(Some(&stated("c", "", ""))), []);
    }
}

#[test]
fn rows_are_found_in_the_order_in_which_they_are_asked_for() {
    let (stores, _directory) = stores();
    for store in stores {
        put(&store, &samples());
        let view = store.view();
        let asked = [stated("b", "s", "1"), stated("x", "s", "1"), stated("a", "s", "2")];
        let rows = view.multi_get::<Stated>(&asked).unwrap();
        assert_eq!(rows, [Some(row("1")), None, Some(row("2"))]);
        assert_eq!(view.get::<Stated>(&asked[1]).unwrap(), None);
        assert_eq!(view.multi_get::<Stated>(&[]).unwrap(), []);
    }
}

#[test]
fn a_batch_takes_effect_in_its_order_and_a_view_is_a_moment() {
    let (stores, _directory) = stores();
    for store in stores {
        let [first, second, ..] = samples();
        let before = store.view();
        let mut batch = Batch::default();
        batch.delete::<Stated>(&first);
        batch.put::<Stated>(&first, &row("1")).unwrap();
        batch.put::<Stated>(&second, &row("2")).unwrap();
        batch.delete::<Stated>(&second);
        store.commit(batch).unwrap();
        assert_eq!(keys(before.scan::<Stated>(|_| ())), []);
        assert_eq!(keys(store.view().scan::<Stated>(|_| ())), [first]);
    }
}

#[test]
fn what_was_committed_is_there_when_it_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Store::open(directory.path(), &Settings::default()).unwrap();
    put(&open(), &samples());
    let store = open();
    assert_eq!(keys(store.view().scan::<Stated>(|_| ())), samples());
}

#[test]
fn a_directory_that_is_open_already_is_in_use() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &Settings::default()).unwrap();
    let clone = store.clone();
    let again = || Store::open(directory.path(), &Settings::default());
    assert!(matches!(again(), Err(Error::InUse(path)) if path == directory.path()));
    drop(store);
    assert!(matches!(again(), Err(Error::InUse(_))));
    drop(clone);
    assert!(again().is_ok());
}

#[test]
fn a_directory_that_cannot_be_made_or_opened_is_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let below = Store::open(&file.join("data"), &Settings::default());
    assert!(matches!(below, Err(Error::Directory { .. })), "{below:?}");

    let data = directory.path().join("data");
    drop(Store::open(&data, &Settings::default()).unwrap());
    std::fs::write(data.join("CURRENT"), b"nonsense").unwrap();
    let damaged = Store::open(&data, &Settings::default());
    assert!(matches!(damaged, Err(Error::Open { .. })), "{damaged:?}");
}

fn write(store: &Store, key: &[u8], row: &[u8]) {
    let mut writes = Writes::default();
    writes.put(key, 0, row).unwrap();
    store.0.ordered.write(writes).unwrap();
}

#[test]
fn what_cannot_be_read_is_an_error_that_names_the_table() {
    let digest = Digest::of(b"x");
    let key = [&[Manifests::ID][..], digest.as_bytes()].concat();
    let row = [&[1][..], digest.as_bytes()].concat();
    let check = |key: &[u8], row: &[u8], expected: &str| {
        let store = Store::in_memory();
        write(&store, key, row);
        let view = store.view();
        let error = view.scan::<Manifests>(|_| ()).next().unwrap().unwrap_err();
        assert!(matches!(error, Error::Corrupt { table: "manifests", .. }), "{error}");
        assert!(error.to_string().starts_with(expected), "{error}");
    };
    check(&key[..32], &row, "table `manifests` holds a key that cannot be read: 32 bytes");
    check(&[&key[..], &[0]].concat(), &row, "table `manifests` holds a key");
    check(&[Manifests::ID], &row, "table `manifests` holds a key");
    check(&key, &[], "table `manifests` holds a row that cannot be read: it is empty");
    check(&key, &row[..32], "table `manifests` holds a row");
    check(
        &key,
        &[3],
        "table `manifests` holds a row that cannot be read: version 3, this Limpid reads up to 2",
    );
    check(&key, &[0], "table `manifests` holds a row that cannot be read: version 0");

    let store = Store::in_memory();
    write(&store, &key, &[]);
    assert!(matches!(store.view().get::<Manifests>(&digest), Err(Error::Corrupt { .. })));
    assert!(matches!(store.view().multi_get::<Manifests>(&[digest]), Err(Error::Corrupt { .. })));
}

#[test]
fn bytes_after_a_row_are_an_error() {
    let digest = Digest::of(b"x");
    let mut row = table::encode_row::<Manifests>(&manifests::Row::of(digest.into())).unwrap();
    row.push(0);
    let error = table::decode_row::<Manifests>(&row).unwrap_err();
    assert_eq!(error.to_string(), "table `manifests` holds a row that cannot be read: 1 bytes follow it");
}

#[test]
fn a_revision_changes_with_each_commit_but_of_the_tables_that_do_not_count() {
    let (stores, _directory) = stores();
    for store in stores {
        let ignored = [Stated::ID];
        let all = || (store.revision(&[]), store.revision(&ignored));
        let begun = all();
        put(&store, &samples());
        let (counted, others) = all();
        assert!(counted > begun.0);
        assert_eq!(others, begun.1, "only a table was written that does not count");
        store.commit(other_tables()).unwrap();
        assert!(all().0 > counted && all().1 > others);
        let last = all();
        store.commit(Batch::default()).unwrap();
        assert_eq!(all(), last, "nothing was written");
    }
}

fn rating() -> limpid_model::Rating {
    limpid_model::Rating { system: "CVSS:3.1".to_owned(), value: "x".to_owned(), score: Some(5.0) }
}

/// What an advisory says of its vulnerability, as it is read by those who need no more of it.
fn summaries(view: &View<'_>, ids: &[&str]) -> Vec<Option<(String, usize)>> {
    use crate::tables::advisories::{General, Key};

    let key = |id: &&str| Key { feed: "f".to_owned(), id: (*id).to_owned(), source: "s".to_owned() };
    let keys: Vec<_> = ids.iter().map(key).collect();
    let found = view.multi_glance(&keys, |key, general: General| general.into_summary(&key.id)).unwrap();
    let summary = |summary: std::sync::Arc<limpid_model::report::AdvisorySummary>| {
        assert_eq!(summary.aliases, ["CVE-2026-0001", "CVE-2026-0002"]);
        assert_eq!(*summary.references, ["https://example.com".to_owned()]);
        assert_eq!(summary.ratings, [rating()]);
        (summary.title.to_string(), summary.vulnerabilities)
    };
    found.into_iter().map(|found| found.map(summary)).collect()
}

#[test]
fn what_advisories_begin_with_is_what_they_say_at_the_moment_of_the_view() {
    use crate::tables::advisories::{Advisories, Key};

    let (stores, _directory) = stores();
    for store in stores {
        let change = |id: &str, title: Option<&str>| {
            let key = Key { feed: "f".to_owned(), id: id.to_owned(), source: "s".to_owned() };
            let mut batch = Batch::default();
            match title {
                Some(title) => {
                    let advisory = limpid_model::Advisory {
                        title: title.to_owned(),
                        details: "at length".to_owned(),
                        aliases: vec!["CVE-2026-0001".to_owned(), "CVE-2026-0002".to_owned()],
                        weaknesses: vec!["CWE-1".to_owned(), "CWE-2".to_owned()],
                        ratings: vec![rating()],
                        references: vec!["https://example.com".to_owned()],
                        ..Default::default()
                    };
                    batch.put::<Advisories>(&key, &advisory.into()).unwrap();
                }
                None => batch.delete::<Advisories>(&key),
            }
            store.commit(batch).unwrap();
        };
        change("a", Some("first"));
        change("b", Some("other"));
        let before = store.view();
        let told = |title: &str| Some((title.to_owned(), 2));
        let ids = ["b", "none", "a"];
        for _ in 0..2 {
            assert_eq!(summaries(&before, &ids), [told("other"), None, told("first")]);
        }
        change("a", Some("second"));
        change("b", None);
        change("none", Some("now"));
        for _ in 0..2 {
            assert_eq!(summaries(&store.view(), &ids), [None, told("now"), told("second")]);
            assert_eq!(summaries(&before, &ids), [told("other"), None, told("first")]);
        }
    }
}

#[test]
fn a_follower_is_told_of_rows_once_they_are_written_and_of_too_many_only_that_they_are() {
    let (stores, _directory) = stores();
    for store in stores {
        let follower = store.follow(&[Stated::ID], 3);
        let told = |written: &Written| -> Vec<_> {
            written.of::<Stated>().map(|mut key| <stated::Key as crate::key::Key>::decode(&mut key)).collect()
        };
        assert!(follower.is_idle());
        store.commit(other_tables()).unwrap();
        assert!(follower.is_idle(), "of other tables it is not told");
        let samples = samples();
        put(&store, &samples[..1]);
        put(&store, &samples[..2]);
        let written = follower.take();
        assert!(!written.is_anything && written.has::<Stated>() && !written.has::<Manifests>());
        assert_eq!(told(&written), samples[..2].iter().cloned().map(Some).collect::<Vec<_>>());
        assert!(follower.is_idle() && !follower.take().has::<Stated>());
        put(&store, &samples[2..3]);
        follower.give_back(written);
        assert_eq!(told(&follower.take()).len(), 3);
        put(&store, &samples);
        let written = follower.take();
        assert!(written.is_anything && written.has::<Stated>() && written.has::<Manifests>());
    }
}
