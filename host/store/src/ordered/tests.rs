//! RocksDB against the model in memory.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::writes::Part;
use super::*;

/// Bytes that are few, and at the ends of their range: prefixes of each other are common.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(vec![0, 1, 0xFE, 0xFF]), 0..4)
}

/// The tables of all keys, and those that are kept apart.
const TABLES: [u8; 4] = [1, 2, 3, 0xFF];
const APART: &[u8] = &[1, 3];

fn key() -> impl Strategy<Value = Vec<u8>> {
    (prop::sample::select(&TABLES[..]), bytes()).prop_map(|(table, rest)| [&[table], &rest[..]].concat())
}

/// A key, and what it is set to; none where it is deleted.
type Change = (Vec<u8>, Option<Vec<u8>>);

/// Of one table, or of any.
fn batch() -> impl Strategy<Value = Vec<Change>> {
    let batch = prop::collection::vec((key(), prop::option::weighted(0.7, bytes())), 0..12);
    (batch, prop::option::of(prop::sample::select(&TABLES[..]))).prop_map(|(mut batch, table)| {
        let keys = batch.iter_mut().map(|(key, _)| key);
        keys.for_each(|key| key[0] = table.unwrap_or(key[0]));
        batch
    })
}

fn writes(batch: &[Change]) -> Writes {
    let mut writes = Writes::default();
    for (key, value) in batch {
        match value {
            Some(value) => writes.put(key, 0, value).unwrap(),
            None => writes.delete(key, 0).unwrap(),
        }
    }
    writes
}

type Stored = (Box<[u8]>, Box<[u8]>);

fn scan(snapshot: &dyn Snapshot, prefix: &[u8], from: &[u8]) -> Vec<Stored> {
    snapshot.scan(prefix, from).map(Result::unwrap).collect()
}

fn scan_all(snapshot: &dyn Snapshot) -> Vec<Stored> {
    TABLES.iter().flat_map(|&table| scan(snapshot, &[table], &[])).collect()
}

/// The same by a cursor that is used again and again.
fn walk(cursor: &mut dyn Cursor, prefix: &[u8]) -> Vec<Stored> {
    let mut found = Vec::new();
    cursor.seek(prefix);
    while let Some((key, value)) = cursor.entry().unwrap()
        && key.starts_with(prefix)
    {
        found.push((key.into(), value.into()));
        cursor.advance();
    }
    found
}

/// A snapshot of both at one moment.
struct Both<'a> {
    rocks: Box<dyn Snapshot + 'a>,
    memory: Box<dyn Snapshot + 'a>,
}

impl Both<'_> {
    fn check(&self, keys: &[Vec<u8>]) {
        assert_eq!(scan_all(&*self.rocks), scan_all(&*self.memory));
        assert_eq!(self.rocks.multi_get(keys).unwrap(), self.memory.multi_get(keys).unwrap());
        let cursors =
            |table| (self.rocks.cursor(table, Reading::Again), self.memory.cursor(table, Reading::Once));
        let mut cursors: BTreeMap<_, _> = TABLES.iter().map(|&table| (table, cursors(table))).collect();
        for key in keys {
            let (rocks, memory) = cursors.get_mut(&key[0]).unwrap();
            let found = walk(&mut **rocks, key);
            assert_eq!(found, walk(&mut **memory, key), "prefix {key:?}");
            assert_eq!(found, scan(&*self.rocks, key, key));
            assert_eq!(self.rocks.get(key).unwrap(), self.memory.get(key).unwrap(), "{key:?}");
            for from in keys {
                let found = scan(&*self.rocks, key, from);
                assert_eq!(found, scan(&*self.memory, key, from), "prefix {key:?} from {from:?}");
                assert!(found.is_sorted());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn rocksdb_is_the_model_in_memory_at_every_moment(
        batches in prop::collection::vec(batch(), 1..6),
        keys in prop::collection::vec(key(), 1..12),
        // All batches become table files, some do, none does.
        write_bytes in prop::sample::select(vec![0, 100, Settings::default().write_bytes]),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings { write_bytes, ..Settings::default() };
        let rocks = Rocks::open(directory.path(), &settings, APART).unwrap();
        let memory = Memory::default();
        let mut moments = Vec::new();
        for batch in &batches {
            moments.push(Both { rocks: rocks.snapshot(), memory: memory.snapshot() });
            rocks.write(writes(batch)).unwrap();
            memory.write(writes(batch)).unwrap();
        }
        moments.push(Both { rocks: rocks.snapshot(), memory: memory.snapshot() });
        for moment in &moments {
            moment.check(&keys);
        }

        let last = scan_all(&*memory.snapshot());
        drop(moments);
        drop(rocks);
        // What was not kept apart before moves there, and is at no other place any more.
        for apart in [APART, &TABLES, &TABLES, &[]] {
            let again = Rocks::open(directory.path(), &settings, apart).unwrap();
            let found = scan_all(&*again.snapshot());
            prop_assert_eq!(&found, if apart.is_empty() { &[][..] } else { &last });
        }
    }

    #[test]
    fn changes_are_read_as_they_were_written(
        batch in prop::collection::vec((bytes(), prop::option::weighted(0.7, prop::collection::vec(0..3_u8, 0..999))), 0..99),
        large in 0..600_000_usize,
    ) {
        let mut batch = batch;
        batch.insert(batch.len() / 2, (vec![7], Some(vec![7; large])));
        let written = writes(&batch);
        prop_assert_eq!(written.len(), batch.len());
        let latest: BTreeMap<_, _> = batch.iter().cloned().collect();
        let latest: Vec<_> = latest.into_iter().collect();
        for most in 1..5 {
            let parts = written.parts(most);
            prop_assert!((1..=most).contains(&parts.len()), "{} of {}", parts.len(), most);
            let in_order: Vec<_> = parts.into_iter().flat_map(Part::in_order).map(change).collect();
            prop_assert_eq!(&in_order, &latest);
        }
        let mut written = written;
        written.append(writes(&batch[..batch.len() / 3]));
        let batch = [&batch[..], &batch[..batch.len() / 3]].concat();
        prop_assert_eq!((written.len(), written.tables()), (batch.len(), writes(&batch).tables()));
        prop_assert_eq!(written.bytes(), writes(&batch).bytes());
        let mut drained = Vec::new();
        written.drain(|write| drained.push(change(write)));
        prop_assert_eq!(drained, batch);
    }
}

fn change(write: Write<'_>) -> Change {
    match write {
        Write::Put(key, value) => (key.to_vec(), Some(value.to_vec())),
        Write::Delete(key) => (key.to_vec(), None),
    }
}

#[test]
fn groups_are_what_keys_begin_with() {
    let mut writes = Writes::default();
    writes.put(b"aab", 2, b"1").unwrap();
    writes.delete(b"aac", 2).unwrap();
    writes.put(b"none", 0, b"").unwrap();
    writes.put(b"aad", 2, b"").unwrap();
    writes.put(b"bbb", 1, b"").unwrap();
    writes.put(b"aaa", 2, b"").unwrap();
    assert_eq!(writes.groups().collect::<Vec<_>>(), [&b"aa"[..], b"b", b"aa"]);
}

#[test]
fn a_table_file_that_did_not_become_part_of_the_store_is_removed() {
    let directory = tempfile::tempdir().unwrap();
    drop(Rocks::open(directory.path(), &Settings::default(), APART).unwrap());
    let left = directory.path().join("incoming").join("0");
    std::fs::write(&left, b"half of a fi").unwrap();
    drop(Rocks::open(directory.path(), &Settings::default(), APART).unwrap());
    assert!(!left.exists());
}
