mod affected;
mod corpus;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Enrichment, Feed, Rating, Source};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::Nvd;

const API: &str = "https://services.nvd.nist.gov/rest/json/cves/2.0";

fn parse(source: &str, document: impl Into<Vec<u8>>) -> (Result<Option<String>, Error>, Collected) {
    let mut sink = Collected::default();
    let result = Nvd::parse(source, &mut InMemory::new([("2.0", document)]), &mut sink);
    (result, sink)
}

/// A page of these results.
fn page(start: u64, total: u64, results: &[&str]) -> String {
    format!(
        r#"{{"resultsPerPage": {}, "startIndex": {start}, "totalResults": {total}, "format": "NVD_CVE",
            "version": "2.0", "timestamp": "2024-05-03T12:00:00.123", "vulnerabilities": [{}]}}"#,
        results.len(),
        results.join(", ")
    )
}

fn cve(members: &str) -> String {
    format!(r#"{{"cve": {{"id": "CVE-2024-1", {members}}}}}"#)
}

const PLAIN: &str = r#"{"cve": {"id": "CVE-2024-1"}}"#;

fn one(members: &str) -> Enrichment {
    let (result, sink) = parse("handed in", page(0, 1, &[&cve(members)]));
    assert_eq!((result, sink.rejected.as_slice()), (Ok(None), [].as_slice()), "{members}");
    sink.enrichments.into_iter().next().unwrap()
}

#[test]
fn a_cve_becomes_an_enrichment() {
    let message = one(r#""published": "2024-05-01T10:00:00.000", "lastModified": "2024-05-02T10:00:00.000",
           "vulnStatus": "Analyzed",
           "descriptions": [{"lang": "es", "value": "Malo."}, {"lang": "en", "value": " Bad.\n"}],
           "weaknesses": [{"type": "Primary", "description": [{"lang": "en", "value": "NVD-CWE-noinfo"}]},
               {"type": "Secondary", "description": [{"lang": "en", "value": "CWE-400"}]},
               {"type": "Secondary", "description": [{"lang": "en", "value": "CWE-400"}]}],
           "configurations": [{"nodes": [{"cpeMatch": [{"criteria": "cpe:2.3:a:x:y"}]}]}]"#);
    let facts = [
        ("published", "2024-05-01T10:00:00.000"),
        ("status", "Analyzed"),
        ("weakness", "CWE-400"),
        ("description", "Bad."),
    ];
    let expected = Enrichment {
        id: "CVE-2024-1".into(),
        kind: "nvd".into(),
        ratings: vec![],
        facts: facts.map(|(name, value)| (name.into(), value.into())).into(),
    };
    assert_eq!(message, expected);
}

#[test]
fn ratings_come_by_version_and_the_primary_ones_first() {
    let metric = |kind: &str, vector: &str, score: &str| {
        format!(r#"{{"type": "{kind}", "cvssData": {{"vectorString": "{vector}", "baseScore": {score}}}}}"#)
    };
    let message = one(&format!(
        r#""metrics": {{"cvssMetricV2": [{}], "cvssMetricV31": [{}, {}, {}], "cvssMetricV40": [{}], "ssvc": []}}"#,
        metric("Primary", "AV:N", "5.0"),
        metric("Secondary", "CVSS:3.1/AV:L", "4.0"),
        metric("Primary", "CVSS:3.1/AV:N", "7.5"),
        metric("Secondary", "CVSS:3.1/AV:N", "7.5"),
        metric("Secondary", "CVSS:4.0/AV:N", "11.0"),
    ));
    let rating =
        |system: &str, value: &str, score: Option<f32>| Rating { score, ..Rating::word(system, value) };
    assert_eq!(
        message.ratings,
        [
            rating("CVSS:4.0", "CVSS:4.0/AV:N", None),
            rating("CVSS:3.1", "CVSS:3.1/AV:N", Some(7.5)),
            rating("CVSS:3.1", "CVSS:3.1/AV:L", Some(4.0)),
            rating("CVSS:2.0", "AV:N", Some(5.0)),
        ]
    );
}

#[test]
fn a_result_that_cannot_be_used_costs_that_result() {
    for bad in [
        "{}",
        "7",
        r#"{"cve": {"id": "GHSA-1"}}"#,
        r#"{"cve": {"id": "CVE-2024 1"}}"#,
        &cve(r#""metrics": 7"#),
    ] {
        let (result, sink) = parse("handed in", page(10, 12, &[PLAIN, bad]));
        assert_eq!((result, sink.enrichments.len()), (Ok(None), 1), "{bad}");
        assert_eq!(sink.rejected.len(), 1, "{bad}");
        assert_eq!(sink.rejected[0].0, "vulnerabilities[11]");
    }
}

#[test]
fn a_first_run_reads_all_pages_and_its_first_page_gives_the_cursor() {
    let source =
        |name: &str, start: u64| Source::delta(name, format!("{API}?resultsPerPage=2000&startIndex={start}"));
    assert_eq!(Nvd::sources(None), [source("cves", 0)]);
    let check = |name: &str, start: u64, cursor: Option<&str>, next: &[Source]| {
        let (result, sink) = parse(name, page(start, 3, &[PLAIN]));
        assert_eq!(result, Ok(cursor.map(Into::into)), "{name}");
        assert_eq!(sink.followed, next, "{name}");
        assert_eq!(sink.identified.as_deref(), Some("cves"), "{name}");
    };
    check("cves", 0, Some("2024-05-03T12:00:00"), &[source("cves from 1", 1)]);
    check("cves from 1", 1, None, &[source("cves from 2", 2)]);
    check("cves from 2", 2, None, &[]);
    check("nvdcve-2.0-2024.json", 0, None, &[]);
}

#[test]
fn a_later_run_asks_for_what_was_modified_since_with_a_day_to_spare() {
    let [source] = Nvd::sources(Some("2024-05-02T12:00:00".into())).try_into().unwrap();
    let window = "lastModStartDate=2024-05-01T12:00:00.000&lastModEndDate=2024-08-28T12:00:00.000";
    assert_eq!(source.url, format!("{API}?resultsPerPage=2000&startIndex=0&{window}"));

    let (result, sink) = parse(&source.name, page(0, 2, &[PLAIN]));
    assert_eq!(result, Ok(Some("2024-05-03T12:00:00".into())));
    let next = Source::delta(
        format!("{} from 1", source.name),
        format!("{API}?resultsPerPage=2000&startIndex=1&{window}"),
    );
    assert_eq!(sink.followed, [next]);
    let (result, sink) = parse(&source.name, page(0, 0, &[]));
    assert_eq!((result, sink.followed.len()), (Ok(Some("2024-05-03T12:00:00".into())), 0));
}

#[test]
fn windows_are_followed_until_the_time_of_the_page() {
    let mut sources = Nvd::sources(Some("2023-06-01T00:00:00".into()));
    let mut names = Vec::new();
    let cursor = loop {
        let source = sources.remove(0);
        let (result, sink) = parse(&source.name, page(0, 0, &[]));
        names.push(source.name);
        match result.unwrap() {
            Some(cursor) => break cursor,
            None => sources = sink.followed,
        }
    };
    assert_eq!(
        names,
        [
            "cves modified 2023-05-31T00:00:00 to 2023-09-27T00:00:00",
            "cves modified 2023-09-27T00:00:00 to 2024-01-24T00:00:00",
            "cves modified 2024-01-24T00:00:00 to 2024-05-22T00:00:00",
        ]
    );
    assert_eq!(cursor, "2024-05-03T12:00:00");
}

#[test]
fn a_page_is_as_old_as_it_says_and_its_times_are_in_utc() {
    let dated = |document: String| parse("cves", document).1.dated;
    let whole = page(0, 1, &[PLAIN]);
    assert_eq!(dated(whole.clone()).as_deref(), Some("2024-05-03T12:00:00Z"));
    assert_eq!(dated(whole.replace("2024-05-03T12", "yesterday")), None);
}

#[test]
fn what_is_no_page_that_was_asked_for_is_refused() {
    let check = |source: &str, document: &str, expected: &str| {
        let why = match parse(source, document) {
            (Err(Error::Malformed(why) | Error::Unsupported(why)), _) => why,
            (other, _) => panic!("{document}: {other:?}"),
        };
        assert!(why.contains(expected), "{why}");
    };
    let whole = page(0, 1, &[PLAIN]);
    check("cves", "", "is empty");
    check("cves", "<html>", "HTML or XML");
    check("cves", "[]", "a page of CVEs");
    check("cves", "{}", "no `vulnerabilities`");
    check("cves", whole.trim_end_matches('}'), "EOF");
    check("cves", &whole.replace("NVD_CVE", "NVD_CPE"), "format is `NVD_CPE`");
    check("cves", &whole.replace("\"2.0\"", "\"3.0\""), "version `3.0`");
    check("cves", &whole.replace("timestamp", "time"), "no usable `timestamp`");
    check("cves", &page(0, 1, &["{}"]), "none of the page's 1 results");
    check("cves", &page(0, 5, &[]), "has no results, but there are 5 from 0 on");
    check("cves from 2000", &whole, "begins at result 0, not at 2000");
    let old = "cves modified 1900-01-01T00:00:00 to 1900-04-30T00:00:00";
    check(old, &whole, "years after 1900-04-30T00:00:00");
}

#[test]
fn a_document_that_never_ends_a_string_is_not_kept() {
    let (result, _) = parse("cves", format!(r#"{{"format": "{}"#, "x".repeat(17 << 20)));
    let Err(Error::Malformed(why)) = result else { panic!("{result:?}") };
    assert!(why.contains("over the limit of 16777216 bytes"), "{why}");
}

proptest! {
    #[test]
    fn no_bytes_are_fatal(bytes in vec(any::<u8>(), 0..400)) {
        let _ = parse("cves", bytes);
    }

    #[test]
    fn no_broken_page_is_fatal_or_taken_for_an_answer(cut in 0_usize..1000, byte in any::<u8>(), at in 0_usize..1000) {
        let whole = page(0, 1, &[PLAIN]);
        let mut broken = whole.clone().into_bytes();
        let place = at % broken.len();
        broken[place] = byte;
        let _ = parse("cves", broken);
        let (result, _) = parse("cves", &whole.as_bytes()[..cut % whole.len()]);
        prop_assert!(result.is_err());
    }

    #[test]
    fn no_name_of_a_source_is_fatal(name in "cves( modified)?( [0-9T:-]{0,20})?( to )?([0-9T:-]{0,20})?( from [0-9]{0,30})?") {
        let _ = parse(&name, page(0, 1, &[PLAIN]));
    }
}
