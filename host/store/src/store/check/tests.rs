use std::fs;
use std::path::{Path, PathBuf};

use limpid_model::Digest;

use super::*;
use crate::ordered::Writes;
use crate::{Batch, Settings};

fn open(path: &Path) -> Store {
    Store::open(path, &Settings::default()).unwrap()
}

fn check(store: &Store) -> Checked {
    store.check(&mut |_, _| true).unwrap()
}

fn manifest(number: u64) -> (Digest, manifests::Row) {
    let digest = |what: &str| Digest::of(format!("{what} {number}").as_bytes());
    (digest("manifest"), manifests::Row::of(digest("image").into()))
}

fn manifests(store: &Store, numbers: std::ops::Range<u64>) {
    let mut batch = Batch::default();
    for (key, row) in numbers.map(manifest) {
        batch.put::<manifests::Manifests>(&key, &row).unwrap();
    }
    store.commit(batch).unwrap();
}

fn marks(store: &Store, count: u64) {
    let mut batch = Batch::default();
    for number in 0..count {
        // Of which little is left by compression.
        let text: String =
            (0..16).map(|part| Digest::of(format!("{number} {part}").as_bytes()).hex()).collect();
        batch.put::<super::marks::Marks>(&format!("{number}-{text}"), &super::marks::Row::default()).unwrap();
    }
    store.commit(batch).unwrap();
}

fn write(store: &Store, key: &[u8], row: &[u8]) {
    let mut writes = Writes::default();
    writes.put(key, 0, row).unwrap();
    store.0.ordered.write(writes).unwrap();
}

#[test]
fn every_table_is_checked() {
    let rows = include_str!("../../tables.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
    let mut listed: Vec<_> = rows
        .filter_map(|row| {
            let mut cells = row.split(" | ");
            let number: u8 = cells.next()?.parse().ok()?;
            Some((number, cells.next()?.trim_matches(['[', ']', '`'])))
        })
        .collect();
    listed.sort_unstable();
    let checked = check(&Store::in_memory());
    assert!(checked.is_whole());
    let names: Vec<_> = checked.tables.iter().map(|table| table.name).collect();
    assert_eq!(names, listed.iter().map(|(_, name)| *name).collect::<Vec<_>>());
}

#[test]
fn rows_that_refer_to_nothing_are_named_and_others_counted() {
    let store = Store::in_memory();
    manifests(&store, 0..150);
    let checked = check(&store);
    assert_eq!((checked.problem_count, checked.problems.len()), (150, NAMED));
    let problem = checked.problems[0].to_string();
    assert!(
        problem.contains("table `manifests`, row ") && problem.contains("table `images` is missing"),
        "{problem}"
    );
    assert_eq!(checked.rows(), 150);
}

#[test]
fn layers_that_state_nothing_lie_in_no_context() {
    let store = Store::in_memory();
    let (diff_id, image) = (Digest::of(b"layer"), Digest::of(b"image"));
    let mut batch = Batch::default();
    for context in [NO_CONTEXT, 1] {
        let key = placements::Key { diff_id, context, image };
        batch.put::<placements::Placements>(&key, &placements::Row).unwrap();
    }
    store.commit(batch).unwrap();
    let missing: Vec<_> = check(&store).problems.into_iter().map(|problem| problem.why).collect();
    let of = |table: &str| missing.iter().filter(|why| why.contains(table)).count();
    assert_eq!((of("`images`"), of("`contexts`")), (2, 1), "{missing:?}");
}

#[test]
fn rows_and_keys_that_cannot_be_read_cost_only_themselves() {
    let store = Store::in_memory();
    marks(&store, 2);
    write(&store, &[23, b'x', 0, 0], &[99, 1, 2]);
    write(&store, &[2, 1, 2, 3], &[1]);
    write(&store, &[200, 1], &[1]);
    let checked = check(&store);
    let problems: Vec<_> = checked.problems.iter().map(ToString::to_string).collect();
    assert_eq!(checked.problem_count, 3, "{problems:?}");
    assert!(problems[0].starts_with("table `manifests`, row 02010203: "), "{problems:?}");
    assert!(problems[1].contains("version 99, this Limpid reads up to"), "{problems:?}");
    assert!(problems[2].starts_with("table `number 200`: "), "{problems:?}");
    let feeds = checked.tables.iter().find(|table| table.name == "marks").unwrap();
    assert_eq!((feeds.rows, feeds.versions.get(&99)), (3, Some(&1)));
}

#[test]
fn rows_of_earlier_versions_are_counted_and_nothing_is_wrong_with_them() {
    let store = Store::in_memory();
    write(&store, &[9, b'a', 0, 0, b'b', 0, 0, b'c', 0, 0, b'd', 0, 0, b'e', 0, 0], &[1, 0]);
    let checked = check(&store);
    assert_eq!(checked.older(), 1, "{checked:?}");
    // It refers to an advisory that is not there: it was read.
    assert_eq!(checked.problem_count, 1, "{:?}", checked.problems);
    assert!(checked.problems[0].why.contains("`advisories`"), "{:?}", checked.problems);
}

#[test]
fn a_check_ends_where_it_is_told_to() {
    let store = Store::in_memory();
    manifests(&store, 0..TOLD + 1);
    let mut told = Vec::new();
    let ended = store.check(&mut |table, rows| {
        told.push((table, rows));
        false
    });
    assert!(matches!(ended, Err(Error::Stopped)));
    assert_eq!(told, [("manifests", TOLD)]);
}

#[test]
fn a_checkpoint_has_what_was_there_and_is_read_without_changing_it() {
    let directory = tempfile::tempdir().unwrap();
    let (data, checkpoint) = (directory.path().join("data"), directory.path().join("checkpoint"));
    let store = open(&data);
    marks(&store, 3);
    store.checkpoint(&checkpoint).unwrap();
    marks(&store, 7);
    assert!(store.checkpoint(&checkpoint).is_err(), "a place that is taken");
    let before = files(&checkpoint);
    let opened = Store::open_read_only(&checkpoint, &Settings::default()).unwrap();
    assert_eq!(check(&opened).rows(), 3);
    let mut batch = Batch::default();
    batch.put::<super::marks::Marks>(&"x".to_owned(), &super::marks::Row::default()).unwrap();
    assert!(opened.commit(batch).is_err());
    drop(opened);
    let is_log = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("LOG");
    let after: Vec<_> = files(&checkpoint).into_iter().filter(|path| !is_log(path)).collect();
    assert_eq!(after, before.into_iter().filter(|path| !is_log(path)).collect::<Vec<_>>());
    assert_eq!(check(&store).rows(), 7);
    assert!(matches!(Store::in_memory().checkpoint(&data), Err(Error::Engine(_))));
}

#[test]
fn a_store_that_is_not_there_is_not_made_by_reading_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("none");
    assert!(Store::open_read_only(&path, &Settings::default()).is_err());
    assert!(!path.exists());
}

fn files(path: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_table_file_that_is_damaged_is_reported_and_other_tables_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    marks(&store, 1_000);
    manifests(&store, 0..10);
    store.compact().unwrap();
    drop(store);
    let tables =
        files(directory.path()).into_iter().filter(|path| path.extension().is_some_and(|it| it == "sst"));
    let largest = tables.max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    let mut bytes = fs::read(&largest).unwrap();
    let place = bytes.len() / 4;
    bytes[place] ^= 0xff;
    fs::write(&largest, bytes).unwrap();
    let checked = check(&Store::open_read_only(directory.path(), &Settings::default()).unwrap());
    let problems: Vec<_> = checked.problems.iter().map(ToString::to_string).collect();
    assert!(
        problems.iter().any(|it| it.contains("table `marks`: after ") && it.contains("checksum")),
        "{problems:?}"
    );
    assert_eq!(checked.tables.iter().find(|table| table.name == "manifests").unwrap().rows, 10);
}
