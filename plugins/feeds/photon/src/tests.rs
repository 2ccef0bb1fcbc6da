mod corpus;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Feed, Range, Source, Status};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::Photon;

fn parse(source: &str, name: &str, document: impl Into<Vec<u8>>) -> Result<Collected, Error> {
    let mut sink = Collected::default();
    Photon::parse(source, &mut InMemory::new([(name, document.into())]), &mut sink).map(|_| sink)
}

fn record(id: &str, fixed: &str, status: Value) -> Value {
    json!({"cve_id": id, "pkg": "curl", "cve_score": 7.5, "aff_ver": "", "res_ver": fixed, "status": status})
}

#[test]
fn a_run_leads_from_the_list_of_releases_to_their_documents() {
    let list = "https://packages.broadcom.com/photon/photon_cve_metadata/photon_versions.json";
    assert_eq!(Photon::sources(None), [Source::whole("releases", list)]);
    let sink = parse("releases", "photon_versions.json", r#"{"branches": ["4.0", "../x", "5.0"]}"#).unwrap();
    let followed: Vec<_> = sink.followed.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(followed, ["4.0", "5.0"]);
    assert!(sink.followed[1].url.ends_with("/cve_data_photon5.0.json"));
    for list in ["", "[]", "{}", r#"{"branches": []}"#] {
        assert!(matches!(parse("releases", "x", list), Err(Error::Malformed(_))), "{list}");
    }
}

#[test]
fn a_record_is_stated_of_the_package_and_of_the_source_of_that_name() {
    let sink =
        parse("5.0", "x", json!([record("CVE-2025-9086", "8.16.0-1.ph5", json!("Fixed"))]).to_string())
            .unwrap();
    let affected = &sink.advisories[0].affected;
    assert_eq!(affected.iter().map(|it| it.source).collect::<Vec<_>>(), [false, true]);
    assert!(
        affected
            .iter()
            .all(|it| it.ranges == [Range::before("8.16.0-1.ph5")] && it.ratings[0].score == Some(7.5))
    );
}

#[test]
fn the_release_is_that_of_the_source_the_file_or_the_packages() {
    let check = |source: &str, name: &str, fixed: &str, expected: Option<&str>| {
        let document = json!([record("CVE-2025-9086", fixed, json!(null))]).to_string();
        let read = parse(source, name, document).ok();
        assert_eq!(read.and_then(|sink| sink.identified).as_deref(), expected, "{source} {name} {fixed}");
    };
    check("4.0", "cve_data_photon5.0.json", "1-1.ph3", Some("4.0"));
    check("handed-in", "cve_data_photon5.0.json", "1-1.ph3", Some("5.0"));
    check("handed-in", "handed-in.json", "1-1.ph3", Some("3.0"));
    check("handed-in", "handed-in.json", "NA", None);
}

#[test]
fn the_status_says_which_versions_are_affected() {
    let check = |fixed: &str, status: Value, expected: (Status, Range)| {
        let sink = parse("5.0", "x", json!([record("CVE-2025-9086", fixed, status)]).to_string()).unwrap();
        let stated = &sink.advisories[0].affected[0];
        assert_eq!((stated.status, stated.ranges[0].clone()), expected, "{fixed}");
    };
    check("1-1.ph5", json!("Fixed"), (Status::Affected, Range::before("1-1.ph5")));
    check("1-1.ph5", json!(null), (Status::Affected, Range::before("1-1.ph5")));
    check("NA", json!("Not Affected"), (Status::NotAffected, Range::all()));
    check("NA", json!("Open"), (Status::Affected, Range::all()));
}

#[test]
fn a_record_that_cannot_be_used_costs_itself() {
    let good = record("CVE-2025-9086", "1-1.ph5", json!("Fixed"));
    let bad = [
        json!(7),
        json!({}),
        record("UNK-1", "NA", json!(null)),
        record("", "NA", json!(null)),
        record("CVE-1", "1 2", json!(null)),
    ];
    for bad in bad {
        let sink = parse("5.0", "x", json!([good, bad]).to_string()).unwrap();
        assert_eq!((sink.advisories.len(), sink.rejected[0].0.as_str()), (1, "[1]"), "{bad}");
    }
    for document in ["", "{}", "<html>", "[]", "[1]"] {
        assert!(matches!(parse("5.0", "x", document), Err(Error::Malformed(_))), "{document}");
    }
}

proptest! {
    #[test]
    fn no_bytes_are_fatal(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse("5.0", "x", [b"[".to_vec(), bytes].concat());
    }
}
