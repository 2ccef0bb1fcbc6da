mod corpus;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Enrichment, Feed};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::Kev;

fn parse(document: impl Into<Vec<u8>>) -> (Result<Option<String>, Error>, Collected) {
    let mut sink = Collected::default();
    let result = Kev::parse("catalog", &mut InMemory::new([("kev.json", document)]), &mut sink);
    (result, sink)
}

fn accepted(document: impl Into<Vec<u8>>) -> Collected {
    let (result, sink) = parse(document);
    assert_eq!((result, sink.identified.as_deref()), (Ok(None), Some("catalog")));
    sink
}

/// A catalog of these entries, which says that it has so many.
fn catalog(count: usize, entries: &[&str]) -> String {
    let entries = entries.join(", ");
    format!(
        r#"{{"title": "x", "catalogVersion": "2024.05.01", "count": {count}, "vulnerabilities": [{entries}]}}"#
    )
}

const ENTRY: &str = r#"{"cveID": "CVE-2024-1", "vendorProject": "Example", "product": "Pad",
    "vulnerabilityName": "Example Pad Overflow", "dateAdded": "2024-05-01", "shortDescription": "x",
    "requiredAction": "Update \u201cPad\u201d.", "dueDate": "2024-05-22",
    "knownRansomwareCampaignUse": "Known", "notes": "", "cwes": ["CWE-787"]}"#;

#[test]
fn an_entry_becomes_an_enrichment() {
    let facts = [
        ("name", "Example Pad Overflow"),
        ("exploited", "2024-05-01"),
        ("due-date", "2024-05-22"),
        ("required-action", "Update “Pad”."),
        ("ransomware", "Known"),
    ];
    let expected = Enrichment {
        id: "CVE-2024-1".into(),
        kind: "kev".into(),
        ratings: vec![],
        facts: facts.map(|(name, value)| (name.into(), value.into())).into(),
    };
    assert_eq!(accepted(catalog(1, &[ENTRY])).enrichments, [expected]);
}

#[test]
fn a_catalog_is_as_old_as_it_says() {
    let check = |json: &str, expected: Option<&str>| {
        let whole = catalog(1, &[r#"{"cveID": "CVE-2024-1"}"#]);
        let document = whole.replacen('{', &format!(r#"{{"dateReleased": {json}, "#), 1);
        assert_eq!(accepted(document).dated.as_deref(), expected, "{json}");
    };
    check(r#""2025-08-25T17:04:19.9796Z""#, Some("2025-08-25T17:04:19.9796Z"));
    check(r#""2025-08-25T17:04:19Z""#, Some("2025-08-25T17:04:19Z"));
    check(r#""2025-08-25""#, Some("2025-08-25"));
    for odd in [r#""2025-08-25T17:04:19""#, r#""25.08.2025""#, r#""""#, "7", "null", "{}"] {
        check(odd, None);
    }
}

#[test]
fn what_is_not_there_is_no_fact() {
    let sink = accepted(catalog(1, &[r#"{"cveID": "CVE-2024-1", "dueDate": null, "requiredAction": " "}"#]));
    assert_eq!(sink.enrichments[0].facts, [("exploited".to_owned(), "yes".to_owned())]);
}

#[test]
fn an_entry_that_cannot_be_used_costs_that_entry() {
    let long = format!(r#"{{"cveID": "CVE-2024-2", "requiredAction": "{}"}}"#, "x".repeat(20_000));
    for bad in [r#"{"cveID": 7}"#, "{}", "[]", r#"{"cveID": "a b"}"#, r#"{"cveID": ""}"#, &long] {
        let sink = accepted(catalog(2, &[ENTRY, bad]));
        assert_eq!((sink.enrichments.len(), sink.rejected.len()), (1, 1), "{bad:.60}");
        assert_eq!(sink.rejected[0].0, "vulnerabilities[1]");
    }
}

#[test]
fn what_is_no_whole_catalog_is_refused() {
    let check = |document: &str, expected: &str| {
        let (Err(Error::Malformed(why)), sink) = parse(document) else { panic!("{document}: was read") };
        assert!(why.contains(expected), "{why}");
        assert_eq!(sink.enrichments, [], "{document}");
    };
    check("", "is empty");
    check("<!DOCTYPE html>", "HTML or XML");
    check("{}", "missing field `vulnerabilities`");
    check(catalog(1, &[ENTRY]).trim_end_matches('}'), "EOF");
    check(&catalog(2, &[ENTRY]), "says it has 2 entries, but has 1");
    check(&catalog(0, &[]), "none of the catalog's 0 entries");
    check(&catalog(1, &["{}"]), "none of the catalog's 1 entries");
}

#[test]
fn a_document_over_the_limit_is_not_kept() {
    let (result, _) = parse(vec![b' '; (64 << 20) + 1]);
    assert!(matches!(result, Err(Error::Malformed(why)) if why.contains("over the limit")));
}

proptest! {
    #[test]
    fn no_bytes_are_fatal(bytes in vec(any::<u8>(), 0..400)) {
        let _ = parse(bytes);
    }

    #[test]
    fn no_cut_catalog_is_taken_for_an_answer(cut in 0_usize..1000) {
        let whole = catalog(1, &[ENTRY]);
        let (result, _) = parse(&whole.as_bytes()[..cut % whole.len()]);
        prop_assert!(result.is_err());
    }
}
