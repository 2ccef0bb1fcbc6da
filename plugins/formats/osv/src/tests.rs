mod properties;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Range, Rating, Status};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use serde_json::{Value, json};

use crate::{Ecosystem, Publisher, Scope, Stated, Summary};

/// A publisher without anything of its own.
struct Plain;

impl Publisher for Plain {
    fn ecosystem(&self, stated: &Stated<'_>) -> Ecosystem {
        Ecosystem::defined(stated.ecosystem, stated.versions)
    }

    fn rater(&self, id: &str) -> String {
        format!("rater of {id}")
    }
}

fn parse<C: Into<Vec<u8>>>(
    documents: impl IntoIterator<Item = (&'static str, C)>,
) -> (Result<Summary, Error>, Collected) {
    let mut sink = Collected::default();
    let result = crate::read(&Plain, Scope::Everything, &mut InMemory::new(documents), &mut sink);
    (result, sink)
}

fn accepted(record: &Value) -> Collected {
    let (result, sink) = parse([("record.json", record.to_string())]);
    assert_eq!(result.map(|summary| summary.records), Ok(1), "{record}");
    sink
}

fn one(record: &Value) -> Advisory {
    let sink = accepted(record);
    assert_eq!(sink.rejected, []);
    let [advisory] = sink.advisories.as_slice() else { panic!("{record}: {sink:?}") };
    advisory.clone()
}

fn refused(documents: &[(&'static str, &str)]) -> String {
    match parse(documents.iter().map(|(name, text)| (*name, *text))) {
        (Err(Error::Malformed(why)), _) => why,
        (other, _) => panic!("not refused as malformed: {other:?}"),
    }
}

/// A record of one package, with members of its own.
fn record(id: &str, ecosystem: &str, members: &Value) -> Value {
    let mut affected = json!({
        "package": {"ecosystem": ecosystem, "name": "left-pad"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.3.1"}]}],
    });
    let mut record = json!({"id": id, "modified": "2024-05-01T00:00:00Z"});
    for (name, value) in members.as_object().unwrap() {
        let into = if name.starts_with("affected.") { &mut affected } else { &mut record };
        into[name.trim_start_matches("affected.")] = value.clone();
    }
    if record["affected"].is_null() {
        record["affected"] = json!([affected]);
    }
    record
}

fn affected(ecosystem: &str, members: &Value) -> Affected {
    let advisory = one(&record("X-1", ecosystem, members));
    let [affected] = advisory.affected.as_slice() else { panic!("{advisory:?}") };
    affected.clone()
}

#[test]
fn a_record_becomes_an_advisory() {
    let advisory = one(&record(
        "GHSA-0000-0000-0000",
        "npm",
        &json!({
            "aliases": ["CVE-2024-1"],
            "summary": "left-pad pads right\nsometimes",
            "details": "A \"long\" story.",
            "published": "2024-04-01T00:00:00Z",
            "withdrawn": "2024-06-01T00:00:00.5Z",
            "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}],
            "references": [{"type": "WEB", "url": "https://example.org/1"}, {"type": "WEB"}],
            "database_specific": {"severity": "HIGH", "cwe_ids": ["CWE-1333"]},
        }),
    ));
    let expected = Advisory {
        aliases: vec!["CVE-2024-1".into()],
        title: "left-pad pads right".into(),
        details: "A \"long\" story.".into(),
        ratings: vec![
            Rating::word("CVSS:3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"),
            Rating::word("rater of GHSA-0000-0000-0000", "HIGH"),
        ],
        weaknesses: vec!["CWE-1333".into()],
        references: vec!["https://example.org/1".into()],
        published: Some("2024-04-01T00:00:00Z".into()),
        modified: Some("2024-05-01T00:00:00Z".into()),
        withdrawn: Some("2024-06-01T00:00:00.5Z".into()),
        affected: vec![Affected {
            namespace: "npm".into(),
            name: "left-pad".into(),
            scheme: "npm".into(),
            ranges: vec![Range::before("1.3.1")],
            ..Affected::default()
        }],
        ..Advisory::new("GHSA-0000-0000-0000")
    };
    assert_eq!(advisory, expected);
}

#[test]
fn what_a_record_fixes_are_its_aliases_and_what_is_related_is_not() {
    let check = |id: &str, ecosystem: &str, members: Value, expected: &[&str]| {
        assert_eq!(one(&record(id, ecosystem, &members)).aliases, expected, "{members}");
    };
    check(
        "DSA-1-1",
        "Debian:12",
        json!({"upstream": ["CVE-1", "CVE-2"], "related": ["CVE-3"]}),
        &["CVE-1", "CVE-2"],
    );
    check("X-1", "npm", json!({"aliases": ["A", "X-1", "A"], "upstream": ["B"]}), &["A", "B"]);
    check("X-1", "npm", json!({"related": ["CVE-1"]}), &[]);
    // Errata from before the schema had `upstream`.
    check("ALSA-1", "AlmaLinux:9", json!({"related": ["CVE-1", "RHSA-1"]}), &["CVE-1"]);
    check("DSA-1-1", "Debian:12", json!({"aliases": ["A"], "related": ["CVE-1"]}), &["A"]);
    check("X-1", "npm", json!({"aliases": null, "related": null}), &[]);
}

#[test]
fn ratings_name_their_system() {
    let check = |severity: Value, expected: &[(&str, &str)]| {
        let advisory = one(&record("X-1", "npm", &json!({"severity": severity})));
        let message: Vec<_> =
            advisory.ratings.iter().map(|r| (r.system.as_str(), r.value.as_str())).collect();
        assert_eq!(message, expected, "{severity}");
    };
    check(json!([{"type": "CVSS_V4", "score": "CVSS:4.0/AV:N"}]), &[("CVSS:4.0", "CVSS:4.0/AV:N")]);
    check(json!([{"type": "CVSS_V3", "score": "CVSS:3.0/AV:N"}]), &[("CVSS:3.0", "CVSS:3.0/AV:N")]);
    check(json!([{"type": "CVSS_V4", "score": "CVSS:3.1/AV:N"}]), &[("CVSS:3.1", "CVSS:3.1/AV:N")]);
    check(json!([{"type": "CVSS_V2", "score": "AV:N/AC:L"}]), &[("CVSS:2.0", "AV:N/AC:L")]);
    check(json!([{"type": "CVSS_V2", "score": "(AV:N/AC:L)"}]), &[("CVSS:2.0", "(AV:N/AC:L)")]);
    check(json!([{"type": "CVSS_V2", "score": "CVSS:2.0/AV:N"}]), &[("CVSS:2.0", "CVSS:2.0/AV:N")]);
    check(json!([{"type": "CVSS_V3", "score": " AV:N/AC:L\n"}]), &[("CVSS:3.1", "AV:N/AC:L")]);
    check(json!([{"type": "CVSS_V3", "score": "cvss:3.0/av:n"}]), &[("CVSS:3.0", "cvss:3.0/av:n")]);
    check(json!([{"type": "Ubuntu", "score": "medium"}]), &[("ubuntu", "medium")]);
    check(json!([{"type": "CVSS_V3", "score": "7.5"}]), &[]);
    check(json!([{"type": "Ubuntu", "score": ""}]), &[]);
    check(json!(null), &[]);
}

#[test]
fn a_malicious_package_is_rated_as_one_beside_what_else_rates_it() {
    let rated = |id: &str| -> Vec<String> {
        let own = json!({"affected.database_specific": {"severity": "LOW"}});
        let advisory = one(&record(id, "npm", &own));
        advisory.affected[0]
            .ratings
            .iter()
            .map(|rating| format!("{} {}", rating.system, rating.value))
            .collect()
    };
    let low = |id: &str| format!("rater of {id} LOW");
    let malicious = "openssf-malicious-packages malicious".to_owned();
    assert_eq!(rated("MAL-2024-1"), [low("MAL-2024-1"), malicious]);
    assert_eq!(rated("MALIGN-1"), [low("MALIGN-1")]);
}

#[test]
fn what_is_stated_of_one_package_is_its_own() {
    let rated = |ecosystem: &str, members: Value| -> Vec<(String, String)> {
        affected(ecosystem, &members).ratings.into_iter().map(|r| (r.system, r.value)).collect()
    };
    let pair = |system: &str, value: &str| vec![(system.to_owned(), value.to_owned())];
    assert_eq!(
        rated("Go", json!({"affected.severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:L"}]})),
        pair("CVSS:3.1", "CVSS:3.1/AV:L")
    );
    assert_eq!(
        rated("crates.io", json!({"affected.database_specific": {"cvss": "CVSS:3.1/AV:L"}})),
        pair("CVSS:3.1", "CVSS:3.1/AV:L")
    );
    assert_eq!(
        rated("Debian:12", json!({"affected.ecosystem_specific": {"urgency": "unimportant"}})),
        pair("debian", "unimportant")
    );
    assert_eq!(
        rated("Debian:12", json!({"affected.ecosystem_specific": {"urgency": "not yet assigned"}})),
        []
    );
    assert_eq!(
        affected("Debian:12", &json!({"affected.ecosystem_specific": {"urgency": "end-of-life"}})).status,
        Status::EndOfLife
    );
    assert_eq!(
        affected("crates.io", &json!({"affected.database_specific": {"informational": "unmaintained"}})).note,
        Some("informational: unmaintained".into())
    );
}

#[test]
fn a_source_package_is_known_by_its_distribution_or_its_purl() {
    let check = |ecosystem: &str, purl: &str, expected: bool| {
        let package = json!({"ecosystem": ecosystem, "name": "x", "purl": purl});
        let message = affected(ecosystem, &json!({"affected.package": package}));
        assert_eq!(message.source, expected, "{ecosystem} {purl}");
    };
    check("Debian:12", "pkg:deb/debian/x?arch=source", true);
    check("Debian:12", "pkg:deb/debian/x", true);
    check("AlmaLinux:9", "pkg:rpm/almalinux/x", false);
    check("Photon OS:5.0", "pkg:rpm/x?distro=y&arch=source", true);
    check("npm", "pkg:npm/x", false);
}

#[test]
fn versions_that_are_surely_in_a_range_are_not_listed_again() {
    let check = |ranges: Value, versions: Value, expected: &[&str]| {
        let message = affected("PyPI", &json!({"affected.ranges": ranges, "affected.versions": versions}));
        assert_eq!(message.versions, expected, "{ranges}");
    };
    let until_2 = json!([{"type": "ECOSYSTEM", "events": [{"introduced": "1.0"}, {"fixed": "2.0"}]}]);
    check(
        until_2,
        json!(["0.9", "1.0", "1.5rc1", "1.9.post1", "2.0rc1", "2004b", ""]),
        &["0.9", "2.0rc1", "2004b"],
    );
    let all = json!([{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]);
    check(all, json!(["1.0", "what"]), &[]);
    check(json!([]), json!(["1.0", "1.1"]), &["1.0", "1.1"]);
    check(json!(null), json!(["1.0"]), &["1.0"]);
    let commits =
        json!([{"type": "GIT", "repo": "https://x", "events": [{"introduced": "0"}, {"fixed": "a1"}]}]);
    check(commits, json!(["1.0"]), &["1.0"]);

    let members = json!({"affected.versions": ["v1.0", "v2.0"]});
    assert_eq!(affected("Packagist", &members).versions, ["v2.0"]);
}

#[test]
fn a_record_of_commits_only_states_nothing_and_is_no_failure() {
    let commits = json!([{"type": "GIT", "repo": "https://x", "events": [{"introduced": "0"}]}]);
    for members in [
        json!({"affected.ranges": commits}),
        json!({"affected": [{"ranges": commits, "versions": ["v1"]}]}),
        json!({"affected": []}),
        json!({"affected.ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0"}]}]}),
    ] {
        let sink = accepted(&record("X-1", "npm", &members));
        assert_eq!((sink.advisories.len(), sink.rejected.len()), (0, 0), "{members}");
        assert_eq!(sink.withdrawn, ["X-1"], "{members}");
    }
}

#[test]
fn a_bad_part_costs_that_part_and_a_bad_record_that_record() {
    let good = record("X-1", "npm", &json!({})).to_string();
    let check = |bad: String, path: &str, why: &str| {
        let (result, sink) = parse([("good.json", good.clone()), ("bad.json", bad)]);
        assert_eq!((result.map(|summary| summary.records), sink.advisories.len()), (Ok(1), 1), "{path}");
        let [(id, Error::Malformed(message))] = sink.rejected.as_slice() else { panic!("{path}: {sink:?}") };
        assert_eq!(id, path);
        assert!(message.contains(why), "{message}");
    };
    check(good[..good.len() - 9].to_owned(), "bad.json", "EOF");
    check("<html>".into(), "bad.json", "HTML");
    check(" ".into(), "bad.json", "empty");
    check("[1]".into(), "bad.json", "no JSON object");
    check(record("X 2", "npm", &json!({})).to_string(), "bad.json", "no identifier");
    check(record("X-2", "npm", &json!({"id": null})).to_string(), "bad.json", "no identifier");
    check(
        record("X-2", "npm", &json!({"affected.ranges": {"events": []}})).to_string(),
        "bad.json",
        "sequence",
    );
    check(
        record("X-2", "npm", &json!({"affected.package": {"ecosystem": "npm", "name": ""}})).to_string(),
        "X-2/affected[0]",
        "name is empty",
    );
    check(
        record("X-2", "npm", &json!({"affected.ranges": [{"type": "SEMVER", "events": [{"fixed": "1"}]}]}))
            .to_string(),
        "X-2/affected[0]/ranges[0]",
        "no event `introduced`",
    );
}

#[test]
fn a_range_that_cannot_be_used_costs_neither_other_ranges_nor_listed_versions() {
    let ranges = json!([
        {"type": "ECOSYSTEM", "events": [{"fixed": "1.0"}]},
        {"type": "ECOSYSTEM", "events": [{"introduced": "2.0"}, {"fixed": "2.1"}]},
    ]);
    let sink =
        accepted(&record("X-1", "npm", &json!({"affected.ranges": ranges, "affected.versions": ["0.9"]})));
    let message = &sink.advisories[0].affected[0];
    assert_eq!(
        (&message.ranges, &message.versions),
        (&vec![Range::before("2.1").from("2.0")], &vec!["0.9".to_owned()])
    );
    assert_eq!(sink.rejected[0].0, "X-1/affected[0]/ranges[0]");
}

#[test]
fn the_last_known_end_ends_a_range_that_has_none() {
    let check = |end: &str, events: Value, expected: &[Range], listed: &[&str]| {
        let message = affected(
            "npm",
            &json!({
                "affected.ranges": [{"type": "SEMVER", "events": events}],
                "affected.versions": ["0.18.5", "0.19.3", "0.20.3", "odd"],
                "affected.database_specific": {"last_known_affected_version_range": end},
            }),
        );
        assert_eq!(
            (message.ranges.as_slice(), message.versions),
            (expected, listed.iter().map(|one| (*one).to_owned()).collect()),
            "{end}"
        );
    };
    let open = json!([{"introduced": "0"}]);
    check("< 0.19.3", open.clone(), &[Range::below("0.19.3")], &["odd"]);
    check("<= 0.19.3", open.clone(), &[Range::through("0.19.3")], &["odd"]);
    check("what", open, &[Range::all()], &[]);
    let fixed = json!([{"introduced": "0"}, {"fixed": "0.20.0"}]);
    check("<= 0.19.3", fixed, &[Range::before("0.20.0")], &["0.20.3", "odd"]);
}

#[test]
fn qualifiers_of_a_purl_are_required_of_the_package() {
    let package =
        json!({"ecosystem": "AlmaLinux:9", "name": "x", "purl": "pkg:rpm/almalinux/x?arch=aarch64&distro=9"});
    let message = affected("AlmaLinux:9", &json!({"affected.package": package}));
    assert_eq!(message.requires, [("arch".to_owned(), vec!["aarch64".to_owned()])]);
}

#[test]
fn members_that_are_no_records_are_passed_over() {
    let yaml = "id: PYSEC-0000-1\nmodified: '2024-05-01T00:00:00Z'\naffected:\n- package:\n    name: A.B\n    \
                ecosystem: PyPI\n  ranges:\n  - type: ECOSYSTEM\n    events:\n    - introduced: \"0\"\n    \
                - fixed: 1.10\n";
    let (result, sink) = parse([
        ("./LICENSE.txt", "words"),
        ("./README.md", "# Words"),
        ("./.github/workflows/test.yml", "on: push"),
        ("./tools/package.json", r#"{"name": "tool"}"#),
        ("./vulns/a-b/PYSEC-0000-1.yaml", yaml),
    ]);
    assert_eq!((result.map(|summary| summary.records), sink.rejected.as_slice()), (Ok(1), [].as_slice()));
    assert_eq!(sink.advisories.len(), 1);
    let message = &sink.advisories[0].affected[0];
    assert_eq!((message.name.as_str(), &message.ranges), ("a-b", &vec![Range::before("1.10")]));
}

#[test]
fn what_is_no_record_is_refused_where_it_is_all_that_came() {
    let check = |name: &'static str, text: &str, expected: &str| {
        let why = refused(&[(name, text)]);
        assert!(why.contains(expected), "{name}: {why}");
    };
    check("GHSA-1.json", "<!DOCTYPE html><html></html>", "it is HTML");
    check("GHSA-1.json", r#"{"id": "GHSA-1", "modified": "2024-0"#, "EOF");
    check("GHSA-1.json", "", "it is empty");
    check("document", "<html>", "it is HTML");
    check("README.md", "# Advisories", "no document is a record");
    check("package.json", r#"{"name": "tool"}"#, "no document is a record");
    assert_eq!(refused(&[]), "no document is a record in the OSV schema");
    let why = refused(&[("a.json", "{"), ("b.json", "{")]);
    assert!(why.starts_with("none of 2 records could be used, the first: malformed: EOF"), "{why}");
}

#[test]
fn a_source_speaks_of_what_is_in_its_scope() {
    let package = |name: &str| json!({"package": {"ecosystem": name, "name": "x"}, "versions": ["1"]});
    let both = record("X-1", "", &json!({"affected": [package("npm"), package("Debian:12")]})).to_string();
    let check = |scope: Scope<'_>, expected: &[&str], in_scope: bool| {
        let mut sink = Collected::default();
        let documents = &mut InMemory::new([("record.json", both.as_str())]);
        let summary = crate::read(&Plain, scope, documents, &mut sink).unwrap();
        let affected = sink.advisories.iter().flat_map(|advisory| &advisory.affected);
        assert_eq!(affected.map(|one| one.namespace.as_str()).collect::<Vec<_>>(), expected, "{scope:?}");
        assert_eq!(summary.in_scope, in_scope, "{scope:?}");
        assert_eq!(sink.withdrawn.is_empty(), !expected.is_empty(), "{scope:?}");
    };
    check(Scope::Everything, &["npm", "debian:12"], false);
    check(Scope::Ecosystem("Debian"), &["debian:12"], true);
    check(Scope::Ecosystem("PyPI"), &[], true);
    check(Scope::Perhaps("npm"), &["npm"], true);
    check(Scope::Perhaps("record.json"), &["npm", "debian:12"], false);
}

#[test]
fn a_summary_tells_what_all_records_have_in_common() {
    let records = [("X-1", "Debian:12"), ("X-2", "Debian:13"), ("Y-3", "Debian")];
    let summary = |count: usize| {
        let records = records.iter().take(count);
        parse(records.map(|(id, name)| ("r.json", record(id, name, &json!({})).to_string()))).0.unwrap()
    };
    let of_two = summary(2);
    assert_eq!((of_two.records, of_two.first.as_str(), of_two.database.as_deref()), (2, "X-1", Some("X")));
    assert!(of_two.ecosystems.iter().eq(["Debian"]));
    assert_eq!((summary(3).records, summary(3).database), (3, None));
}

#[test]
fn imports_for_some_systems_are_statements_of_their_own() {
    let imports = json!({"imports": [
        {"path": "os", "goos": ["windows"], "symbols": ["Open"]},
        {"path": "os", "symbols": ["(*Root).Open"]},
    ]});
    let stated = |imports: &Value| {
        let advisory = one(&record("GO-2025-1", "Go", &json!({"affected.ecosystem_specific": imports})));
        let row = |affected: &Affected| format!("{:?} {:?}", affected.symbols, affected.requires);
        assert!(advisory.affected.iter().all(|affected| affected.ranges == advisory.affected[0].ranges));
        advisory.affected.iter().map(row).collect::<Vec<_>>()
    };
    let (windows, unknown) = (r#"["os.Open"] [("goos", ["windows"])]"#, r#"["os.Open (windows)"] []"#);
    assert_eq!(stated(&imports), [r#"["os.Root.Open"] []"#, windows, unknown]);
    let limited = json!({"imports": [{"path": "os", "goos": ["windows"], "symbols": ["Open"]}]});
    assert_eq!(stated(&limited), [windows, unknown]);
    assert_eq!(stated(&json!({})), ["[] []"]);
}
