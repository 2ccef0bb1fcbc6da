//! RocksDB against the model in memory.

use proptest::prelude::*;

use super::*;

/// Bytes that are few, and at the ends of their range: prefixes of each other are common.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(vec![0, 1, 0xFE, 0xFF]), 0..4)
}

/// A key, and what it is set to; none where it is deleted.
type Change = (Vec<u8>, Option<Vec<u8>>);

fn batch() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((bytes(), prop::option::weighted(0.7, bytes())), 0..12)
}

fn writes(batch: &[Change]) -> Vec<Write> {
    let write = |(key, value): &Change| match value {
        Some(value) => Write::Put(key.as_slice().into(), value.as_slice().into()),
        None => Write::Delete(key.as_slice().into()),
    };
    batch.iter().map(write).collect()
}

type Held = (Box<[u8]>, Box<[u8]>);

fn scan(snapshot: &dyn Snapshot, prefix: &[u8], from: &[u8]) -> Vec<Held> {
    snapshot.scan(prefix, from).map(Result::unwrap).collect()
}

/// The same by a cursor that is used again and again.
fn walk(cursor: &mut dyn Cursor, prefix: &[u8]) -> Vec<Held> {
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
        assert_eq!(scan(&*self.rocks, &[], &[]), scan(&*self.memory, &[], &[]));
        assert_eq!(self.rocks.multi_get(keys).unwrap(), self.memory.multi_get(keys).unwrap());
        let (mut rocks, mut memory) = (self.rocks.cursor(Reading::Again), self.memory.cursor(Reading::Once));
        for key in keys {
            let found = walk(&mut *rocks, key);
            assert_eq!(found, walk(&mut *memory, key), "prefix {key:?}");
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
        keys in prop::collection::vec(bytes(), 1..12),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let rocks = Rocks::open(directory.path(), &Settings::default()).unwrap();
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

        let last = scan(&*memory.snapshot(), &[], &[]);
        drop(moments);
        drop(rocks);
        let again = Rocks::open(directory.path(), &Settings::default()).unwrap();
        prop_assert_eq!(scan(&*again.snapshot(), &[], &[]), last);
    }
}
