use std::collections::BTreeMap;

use limpid_model::Digest;
use proptest::prelude::*;

use crate::key::Writer;
use crate::tables::manifests::{Manifests, Row};
use crate::tables::placements::{Key, Placements};
use crate::{Batch, Settings, Store};

fn digest(number: u8) -> Digest {
    let mut bytes = [0; 32];
    bytes[31] = number;
    Digest::from_bytes(bytes)
}

/// Stores that hold rows, in memory and on disk, with something in the tables around them.
fn both(stored: &[u8], check: impl Fn(&Store)) {
    let directory = tempfile::tempdir().unwrap();
    for store in [Store::in_memory(), Store::open(directory.path(), &Settings::default()).unwrap()] {
        let mut batch = Batch::default();
        for &number in stored {
            batch.put::<Manifests>(&digest(number), &Row::of(digest(number).into())).unwrap();
            let key = Key { diff_id: digest(number / 16), context: 1, image: digest(number) };
            batch.put::<Placements>(&key, &crate::tables::placements::Row).unwrap();
        }
        store.commit(batch).unwrap();
        check(&store);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_cursor_finds_what_is_there_in_any_order(
        stored in prop::collection::vec(any::<u8>(), 0..64),
        asked in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        both(&stored, |store| {
            let view = store.view();
            let mut cursor = view.cursor::<Manifests>();
            for number in &asked {
                let found = cursor.get(&digest(*number)).unwrap().map(|row| Digest::from(row.image));
                assert_eq!(found, stored.contains(number).then(|| digest(*number)));
            }
        });
    }

    #[test]
    fn what_is_asked_for_in_order_is_found_going_forward(
        stored in prop::collection::vec(any::<u8>(), 0..64),
        removed in prop::collection::vec(any::<u8>(), 0..64),
        asked in prop::collection::btree_set(0..17_u8, 0..16),
        most in 0..9_usize,
    ) {
        both(&stored, |store| {
            let mut batch = Batch::default();
            for &number in &removed {
                let key = Key { diff_id: digest(number / 16), context: 1, image: digest(number) };
                batch.delete::<Placements>(&key);
            }
            store.commit(batch).unwrap();
            let view = store.view();
            let mut forward = view.forward::<Placements>();
            for &layer in &asked {
                let prefix = |key: &mut Writer| {
                    key.digest(&digest(layer));
                };
                let found = forward.keys(prefix).unwrap().take(most).map(|key| key.unwrap().image);
                let mut left: Vec<_> = stored.iter().filter(|it| **it / 16 == layer && !removed.contains(it)).collect();
                left.sort_unstable();
                left.dedup();
                let expected = left.into_iter().take(most).map(|number| digest(*number));
                assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
            }
        });
    }

    #[test]
    fn a_cursor_tells_the_keys_of_a_prefix(
        stored in prop::collection::vec(any::<u8>(), 0..64),
        asked in prop::collection::vec((0..17_u8, any::<Option<u8>>()), 0..16),
    ) {
        let mut by_layer: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
        let mut sorted = stored.clone();
        sorted.sort_unstable();
        sorted.dedup();
        for number in sorted {
            by_layer.entry(number / 16).or_default().push(number);
        }
        both(&stored, |store| {
            let view = store.view();
            let mut cursor = view.cursor::<Placements>();
            for &(layer, after) in &asked {
                let after = after.map(|number| Key { diff_id: digest(layer), context: 1, image: digest(number) });
                let prefix = |key: &mut crate::key::Writer| {
                    key.digest(&digest(layer)).number(1);
                };
                let keys = cursor.keys(prefix, after.as_ref()).map(|key| key.unwrap().image);
                let expected = by_layer.get(&layer).into_iter().flatten().map(|number| digest(*number));
                let expected = expected.filter(|image| after.is_none_or(|after| *image > after.image));
                assert_eq!(keys.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
            }
        });
    }
}
