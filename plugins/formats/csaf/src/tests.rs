use limpid_plugin_sdk::Error;
use proptest::prelude::*;

use super::*;

mod corpus;

const DOCUMENT: &str = r#"{
  "document": {"category": "csaf_vex", "csaf_version": "2.0", "title": "Pads leak", "notes": [{"text": 1}],
    "tracking": {"id": "CVE-2024-0001", "current_release_date": "2024-05-02T00:00:00Z", "status": "final"}},
  "product_tree": {
    "branches": [{"category": "vendor", "name": "Pads", "branches": [
      {"category": "product_name", "name": "Paper", "product": {"product_id": "paper", "name": "Paper 9",
        "product_identification_helper": {"cpe": "cpe:/o:pads:paper:9"}}},
      {"category": "product_version", "name": "pad", "product": {"product_id": "pad-1", "name": "pad-1",
        "product_identification_helper": {"purl": "pkg:rpm/pads/pad@1-1"}}}]}],
    "relationships": [{"category": "default_component_of", "product_reference": "pad-1",
      "relates_to_product_reference": "paper", "full_product_name": {"product_id": "paper:pad-1", "name": "x"}}]},
  "vulnerabilities": [{"cve": "CVE-2024-0001", "cwe": {"id": "CWE-476", "name": "x"},
    "notes": [{"category": "description", "text": "Pads leak."}],
    "product_status": {"fixed": ["paper:pad-1"], "known_affected": ["paper"], "known_not_affected": ["pad-1"],
      "recommended": ["paper:pad-1"]},
    "flags": [{"label": "component_not_present", "product_ids": ["pad-1"]}],
    "remediations": [{"category": "vendor_fix", "details": "x", "product_ids": ["paper:pad-1", "paper"]},
      {"category": "no_fix_planned", "details": "Will not fix", "product_ids": ["paper"]}],
    "threats": [{"category": "impact", "details": "Low", "product_ids": ["paper"]}],
    "scores": [{"cvss_v3": {"version": "3.1", "vectorString": "CVSS:3.1/AV:N", "baseScore": 5.5}, "products": ["paper"]}]}]
}"#;

fn refused(document: &str) -> Error {
    Csaf::read(document.as_bytes()).unwrap_err()
}

#[test]
fn products_are_components_of_products() {
    let csaf = Csaf::read(DOCUMENT.as_bytes()).unwrap();
    let stated = csaf.statements(&csaf.vulnerabilities[0]);
    let both = csaf.product(stated[0].product);
    assert_eq!(both.id, "paper:pad-1");
    let (component, platform) = both.component_of.unwrap();
    assert_eq!(csaf.product(component).purl, Some("pkg:rpm/pads/pad@1-1"));
    assert_eq!(
        (csaf.product(platform).cpe, csaf.product(platform).name),
        (Some("cpe:/o:pads:paper:9"), "Paper 9")
    );
    assert_eq!(csaf.product(platform).component_of, None);
}

#[test]
fn statements_have_their_reasons() {
    let csaf = Csaf::read(DOCUMENT.as_bytes()).unwrap();
    let vulnerability = &csaf.vulnerabilities[0];
    let stated = csaf.statements(vulnerability);
    let short: Vec<_> = stated
        .iter()
        .map(|one| {
            let why = one.without_fix.map(|remediation| remediation.details.as_str());
            (csaf.product(one.product).id, one.status, one.justification, why)
        })
        .collect();
    let expected = [
        ("paper:pad-1", Status::Fixed, None, None),
        ("paper:pad-1", Status::Recommended, None, None),
        ("paper", Status::KnownAffected, None, Some("Will not fix")),
        ("pad-1", Status::KnownNotAffected, Some("component_not_present"), None),
    ];
    assert_eq!(short, expected);
    assert_eq!(vulnerability.weaknesses().collect::<Vec<_>>(), ["CWE-476"]);
    assert_eq!(vulnerability.note("description"), Some("Pads leak."));
    assert_eq!(csaf.document.tracking.current_release_date.as_deref(), Some("2024-05-02T00:00:00Z"));
}

#[test]
fn a_product_below_a_range_of_versions_is_that_range() {
    let ranged = DOCUMENT.replace(
        r#"{"category": "product_version", "name": "pad", "product""#,
        r#"{"category": "product_version_range", "name": "vers:rpm/<1-1", "product""#,
    );
    let csaf = Csaf::read(ranged.as_bytes()).unwrap();
    let stated = csaf.statements(&csaf.vulnerabilities[0]);
    let ranges: Vec<_> = stated.iter().map(|one| csaf.product(one.product).range).collect();
    assert_eq!(ranges, [None, None, None, Some("vers:rpm/<1-1")]);
    let nested = ranged.replace(
        r#""name": "vers:rpm/<1-1", "product": {"product_id": "pad-1", "name": "pad-1","#,
        r#""name": "vers:rpm/<1-1", "branches": [{"category": "architecture", "name": "x", "product": {"product_id": "pad-1", "name": "pad-1","#,
    );
    let nested = nested.replace(r#""pkg:rpm/pads/pad@1-1"}}}]}],"#, r#""pkg:rpm/pads/pad@1-1"}}}]}]}],"#);
    let csaf = Csaf::read(nested.as_bytes()).unwrap();
    let stated = csaf.statements(&csaf.vulnerabilities[0]);
    assert_eq!(csaf.product(stated[3].product).range, Some("vers:rpm/<1-1"), "whatever lies between them");
}

#[test]
fn groups_stand_for_their_products() {
    let grouped = DOCUMENT
        .replace(
            r#""relationships""#,
            r#""product_groups": [{"group_id": "all", "product_ids": ["pad-1", "paper"]}], "relationships""#,
        )
        .replace(
            r#""component_not_present", "product_ids": ["pad-1"]"#,
            r#""component_not_present", "group_ids": ["all", "none"]"#,
        )
        .replace(r#""Will not fix", "product_ids": ["paper"]"#, r#""Will not fix", "group_ids": ["all"]"#)
        .replace(r#""Low", "product_ids": ["paper"]"#, r#""Low", "group_ids": ["none"]"#);
    let csaf = Csaf::read(grouped.as_bytes()).unwrap();
    let vulnerability = &csaf.vulnerabilities[0];
    let stated = csaf.statements(vulnerability);
    let short: Vec<_> = stated.iter().map(|one| (one.justification, one.without_fix.is_some())).collect();
    let of_group = (Some("component_not_present"), true);
    assert_eq!(short, [(None, false), (None, false), of_group, of_group]);
    assert!(vulnerability.threats.is_empty(), "what is said of no product is not said of all");
}

#[test]
fn groups_do_not_multiply_without_end() {
    let ids: Vec<_> = (0..2_000).map(|id| format!("\"{id}\"")).collect();
    let flag = r#"{"label": "component_not_present", "group_ids": ["all"]}"#;
    let grouped = DOCUMENT
        .replace(
            r#""relationships""#,
            &format!(
                r#""product_groups": [{{"group_id": "all", "product_ids": [{}]}}], "relationships""#,
                ids.join(",")
            ),
        )
        .replace(r#""flags": ["#, &format!(r#""flags": [{}, "#, vec![flag; 2_001].join(",")));
    assert!(refused(&grouped).to_string().contains("its groups stand for more than 4000000 products"));
}

#[test]
fn version_2_1_says_the_same_in_other_words() {
    let later = DOCUMENT
        .replace("\"csaf_version\": \"2.0\"", "\"csaf_version\": \"2.1\"")
        .replace(
            "\"cwe\": {\"id\": \"CWE-476\", \"name\": \"x\"}",
            "\"cwes\": [{\"id\": \"CWE-476\", \"version\": \"4\"}]",
        )
        .replace("\"purl\": \"pkg:rpm/pads/pad@1-1\"", "\"purls\": [\"pkg:rpm/pads/pad@1-1\"]")
        .replace("\"scores\": [{\"cvss_v3\": {", "\"metrics\": [{\"content\": {\"cvss_v3\": {")
        .replace("\"baseScore\": 5.5}", "\"baseScore\": 5.5}}")
        .replace("\"known_affected\"", "\"unknown\": [\"paper\"], \"known_affected\"");
    let (old, new) = (Csaf::read(DOCUMENT.as_bytes()).unwrap(), Csaf::read(later.as_bytes()).unwrap());
    let short = |csaf: &Csaf| {
        let vulnerability = &csaf.vulnerabilities[0];
        let ratings: Vec<_> = vulnerability.ratings().map(|(rating, of)| (rating, of.len())).collect();
        let stated = csaf.statements(vulnerability);
        let products: Vec<_> = stated.iter().map(|one| csaf.product(one.product).id.to_owned()).collect();
        let component = csaf.product(csaf.product(stated[0].product).component_of.unwrap().0);
        let weaknesses = vulnerability.weaknesses().map(str::to_owned).collect::<Vec<_>>();
        (ratings, products, component.purl.map(str::to_owned), weaknesses)
    };
    assert_eq!(short(&old), short(&new));
    assert_eq!(short(&new).0[0].0.system, "CVSS:3.1");
    assert_eq!(short(&new).0.len(), 1);
}

#[test]
fn what_is_no_document_is_refused() {
    assert!(matches!(refused(""), Error::Malformed(_)));
    assert!(matches!(refused("<html>"), Error::Malformed(_)));
    assert!(matches!(refused("{}"), Error::Malformed(_)));
    assert!(matches!(refused(&DOCUMENT[..DOCUMENT.len() / 2]), Error::Malformed(_)));
    let other = DOCUMENT.replace("\"csaf_version\": \"2.0\"", "\"csaf_version\": \"3.0\"");
    assert!(matches!(refused(&other), Error::Unsupported(_)));
    let deep = DOCUMENT.replace("\"branches\": [{", &"\"branches\": [{".repeat(200));
    assert!(matches!(refused(&deep), Error::Malformed(_)));
}

proptest! {
    #[test]
    fn no_document_is_too_odd_to_be_read(cut in 0usize..2600, insert in r#"["{}\[\]a-z:,]{0,6}"#) {
        let mut document = DOCUMENT.to_owned();
        document.insert_str(cut.min(document.len()), &insert);
        let _outcome = Csaf::read(document.as_bytes()).is_ok();
    }
}
