use std::collections::BTreeMap;

use limpid_plugin_sdk::feed::{Range, Status};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{accepted, parse};

/// What a release says, and how the tracker writes it.
fn release() -> impl Strategy<Value = (Status, Range, Value)> {
    let version = "([1-9]:)?[0-9][a-z0-9.+~]{0,9}(-[1-9])?";
    let open = |status: Status, json: Value| Just((status, Range::all(), json));
    prop_oneof![
        version.prop_filter("0 is no fix", |fix| fix != "0").prop_map(|fix| {
            let json = json!({"status": "resolved", "fixed_version": fix.clone(), "urgency": "low"});
            (Status::Affected, Range::before(fix), json)
        }),
        open(Status::NotAffected, json!({"status": "resolved", "fixed_version": "0"})),
        open(Status::Affected, json!({"status": "open", "urgency": "not yet assigned"})),
        open(Status::UnderInvestigation, json!({"status": "undetermined"})),
        open(Status::EndOfLife, json!({"status": "open", "urgency": "end-of-life"})),
        open(Status::WontFix, json!({"status": "open", "nodsa": "n", "nodsa_reason": "ignored"})),
        open(Status::FixDeferred, json!({"status": "open", "nodsa": "n", "nodsa_reason": ""})),
    ]
}

proptest! {
    #[test]
    fn every_release_of_a_tracker_comes_out_once_and_with_its_status(
        tracker in btree_map(
            "[a-z0-9][a-z0-9+.-]{1,9}",
            btree_map(
                "CVE-20[0-9]{2}-[0-9]{4,6}|TEMP-[0-9]{7}-[0-9A-F]{6}",
                btree_map("[a-z]{3,8}", release(), 1..4),
                1..4,
            ),
            1..6,
        )
    ) {
        let mut expected = BTreeMap::new();
        let mut document = json!({});
        for (package, entries) in &tracker {
            for (id, releases) in entries {
                for (codename, (status, range, json)) in releases {
                    document[package][id]["releases"][codename] = json.clone();
                    let key = (package.clone(), id.clone(), format!("debian:{codename}"));
                    expected.insert(key, (*status, vec![range.clone()]));
                }
            }
        }

        let sink = accepted(document.to_string());
        let affected = sink.advisories.into_iter().flat_map(|advisory| {
            advisory.affected.into_iter().map(move |one| (advisory.id.clone(), one))
        });
        // What is fixed in one release is stated in others, too; see `judgement`.
        let pairs: Vec<_> = affected
            .filter(|(_, one)| one.status != Status::Fixed)
            .map(|(id, one)| ((one.name, id, one.namespace), (one.status, one.ranges)))
            .collect();
        prop_assert_eq!(pairs.len(), expected.len());
        prop_assert_eq!(pairs.into_iter().collect::<BTreeMap<_, _>>(), expected);
        prop_assert_eq!(sink.rejected, vec![]);
    }

    #[test]
    fn no_bytes_are_fatal(bytes in vec(any::<u8>(), 0..400)) {
        let _ = parse(bytes);
    }

    #[test]
    fn no_broken_tracker_is_fatal_or_taken_for_an_answer(cut in 0_usize..1000, byte in any::<u8>(), at in 0_usize..1000) {
        let whole = super::one(r#"{"status": "resolved", "fixed_version": "1:4.13+dfsg1-2", "urgency": "low"}"#);
        let mut broken = whole.clone().into_bytes();
        let place = at % broken.len();
        broken[place] = byte;
        let _ = parse(broken);
        let (result, _) = parse(&whole.as_bytes()[..cut % whole.len()]);
        prop_assert!(result.is_err());
    }
}
