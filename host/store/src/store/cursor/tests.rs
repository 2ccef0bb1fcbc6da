use std::collections::BTreeMap;

use limpid_model::Digest;
use proptest::prelude::*;

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
            batch.put::<Manifests>(&digest(number), &Row { image: digest(number).into() }).unwrap();
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
