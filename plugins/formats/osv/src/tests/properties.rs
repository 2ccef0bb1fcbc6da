use limpid_plugin_sdk::feed::{Bound, Range};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::{accepted, parse, record};

/// A version as all schemes order it: two numbers.
fn version() -> impl Strategy<Value = (u32, u32)> {
    (0_u32..6, 0_u32..12)
}

fn text((major, minor): (u32, u32)) -> String {
    format!("{major}.{minor}")
}

fn number(text: &str) -> (u32, u32) {
    let (major, minor) = text.split_once('.').unwrap();
    (major.parse().unwrap(), minor.parse().unwrap())
}

/// Whether a version is affected, as the schema's pseudocode has it.
fn evaluated(events: &[(&str, (u32, u32))], version: (u32, u32)) -> bool {
    let mut sorted = events.to_vec();
    sorted.sort_by_key(|(_, at)| *at);
    let mut affected = false;
    for (kind, at) in sorted {
        affected = match kind {
            "introduced" if version >= at => true,
            "fixed" if version >= at => false,
            "last_affected" if version > at => false,
            _ => affected,
        };
    }
    affected
}

fn holds(range: &Range, version: (u32, u32)) -> bool {
    range.introduced.as_ref().is_none_or(|first| version >= number(first))
        && match &range.until {
            None => true,
            Some(Bound::Excluding(end) | Bound::Limit(end)) => version < number(end),
            Some(Bound::Including(last)) => version <= number(last),
        }
}

proptest! {
    #[test]
    fn ranges_hold_what_the_schema_says(
        events in vec((prop_oneof![Just("introduced"), Just("fixed"), Just("last_affected")], version()), 1..8)
            .prop_filter("one version, one event", |events| {
                let versions: std::collections::BTreeSet<_> = events.iter().map(|(_, at)| at).collect();
                versions.len() == events.len() && events.iter().any(|(kind, _)| *kind == "introduced")
            }),
        listed in vec(version(), 0..6),
        asked in version(),
    ) {
        let json: Vec<_> = events.iter().map(|(kind, at)| json!({*kind: text(*at)})).collect();
        let versions: Vec<_> = listed.iter().map(|one| text(*one)).collect();
        let members = json!({
            "affected.ranges": [{"type": "SEMVER", "events": json}],
            "affected.versions": versions,
        });
        let sink = accepted(&record("X-1", "npm", &members));
        let message = sink.advisories.iter().flat_map(|advisory| &advisory.affected);
        let found = message.into_iter().any(|one| {
            one.versions.contains(&text(asked)) || one.ranges.iter().any(|range| holds(range, asked))
        });
        prop_assert_eq!(found, listed.contains(&asked) || evaluated(&events, asked));
    }

    #[test]
    fn no_bytes_are_fatal(bytes in vec(any::<u8>(), 0..400), start in "[{<]?|id: |- ") {
        for name in ["a.json", "a.yaml"] {
            let _ = parse([(name, [start.clone().into_bytes(), bytes.clone()].concat())]);
        }
    }

    #[test]
    fn no_broken_record_is_fatal_or_taken_for_an_answer(cut in 0_usize..1000, byte in any::<u8>(), at in 0_usize..1000) {
        let whole = record("X-1", "npm", &json!({})).to_string();
        let mut broken = whole.clone().into_bytes();
        let place = at % broken.len();
        broken[place] = byte;
        let _ = parse([("a.json", broken)]);
        let (result, _) = parse([("a.json", &whole.as_bytes()[..cut % whole.len()])]);
        prop_assert!(result.is_err());
    }
}
