mod corpus;

use limpid_plugin_sdk::feed::{Affected, Range, Rating, Source, Status};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::prelude::*;

use super::*;

#[test]
fn a_run_fetches_a_list_and_an_archive() {
    let expected = [
        Source::whole("data", "https://advisory.echohq.com/data.json"),
        Source::whole("osv", "https://advisory.echohq.com/osv/all.zip"),
    ];
    assert_eq!(Echo::sources(None), expected);
}

fn list(document: impl Into<Vec<u8>>) -> (Result<Option<String>, Error>, Collected) {
    let mut sink = Collected::default();
    let read = Echo::parse("data", &mut InMemory::new([("data.json", document.into())]), &mut sink);
    (read, sink)
}

#[test]
fn what_the_list_says_becomes_a_status_of_versions() {
    let check = |entry: &str, status: Status, range: Range, word: Option<&str>| {
        let (read, sink) = list(format!(r#"{{"nginx": {{"CVE-2026-1": {entry}}}}}"#));
        assert_eq!((read, sink.rejected.as_slice()), (Ok(None), &[][..]), "{entry}");
        let expected = Affected {
            namespace: "echo".to_owned(),
            name: "nginx".to_owned(),
            source: true,
            scheme: "dpkg".to_owned(),
            status,
            ranges: vec![range],
            ratings: word.map(|word| Rating::word("echo", word)).into_iter().collect(),
            ..Affected::default()
        };
        assert_eq!(sink.advisories[0].affected, [expected], "{entry}");
        assert_eq!(sink.advisories[0].references, ["https://advisory.echohq.com/cve/CVE-2026-1"]);
    };
    check("{}", Status::Affected, Range::all(), None);
    check(r#"{"severity": "high"}"#, Status::Affected, Range::all(), Some("high"));
    check(r#"{"fixed_version": "", "severity": null}"#, Status::Affected, Range::all(), None);
    let fixed = r#"{"fixed_version": "1.26.3-3+e1", "severity": "medium"}"#;
    check(fixed, Status::Affected, Range::before("1.26.3-3+e1"), Some("medium"));
    check(r#"{"fixed_version": "0", "severity": "low"}"#, Status::NotAffected, Range::all(), None);
    check(r#"{"fixed_version": "1"}"#, Status::NotAffected, Range::all(), None);
}

#[test]
fn a_record_that_cannot_be_used_costs_itself() {
    let sound = r#""sound": {"CVE-2026-1": {}}"#;
    let check = |other: &str, path: &str| {
        let (read, sink) = list(format!("{{{other}, {sound}}}"));
        assert_eq!(read, Ok(None), "{other}");
        assert_eq!(sink.advisories.len(), 1, "{other}");
        let paths: Vec<_> = sink.rejected.iter().map(|it| it.0.as_str()).collect();
        assert_eq!(paths, [path], "{other}");
    };
    check(r#""nginx": []"#, "nginx");
    check(r#""": {}"#, "");
    check(r#""nginx": {"CVE-2026-2": []}"#, "nginx/CVE-2026-2");
    check(r#""nginx": {"CVE 2026 2": {}}"#, "nginx/CVE 2026 2");
    check(r#""nginx": {"CVE-2026-2": {"fixed_version": "none"}}"#, "nginx/CVE-2026-2");
    check(r#""nginx": {"CVE-2026-2": {"fixed_version": 2}}"#, "nginx/CVE-2026-2");
}

#[test]
fn a_document_that_is_no_list_or_says_nothing_is_refused() {
    for document in ["", "[]", "{}", "<html>", r#"{"nginx": {}}"#, r#"{"error": "gone"}"#, r#"{"a": {}} {}"#]
    {
        let read = list(document).0;
        assert!(matches!(read, Err(Error::Malformed(_))), "{document}: {read:?}");
    }
    let none = Echo::parse("data", &mut InMemory::default(), &mut Collected::default());
    assert_eq!(none, Err(Error::malformed("there is no document")));
}

#[test]
fn a_package_that_never_ends_is_not_kept_to_its_end() {
    let read = list(format!(r#"{{"nginx": {{"CVE-2026-1": "{}"#, "x".repeat(17 << 20))).0;
    let Err(Error::Malformed(why)) = read else { panic!("{read:?}") };
    assert!(why.contains("over the limit"), "{why}");
}

fn record(ecosystem: &str, name: &str, fixed: &str) -> String {
    format!(
        r#"{{"id": "ECHO-0000-0000-0001", "modified": "2026-09-15T01:16:09Z", "upstream": ["CVE-2026-1"],
        "affected": [{{"package": {{"ecosystem": "{ecosystem}", "name": "{name}"}}, "ranges": [{{"type": "ECOSYSTEM",
        "events": [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}]}}]}}"#
    )
}

fn osv(record: &str) -> Collected {
    let mut sink = Collected::default();
    let mut documents = InMemory::new([("all/ECHO-0000-0000-0001.json", record)]);
    assert_eq!(Echo::parse("osv", &mut documents, &mut sink), Ok(None), "{record}");
    assert_eq!((sink.rejected.as_slice(), sink.identified.as_deref()), (&[][..], Some("osv")));
    sink
}

#[test]
fn builds_of_pythons_packages_hold_a_fix_from_one_on() {
    for ecosystem in ["Echo:PyPI", "Echo:PyPi"] {
        let sink = osv(&record(ecosystem, "Flask_Pad", "2.0.1+echo.2"));
        let [advisory] = sink.advisories.as_slice() else { panic!("{sink:?}") };
        let [pad] = advisory.affected.as_slice() else { panic!("{advisory:?}") };
        let stated = (pad.namespace.as_str(), pad.name.as_str(), pad.scheme.as_str(), pad.status);
        assert_eq!(stated, ("pypi", "flask-pad", "pep440", Status::NotAffected));
        assert_eq!(pad.ranges, [Range::through("2.0.1+echo.999999999").from("2.0.1+echo.2")]);
        assert_eq!(advisory.aliases, ["CVE-2026-1"]);
    }
}

#[test]
fn of_what_no_version_tells_who_built_it_nothing_is_stated() {
    for (ecosystem, fixed) in [
        ("Echo", "1.2-3"),
        ("Echo:npm", "2.0.1+echo.1"),
        ("Echo:PyPI", "2.0.1"),
        ("Echo:PyPI", "2.0.1+echo.x"),
        ("Echo:PyPI", "+echo.1"),
    ] {
        assert_eq!(osv(&record(ecosystem, "pad", fixed)).advisories, [], "{ecosystem} {fixed}");
    }
}

#[test]
fn what_is_handed_in_is_told_by_its_name() {
    let mut sink = Collected::default();
    let document = InMemory::new([("data.json", r#"{"nginx": {"CVE-2026-1": {}}}"#)]);
    assert_eq!(Echo::parse("data.json", &mut { document }, &mut sink), Ok(None));
    assert_eq!(sink.identified.as_deref(), Some("data"));
    let mut sink = Collected::default();
    let document = InMemory::new([("record.json", record("Echo", "nginx", "1"))]);
    assert_eq!(Echo::parse("record.json", &mut { document }, &mut sink), Ok(None));
    assert_eq!(sink.identified.as_deref(), Some("ECHO-0000-0000-0001"));
}

proptest! {
    #[test]
    fn whatever_the_list_says_each_entry_is_stated_or_rejected(
        packages in prop::collection::btree_map("[a-z]{1,3}", prop::collection::btree_map(
            "CVE-2026-[0-9]{1,3}|[ -~]{0,4}", prop::option::of("[0-9a-z.~+-]{0,6}"), 1..4), 1..4)
    ) {
        let entry = |version: &Option<String>| match version {
            Some(version) => serde_json::json!({"fixed_version": version}),
            None => serde_json::json!({}),
        };
        let document: serde_json::Map<_, _> = packages
            .iter()
            .map(|(name, ids)| {
                let ids: serde_json::Map<_, _> = ids.iter().map(|(id, it)| (id.clone(), entry(it))).collect();
                (name.clone(), ids.into())
            })
            .collect();
        let (_, sink) = list(serde_json::to_string(&document).unwrap());
        let named: usize = packages.values().map(|ids| ids.len()).sum();
        prop_assert_eq!(sink.advisories.len() + sink.rejected.len(), named);
    }

    #[test]
    fn no_document_is_too_odd(document in any::<Vec<u8>>()) {
        let _ = list(document);
    }
}
