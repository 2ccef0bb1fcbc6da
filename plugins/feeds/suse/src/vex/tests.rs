use limpid_plugin_sdk::feed::Feed as _;
use limpid_plugin_sdk::testing::{Collected, InMemory};

use super::*;
use crate::Suse;

/// Components of products, by the identifiers of both, and what is said of them.
const DOCUMENT: &str = include_str!("../../tests/vex/input/cve-2024-0003.json");

fn parse(source: &str, documents: &[(&str, &str)]) -> Result<Collected, Error> {
    let mut sink = Collected::default();
    Suse::parse(source, &mut InMemory::new(documents.iter().copied()), &mut sink)?;
    Ok(sink)
}

/// What is stated of a package in SLES 15 SP4.
fn of(sink: &Collected, name: &str) -> Vec<(Status, Vec<Range>, Vec<String>)> {
    let [advisory] = &sink.advisories[..] else { panic!("{:?}", sink.advisories) };
    let all = advisory.affected.iter().filter(|one| one.namespace == "sles:15.4" && one.name == name);
    all.map(|one| (one.status, one.ranges.clone(), one.versions.clone())).collect()
}

#[test]
fn a_fix_of_one_product_counts_for_its_release() {
    let sink = parse("any.json", &[("any.json", DOCUMENT)]).unwrap();
    assert_eq!(sink.rejected, []);
    assert_eq!(of(&sink, "pad"), [(Status::Affected, vec![Range::before("1.2-150400.3.1")], Vec::new())]);
    let not_affected = DOCUMENT
        .replace("\"known_affected\"", "\"x\"")
        .replace("not_affected", "affected")
        .replace("\"x\"", "\"known_not_affected\"");
    let sink = parse("any.json", &[("any.json", &not_affected)]).unwrap();
    assert_eq!(of(&sink, "pad"), [(Status::Affected, vec![Range::before("1.2-150400.3.1")], Vec::new())]);
    assert_eq!(of(&sink, "libpad-4_0-18"), [(Status::NotAffected, vec![Range::all()], Vec::new())]);
}

#[test]
fn what_is_recommended_goes_before_what_is_first_fixed() {
    let fix = "\"SUSE Linux Enterprise Server 15 SP4-LTSS:pad-1.2-150400.3.1\"";
    let tree = DOCUMENT.replace(
        "\"relationships\": [",
        r#""relationships": [{"category": "default_component_of", "product_reference": "pad-1.3-1.1",
        "relates_to_product_reference": "SUSE Linux Enterprise Server 15 SP4-LTSS",
        "full_product_name": {"product_id": "later", "name": "x"}},"#,
    );
    let both = tree.replace("\"known_affected\":", "\"first_fixed\": [\"later\"], \"known_affected\":");
    let sink = parse("any.json", &[("any.json", &both)]).unwrap();
    assert_eq!(of(&sink, "pad"), [(Status::Affected, vec![Range::before("1.2-150400.3.1")], Vec::new())]);
    let first = both.replace(&format!("\"recommended\": [{fix},"), "\"recommended\": [");
    let sink = parse("any.json", &[("any.json", &first)]).unwrap();
    assert_eq!(of(&sink, "pad"), [(Status::Affected, vec![Range::before("1.3-1.1")], Vec::new())]);
    // Branches of one release that both are kept up.
    let several = tree.replace("\"recommended\": [", "\"recommended\": [\"later\",");
    let sink = parse("any.json", &[("any.json", &several)]).unwrap();
    assert_eq!(of(&sink, "pad").len(), 2);
}

#[test]
fn whatever_is_open_is_stated_as_such() {
    let open = DOCUMENT.replace("\"known_affected\"", "\"under_investigation\"");
    let sink = parse("any.json", &[("any.json", &open)]).unwrap();
    assert_eq!(of(&sink, "libpad-4_0-18"), [(Status::UnderInvestigation, vec![Range::all()], Vec::new())]);
}

#[test]
fn names_end_where_versions_begin() {
    assert_eq!(
        split("samba-client-libs-4.19.4+git.339.acf1ccaa02-1.22"),
        Some(("samba-client-libs", "4.19.4+git.339.acf1ccaa02-1.22"))
    );
    assert_eq!(split("pad-1.2"), None);
    assert_eq!(split("-1-2"), None);
    assert_eq!(split("pad-1-"), None);
    for (text, expected) in
        [("1.2-3.1", true), ("4_0-18", false), ("1_8_0-openjdk", false), ("libs-32bit", false)]
    {
        assert_eq!(is_version(text), expected, "{text}");
    }
}

#[test]
fn a_fix_without_a_version_costs_itself() {
    let named = DOCUMENT.replace("\"pad-1.3-1.1\"", "\"pad\"").replace(":pad-1.3-1.1", ":pad");
    let sink = parse("any.json", &[("any.json", &named)]).unwrap();
    let why = "malformed: `pad` is fixed in a version that is not named";
    let rejected: Vec<_> = sink.rejected.iter().map(|(id, why)| (id.as_str(), why.to_string())).collect();
    assert_eq!(rejected, [("CVE-2024-0003", why.to_owned())]);
    assert_eq!(sink.advisories[0].affected.len(), 3);
    let unknown = DOCUMENT.replace("\"recommended\": [", "\"recommended\": [\"nobody\",");
    let sink = parse("any.json", &[("any.json", &unknown)]).unwrap();
    assert_eq!(sink.rejected[0].1.to_string(), "malformed: product `nobody` is not in the document");
}

#[test]
fn an_archive_is_one_source_and_a_document_another() {
    let (none, after) = (
        r#"{"document": {"category": "csaf_vex", "csaf_version": "2.0",
        "tracking": {"id": "CVE-1999-0003", "current_release_date": "2025-01-01T00:00:00Z"}}}"#,
        "csaf-vex/b.json",
    );
    let files = [
        ("csaf-vex/a.json.asc", "-----BEGIN"),
        ("csaf-vex/a.json", DOCUMENT),
        (after, none),
        ("csaf-vex/index.txt", "a.json"),
    ];
    let sink = parse("any.tar.bz2", &files).unwrap();
    assert_eq!((sink.rejected.len(), sink.advisories.len()), (0, 1));
    assert_eq!(sink.identified.as_deref(), Some("vex"));
    assert_eq!(sink.dated.as_deref(), Some("2025-01-01T00:00:00Z"));
    let broken = parse("any.tar.bz2", &[("x/a.json", DOCUMENT), ("x/b.json", "{}")]).unwrap();
    assert_eq!((broken.rejected.len(), broken.identified.as_deref()), (1, Some("vex")));
    let single = parse("any.json", &[("any.json", none)]).unwrap();
    assert_eq!(single.identified.as_deref(), Some("CVE-1999-0003"));
}

#[test]
fn what_is_no_such_document_is_refused() {
    let refused = |documents: &[(&str, &str)]| parse("any", documents).unwrap_err();
    assert!(matches!(refused(&[("any", "")]), Error::Malformed(_)));
    assert!(matches!(refused(&[("any", "{}")]), Error::Malformed(_)));
    assert!(matches!(refused(&[("x/a.txt", "a")]), Error::Malformed(_)));
    assert!(matches!(refused(&[("x/a.json", "{}"), ("x/b.json", "{}")]), Error::Malformed(_)));
    let notice = DOCUMENT.replace("\"csaf_vex\"", "\"csaf_security_advisory\"");
    assert!(matches!(refused(&[("any", &notice)]), Error::Unsupported(_)));
    let nameless = DOCUMENT.replace("\"id\": \"CVE-2024-0003\"", "\"id\": \"\"");
    assert!(matches!(refused(&[("any", &nameless)]), Error::Malformed(_)));
}
