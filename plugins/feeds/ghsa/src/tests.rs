use limpid_plugin_sdk::feed::{Enrichment, Range, Rating};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::prelude::*;

use super::*;

mod corpus;

const REVIEWED: &str = r#"{"id": "GHSA-0000-0000-0001", "modified": "2024-05-02T00:00:00Z",
    "published": "2024-05-01T00:00:00Z", "aliases": ["CVE-2024-0001"], "summary": "Pads leak", "details": "They do.",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}],
    "affected": [{"package": {"ecosystem": "npm", "name": "left-pad"}, "ranges": [{"type": "ECOSYSTEM",
    "events": [{"introduced": "0"}, {"fixed": "1.3.1"}]}]}],
    "references": [{"type": "WEB", "url": "https://example.org/pads"}],
    "database_specific": {"cwe_ids": ["CWE-79", "x"], "severity": "MODERATE", "github_reviewed": true,
    "github_reviewed_at": "2024-05-01T12:00:00Z", "nvd_published_at": "2024-05-01T13:00:00Z"}}"#;

const UNREVIEWED: &str = r#"{"id": "GHSA-0000-0000-0002", "modified": "2024-05-03T00:00:00Z",
    "published": "2024-05-03T00:00:00Z", "aliases": ["cve-2024-0002"], "details": "\n\nDaemons stall.\n",
    "severity": [{"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N"}],
    "affected": [], "references": [{"type": "ADVISORY", "url": "https://nvd.nist.gov/vuln/detail/CVE-2024-0002"},
    {"type": "WEB", "url": "not an address"}], "database_specific": {"cwe_ids": ["CWE-617"], "severity": "HIGH",
    "github_reviewed": false, "github_reviewed_at": null, "nvd_published_at": null}}"#;

fn parse(source: &str, documents: &[(&'static str, &str)]) -> (Result<Option<String>, Error>, Collected) {
    let mut sink = Collected::default();
    let mut documents = InMemory::new(documents.iter().map(|(name, text)| (*name, *text)));
    (Ghsa::parse(source, &mut documents, &mut sink), sink)
}

fn facts(facts: &[(&str, &str)]) -> Vec<(String, String)> {
    facts.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What GitHub says besides in a record of these members.
fn enrichment(members: &str) -> Enrichment {
    let record = format!(r#"{{"id": "GHSA-0000-0000-0002", "modified": "2024-05-03T00:00:00Z", {members}}}"#);
    let (result, mut sink) = parse("handed in", &[("GHSA-0000-0000-0002.json", &record)]);
    assert_eq!((result, sink.rejected.as_slice()), (Ok(None), [].as_slice()), "{members}");
    sink.enrichments.remove(0)
}

#[test]
fn nothing_is_fetched_that_another_feed_fetches() {
    assert_eq!(Ghsa::sources(None), []);
}

#[test]
fn what_is_reviewed_is_an_advisory_and_an_enrichment() {
    let (result, sink) = parse("handed in", &[("GHSA-0000-0000-0001.json", REVIEWED)]);
    assert_eq!((result, sink.identified.as_deref()), (Ok(None), Some("GHSA-0000-0000-0001")));
    let [advisory] = sink.advisories.as_slice() else { panic!("{:?}", sink.advisories) };
    assert_eq!(
        (advisory.id.as_str(), advisory.aliases.as_slice()),
        ("GHSA-0000-0000-0001", ["CVE-2024-0001".to_owned()].as_slice())
    );
    assert_eq!(advisory.weaknesses, ["CWE-79"]);
    assert_eq!(
        (advisory.affected[0].namespace.as_str(), &advisory.affected[0].ranges[0]),
        ("npm", &Range::before("1.3.1"))
    );
    let ratings = vec![
        Rating::word("CVSS:3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"),
        Rating::word("github", "MODERATE"),
    ];
    assert_eq!(advisory.ratings, ratings);
    let facts = facts(&[
        ("id", "GHSA-0000-0000-0001"),
        ("reviewed", "2024-05-01T12:00:00Z"),
        ("published", "2024-05-01T00:00:00Z"),
        ("modified", "2024-05-02T00:00:00Z"),
        ("nvd-published", "2024-05-01T13:00:00Z"),
        ("weakness", "CWE-79"),
    ]);
    let expected = Enrichment { id: "CVE-2024-0001".to_owned(), kind: "ghsa".to_owned(), ratings, facts };
    assert_eq!(sink.enrichments, [expected]);
}

#[test]
fn what_is_not_reviewed_is_an_enrichment_only() {
    let (result, sink) = parse("handed in", &[("GHSA-0000-0000-0002.json", UNREVIEWED)]);
    assert_eq!((result, sink.identified.as_deref()), (Ok(None), Some("GHSA-0000-0000-0002")));
    assert_eq!((sink.advisories.as_slice(), sink.withdrawn.as_slice()), ([].as_slice(), [].as_slice()));
    let vector = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N";
    let facts = facts(&[
        ("id", "GHSA-0000-0000-0002"),
        ("reviewed", "no"),
        ("published", "2024-05-03T00:00:00Z"),
        ("modified", "2024-05-03T00:00:00Z"),
        ("weakness", "CWE-617"),
        ("reference", "https://nvd.nist.gov/vuln/detail/CVE-2024-0002"),
        ("description", "Daemons stall."),
    ]);
    let ratings = vec![Rating::word("CVSS:4.0", vector), Rating::word("github", "HIGH")];
    let expected = Enrichment { id: "CVE-2024-0002".to_owned(), kind: "ghsa".to_owned(), ratings, facts };
    assert_eq!(sink.enrichments, [expected]);
}

#[test]
fn one_without_a_cve_is_of_its_own_identifier_and_one_that_was_withdrawn_rates_nothing() {
    assert_eq!(enrichment(r#""database_specific": {}"#).id, "GHSA-0000-0000-0002");
    let of_another =
        r#""aliases": ["PYSEC-2024-1", "CVE-2024-3"], "database_specific": {"github_reviewed": true}"#;
    let other = enrichment(of_another);
    assert_eq!((other.id.as_str(), &other.facts[1]), ("CVE-2024-3", &facts(&[("reviewed", "yes")])[0]));
    let withdrawn =
        enrichment(r#""withdrawn": "2024-05-04T00:00:00Z", "database_specific": {"severity": "HIGH"}"#);
    assert_eq!(withdrawn.ratings, []);
    assert!(withdrawn.facts.contains(&facts(&[("withdrawn", "2024-05-04T00:00:00Z")])[0]));
    assert_eq!(enrichment(r#""database_specific": {"severity": "UNKNOWN"}"#).ratings, []);
}

#[test]
fn records_are_below_two_folders_of_the_repository() {
    let tree = [
        ("db-main/README.md", "# Advisories"),
        ("db-main/tools/a.json", REVIEWED),
        ("db-main/advisories/github-reviewed/2024/05/GHSA-0000-0000-0001/GHSA-0000-0000-0001.json", REVIEWED),
        ("db-main/advisories/unreviewed/2024/05/GHSA-0000-0000-0003/GHSA-0000-0000-0003.json", "{"),
        ("db-main/advisories/unreviewed/2024/05/GHSA-0000-0000-0002/GHSA-0000-0000-0002.json", UNREVIEWED),
    ];
    let (result, sink) = parse("main.tar.gz", &tree);
    assert_eq!((result, sink.identified.as_deref()), (Ok(None), Some("advisories")));
    assert_eq!((sink.advisories.len(), sink.enrichments.len(), sink.rejected.len()), (1, 2, 1));
    assert_eq!(sink.dated.as_deref(), Some("2024-05-03T00:00:00Z"));
    // What is left of one document is not of the next.
    assert_eq!(sink.enrichments[1].id, "CVE-2024-0002");
    assert!(matches!(parse("main.tar.gz", &tree[..2]).0, Err(Error::Malformed(_))));
}

proptest! {
    #[test]
    fn no_record_is_too_odd(member in "[a-z_]{1,20}", value in r#"(null|1|"x"|\[\]|\{\}|\[1\]|\["CWE-1"\])"#) {
        let members = ["severity", "aliases", "references", "details", "database_specific", &member];
        for name in members {
            let record = format!(r#"{{"id": "GHSA-0000-0000-0002", "modified": "", "{name}": {value}}}"#);
            let (result, sink) = parse("handed in", &[("GHSA-0000-0000-0002.json", &record)]);
            prop_assert!(result.is_ok() || sink.rejected.len() == 1, "{}", record);
        }
    }
}
