use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::feed::{Range, Status};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use serde_json::json;

use super::{accepted, parse};

proptest! {
    #[test]
    fn every_fix_of_a_secdb_comes_out_once_and_with_its_status(
        packages in btree_map(
            "[a-z0-9][a-z0-9+.-]{1,9}",
            btree_map(
                "0|[1-9][0-9.]{0,5}(_rc[1-9])?-r[0-9]",
                btree_set("CVE-20[0-9]{2}-[0-9]{4,6}|XSA-[1-9][0-9]{0,2}", 1..4),
                1..4,
            ),
            1..6,
        )
    ) {
        let mut expected: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for (package, secfixes) in &packages {
            for (version, ids) in secfixes {
                for id in ids {
                    expected.entry((package, id)).or_default().insert(version);
                }
            }
        }
        let entries: Vec<_> = packages
            .iter()
            .map(|(name, secfixes)| json!({"pkg": {"name": name, "secfixes": secfixes}}))
            .collect();

        let sink = accepted(json!({"distroversion": "v3.20", "packages": entries}).to_string());
        prop_assert_eq!(sink.rejected, vec![]);
        prop_assert_eq!(sink.advisories.len(), expected.len());
        for advisory in &sink.advisories {
            let one = &advisory.affected[0];
            let versions = &expected[&(one.name.as_str(), advisory.id.as_str())];
            let fixes: Vec<_> =
                versions.iter().filter(|version| **version != "0").map(|version| Range::before(*version)).collect();
            if fixes.is_empty() {
                prop_assert_eq!((one.status, &one.ranges), (Status::NotAffected, &vec![Range::all()]));
            } else {
                prop_assert_eq!((one.status, &one.ranges), (Status::Affected, &fixes));
            }
        }
    }

    #[test]
    fn no_bytes_are_fatal(bytes in vec(any::<u8>(), 0..400), start in "[<{]?") {
        let _ = parse("index", [start.into_bytes(), bytes].concat());
    }

    #[test]
    fn no_page_is_fatal(page in "<(a href=[\"']?(/|\\./|v3\\.[0-9]{1,9}/?|edge/|\\PC)*[\"']?>){0,9}") {
        let _ = parse("index", page);
    }

    #[test]
    fn no_broken_secdb_is_fatal_or_taken_for_an_answer(cut in 0_usize..1000, byte in any::<u8>(), at in 0_usize..1000) {
        let whole = super::secdb(&super::musl());
        let mut broken = whole.clone().into_bytes();
        let place = at % broken.len();
        broken[place] = byte;
        let _ = parse("v3.20/main.json", broken);
        let (result, _) = parse("v3.20/main.json", &whole.as_bytes()[..cut % whole.len()]);
        prop_assert!(result.is_err());
    }
}
