mod corpus;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Enrichment, Feed, Rating};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::Epss;

const FIRST: &str = "#model_version:v2025.03.14,score_date:2026-08-16T00:00:00+0000\n";

fn parse(document: impl Into<Vec<u8>>) -> (Result<Option<String>, Error>, Collected) {
    let mut sink = Collected::default();
    let result = Epss::parse("scores", &mut InMemory::new([("scores.csv", document)]), &mut sink);
    (result, sink)
}

fn list(lines: &str) -> String {
    format!("{FIRST}cve,epss,percentile\n{lines}")
}

#[test]
fn a_line_becomes_an_enrichment() {
    let (result, sink) = parse(list("CVE-2024-1,0.03351,0.87650\r\nCVE-2024-2,4e-05,0\n"));
    assert_eq!(result, Ok(Some("2026-08-16T00:00:00+0000".into())));
    assert_eq!(sink.identified.as_deref(), Some("scores"));
    let enrichment = |id: &str, text: &str, score: f32, percentile: &str| Enrichment {
        id: id.into(),
        kind: "epss".into(),
        ratings: vec![Rating { system: "EPSS".into(), value: text.into(), score: Some(score) }],
        facts: vec![("percentile".into(), percentile.into())],
    };
    assert_eq!(
        sink.enrichments,
        [
            enrichment("CVE-2024-1", "0.03351", 0.03351, "0.87650"),
            enrichment("CVE-2024-2", "4e-05", 0.00004, "0")
        ]
    );
}

#[test]
fn the_day_of_the_scores_stands_in_no_record() {
    let other_day = list("CVE-2024-1,0.1,0.2\n").replace("08-16", "08-17");
    assert_eq!(parse(other_day).1.enrichments, parse(list("CVE-2024-1,0.1,0.2\n")).1.enrichments);
}

#[test]
fn a_list_is_as_old_as_it_says() {
    let check = |date: &str, expected: Option<&str>| {
        let (_, sink) = parse(list("CVE-2024-1,0.1,0.2\n").replace("2026-08-16T00:00:00+0000", date));
        assert_eq!(sink.dated.as_deref(), expected, "`{date}`");
    };
    check("2026-08-16T00:00:00+0000", Some("2026-08-16T00:00:00+00:00"));
    check("2026-08-16T00:00:00-0130", Some("2026-08-16T00:00:00-01:30"));
    check("2026-08-16T00:00:00Z", Some("2026-08-16T00:00:00Z"));
    check("2021-04-22", Some("2021-04-22"));
    check("2026-08-16T00:00:00", None);
    check("2026-08-16T00:00:00+000", None);
    check("today", None);
    check("", None);
}

#[test]
fn a_list_without_a_comment_is_read() {
    let (result, sink) = parse("cve,epss,percentile\nCVE-2024-1,0.1,0.2\n");
    assert_eq!((result, sink.enrichments.len()), (Ok(None), 1));
}

#[test]
fn a_line_that_cannot_be_used_costs_that_line() {
    for bad in [
        "CVE-2024-2",
        "CVE-2024-2,0.1",
        "CVE-2024-2,0.1,0.2,0.3",
        "CVE-2024-2,1.5,0.2",
        "CVE-2024-2,-0.1,0.2",
        "CVE-2024-2,NaN,0.2",
        "CVE-2024-2,0.1,inf",
        "CVE-2024-2,,0.2",
        "GHSA-1,0.1,0.2",
        "CVE-2024 2,0.1,0.2",
        "",
    ] {
        let (result, sink) = parse(list(&format!("{bad}\nCVE-2024-1,0.1,0.2\n")));
        assert!(result.is_ok(), "{bad}");
        assert_eq!((sink.enrichments.len(), sink.rejected.len()), (1, 1), "{bad}");
        assert_eq!(sink.rejected[0].0, "line 3");
    }
}

#[test]
fn what_is_no_whole_list_is_refused() {
    let check = |document: &str, expected: &str| {
        let (Err(Error::Malformed(why)), _) = parse(document) else { panic!("{document}: was read") };
        assert!(why.contains(expected), "{why}");
    };
    check("", "is empty");
    check(FIRST, "ends after its first line");
    check("<!DOCTYPE html>\n<html>\n", "has `<!DOCTYPE html>`");
    check("cve,score\n", "has `cve,score`");
    check(&list(""), "names no score");
    check(&list("a\nb\n"), "none of 2 lines");
    check(&list("CVE-2024-1,0.1,0.2\nCVE-2024-2,0.1,0.2"), "line 4 does not end");
    check(&list(&"x".repeat(600)), "line 3 does not end, or not within 512 bytes");
}

proptest! {
    #[test]
    fn no_bytes_are_fatal(bytes in vec(any::<u8>(), 0..400), start in "(#x\n)?(cve,epss,percentile\n)?") {
        let _ = parse([start.into_bytes(), bytes].concat());
    }

    #[test]
    fn no_list_that_is_cut_within_a_line_is_taken_for_an_answer(cut in 0_usize..1000) {
        let whole = list("CVE-2024-1,0.1,0.2\nCVE-2024-2,0.1,0.2\n");
        let cut = &whole[..cut % whole.len()];
        prop_assert!(parse(cut).0.is_err() || cut.ends_with("0.2\n"));
    }
}
