mod corpus;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Feed, Range, Rating, Source, Status};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::Arch;

fn parse(document: impl Into<Vec<u8>>) -> Result<Collected, Error> {
    let mut sink = Collected::default();
    Arch::parse("handed-in", &mut InMemory::new([("all.json", document.into())]), &mut sink).map(|_| sink)
}

fn group(status: &str, fixed: Value) -> Value {
    json!({
        "name": "AVG-5", "packages": ["libtiff", "lib32-libtiff"], "status": status, "severity": "High",
        "type": "arbitrary code execution", "affected": "4.0.8-1", "fixed": fixed, "ticket": null,
        "issues": ["CVE-2016-10095", "CVE-2015-7554"], "advisories": ["ASA-201707-17"],
    })
}

#[test]
fn a_run_fetches_one_document() {
    assert_eq!(Arch::sources(None), [Source::whole("all", "https://security.archlinux.org/all.json")]);
}

#[test]
fn a_group_is_an_advisory() {
    let sink = parse(json!([group("Fixed", json!("4.0.8-2"))]).to_string()).unwrap();
    let [advisory] = sink.advisories.as_slice() else { panic!("{sink:?}") };
    assert_eq!((advisory.id.as_str(), advisory.title.as_str()), ("AVG-5", "arbitrary code execution"));
    assert_eq!(advisory.aliases, ["CVE-2016-10095", "CVE-2015-7554", "ASA-201707-17"]);
    let names: Vec<_> = advisory.affected.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["libtiff", "lib32-libtiff"]);
    assert_eq!(advisory.affected[0].ratings, [Rating::word("arch", "High")]);
    assert_eq!(sink.identified.as_deref(), Some("all"));
}

#[test]
fn the_status_says_which_versions_are_affected() {
    let check = |status: &str, fixed: Value, expected: Option<(Status, Range)>| {
        let good = json!({"name": "AVG-1", "packages": [], "status": "Unknown"});
        let sink = parse(json!([good, group(status, fixed)]).to_string()).unwrap();
        let stated =
            sink.advisories.get(1).map(|it| (it.affected[0].status, it.affected[0].ranges[0].clone()));
        assert_eq!(stated, expected, "{status}");
        assert_eq!(sink.rejected.len(), usize::from(expected.is_none()), "{status}");
    };
    let before = Range::before("4.0.8-2");
    check("Fixed", json!("4.0.8-2"), Some((Status::Affected, before.clone())));
    check("Testing", json!("4.0.8-2"), Some((Status::Affected, before.clone())));
    check("Vulnerable", json!("4.0.8-2"), Some((Status::Affected, before)));
    check("Vulnerable", json!(null), Some((Status::Affected, Range::all())));
    check("Not affected", json!(null), Some((Status::NotAffected, Range::all())));
    check("Unknown", json!(null), Some((Status::UnderInvestigation, Range::all())));
    check("Fixed", json!(null), None);
    check("Gone", json!(null), None);
    check("Fixed", json!("4 5"), None);
}

#[test]
fn a_document_without_groups_is_refused() {
    for document in ["", "{}", "<html>", "[]", "[1]", "[{}]", "[] []"] {
        assert!(matches!(parse(document), Err(Error::Malformed(_))), "{document}");
    }
}

proptest! {
    #[test]
    fn no_bytes_are_fatal(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse([b"[".to_vec(), bytes].concat());
    }
}
