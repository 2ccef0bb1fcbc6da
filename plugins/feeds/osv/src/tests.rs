mod corpus;
mod properties;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Feed, Source};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use serde_json::{Value, json};

use crate::Osv;

const BUCKET: &str = "https://osv-vulnerabilities.storage.googleapis.com";

/// What documents of this source give, through the feed as the host calls it.
fn parse<C: Into<Vec<u8>>>(
    source: &str,
    documents: impl IntoIterator<Item = (&'static str, C)>,
) -> (Result<Option<String>, Error>, Collected) {
    let mut sink = Collected::default();
    let result = Osv::parse(source, &mut InMemory::new(documents), &mut sink);
    (result, sink)
}

fn accepted(source: &str, record: &Value) -> Collected {
    let (result, sink) = parse(source, [("record.json", record.to_string())]);
    assert_eq!(result, Ok(None), "{record}");
    sink
}

fn refused(source: &str, documents: &[(&'static str, &str)]) -> String {
    match parse(source, documents.iter().map(|(name, text)| (*name, *text))) {
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

#[test]
fn a_source_states_what_affects_its_ecosystem() {
    let package =
        |ecosystem: &str| json!({"package": {"ecosystem": ecosystem, "name": "x"}, "versions": ["1"]});
    let both =
        record("X-1", "", &json!({"affected": [package("npm"), package("Debian:12"), package("Debian:13")]}));
    let check = |source: &str, expected: &[&str]| {
        let sink = accepted(source, &both);
        let message: Vec<_> = sink.advisories[0].affected.iter().map(|a| a.namespace.as_str()).collect();
        assert_eq!(message, expected, "{source}");
    };
    check("npm", &["npm"]);
    check("Debian", &["osv/debian:12", "osv/debian:13"]);
    check("handed in", &["npm", "osv/debian:12", "osv/debian:13"]);
}

#[test]
fn what_is_no_record_is_refused_where_it_is_all_that_came() {
    let check = |name: &'static str, text: &str, expected: &str| {
        let why = refused("npm", &[(name, text)]);
        assert!(why.contains(expected), "{name}: {why}");
    };
    check("GHSA-1.json", "<!DOCTYPE html><html></html>", "it is HTML");
    check("GHSA-1.json", r#"{"id": "GHSA-1", "modified": "2024-0"#, "EOF");
    check("GHSA-1.json", "", "it is empty");
    check("document", "<html>", "it is HTML");
    check("README.md", "# Advisories", "no document is a record");
    check("package.json", r#"{"name": "tool"}"#, "no document is a record");
    assert_eq!(refused("npm", &[]), "no document is a record in the OSV schema");
    let why = refused("npm", &[("a.json", "{"), ("b.json", "{")]);
    assert!(why.starts_with("none of 2 records could be used, the first: malformed: EOF"), "{why}");
}

#[test]
fn an_archive_that_is_handed_in_is_that_of_the_ecosystem_that_all_records_have() {
    let check = |source: &str, ecosystems: &[&str], expected: Option<&str>| {
        let records = ecosystems.iter().enumerate().map(|(number, ecosystem)| {
            ("r.json", record(&format!("X-{number}"), ecosystem, &json!({})).to_string())
        });
        let (result, sink) = parse(source, records);
        assert_eq!((result, sink.identified.as_deref()), (Ok(None), expected), "{source} {ecosystems:?}");
    };
    check("all.zip", &["Debian:12", "Debian:13"], Some("Debian"));
    check("all.zip", &["npm", "PyPI"], Some("X"));
    check("all.zip", &["CRAN", "CRAN"], Some("CRAN"));
    check("npm", &["npm", "npm"], Some("npm"));
    check("PyPI/pypa", &["PyPI", "PyPI"], Some("PyPI/pypa"));
    check("nothing/at all", &["PyPI", "PyPI"], Some("PyPI"));
}

#[test]
fn a_single_record_is_a_source_of_its_own_unless_its_ecosystem_is_asked_for() {
    let check = |source: &str, ecosystems: &[&str], expected: Option<&str>| {
        let package = |name: &&str| json!({"package": {"ecosystem": name, "name": "x"}, "versions": ["1"]});
        let affected: Vec<_> = ecosystems.iter().map(package).collect();
        let sink = accepted(source, &record("GHSA-1", "", &json!({"affected": affected})));
        assert_eq!(sink.identified.as_deref(), expected, "{source} {ecosystems:?}");
    };
    check("record.json", &["npm"], Some("GHSA-1"));
    check("npm", &["npm"], Some("npm"));
    check("npm", &["PyPI", "npm"], Some("npm"));
    check("pypi", &["PyPI", "npm"], Some("GHSA-1"));
    check("Emacs", &["npm"], Some("GHSA-1"));
}

#[test]
fn a_record_that_is_no_longer_of_an_ecosystem_says_nothing_of_it() {
    let sink = accepted("PyPI", &record("GHSA-1", "npm", &json!({})));
    assert_eq!((sink.advisories.len(), sink.withdrawn.as_slice()), (0, ["GHSA-1".to_owned()].as_slice()));
    assert_eq!(sink.identified.as_deref(), Some("PyPI"));
}

#[test]
fn a_document_is_as_old_as_its_newest_record() {
    let at = |id: &str, time: &str| record(id, "npm", &json!({"modified": time})).to_string();
    let records = [
        ("a.json", at("X-1", "2024-05-01T00:00:00Z")),
        ("b.json", at("X-2", "2024-05-03T00:00:00.5Z")),
        ("c.json", at("X-3", "2024-05-03T00:00:00Z")),
        ("d.json", at("X-4", "long ago")),
    ];
    assert_eq!(parse("npm", records).1.dated.as_deref(), Some("2024-05-03T00:00:00.5Z"));
    assert_eq!(accepted("npm", &record("X-1", "npm", &json!({"modified": "today"}))).dated, None);
    let list = "2024-05-02T00:00:00Z,npm/GHSA-2\n2024-05-01T00:00:00Z,npm/GHSA-1\n";
    assert_eq!(
        parse("changes", [("modified_id.csv", list)]).1.dated.as_deref(),
        Some("2024-05-02T00:00:00Z")
    );
}

#[test]
fn a_first_run_begins_with_the_newest_change_and_fetches_all() {
    let changes = format!("{BUCKET}/modified_id.csv");
    assert_eq!(Osv::sources(None), [Source::delta("changes", changes)]);

    let list = "2024-05-02T00:00:00Z,npm/GHSA-2\n2024-05-01T00:00:00Z,npm/GHSA-1\n";
    let (result, sink) = parse("changes", [("modified_id.csv", list)]);
    assert_eq!(result, Ok(Some("2024-05-02T00:00:00Z".into())));
    assert_eq!(sink.followed, [Source::whole("ecosystems", format!("{BUCKET}/ecosystems.txt"))]);

    let index = "AlmaLinux\nAlmaLinux:8\nDebian:12\nGIT\n[EMPTY]\nRocky Linux\ncrates.io\n";
    let (result, sink) = parse("ecosystems", [("ecosystems.txt", index)]);
    assert_eq!(result, Ok(None));
    let archive = |name: &str, path: &str| Source::whole(name, format!("{BUCKET}/{path}/all.zip"));
    assert_eq!(
        sink.followed,
        [
            archive("AlmaLinux", "AlmaLinux"),
            archive("Debian", "Debian"),
            archive("Rocky Linux", "Rocky%20Linux"),
            archive("crates.io", "crates.io"),
        ]
    );
}

#[test]
fn a_later_run_follows_what_changed_since() {
    let [source] = Osv::sources(Some("2024-05-01T00:00:00Z".into())).try_into().unwrap();
    assert_eq!(source.name, "changes since 2024-05-01T00:00:00Z");

    let list = "2024-05-03T00:00:00.5Z,Rocky Linux/RLSA-2024:1\n2024-05-03T00:00:00Z,Rocky Linux:9/RLSA-2024:1\n\
                2024-05-02T00:00:00Z,GIT/CVE-1\n2024-05-02T00:00:00Z,npm/GHSA-2\n\
                2024-05-01T00:00:00Z,npm/GHSA-1\nnot read any more";
    let (result, sink) = parse("changes since 2024-05-01T00:00:00Z", [("modified_id.csv", list)]);
    assert_eq!(result, Ok(Some("2024-05-03T00:00:00.5Z".into())));
    assert_eq!(sink.identified.as_deref(), Some("changes since 2024-05-03T00:00:00.5Z"));
    let record = |name: &str, path: &str| Source::delta(name, format!("{BUCKET}/{path}.json"));
    assert_eq!(
        sink.followed,
        [record("Rocky Linux", "Rocky%20Linux/RLSA-2024%3A1"), record("npm", "npm/GHSA-2")]
    );
}

#[test]
fn where_many_changed_the_archive_is_followed() {
    let check = |records: usize, expected: usize| {
        let list: String =
            (0..records).map(|number| format!("2024-05-02T00:00:00Z,npm/GHSA-{number}\n")).collect();
        let (result, sink) = parse("changes since 2024-05-01T00:00:00Z", [("modified_id.csv", list)]);
        assert_eq!(result, Ok(Some("2024-05-02T00:00:00Z".into())));
        assert_eq!(sink.followed.len(), expected, "{records}");
    };
    check(100, 100);
    check(101, 1);
    check(5000, 1);
}

#[test]
fn what_is_no_index_or_list_of_changes_is_refused() {
    let check = |source: &str, text: &str, expected: &str| {
        let why = refused(source, &[("document", text)]);
        assert!(why.contains(expected), "{why}");
    };
    check("ecosystems", "<!DOCTYPE html>\n<html>", "line 1 is no ecosystem");
    check("ecosystems", "", "names no ecosystem");
    check("ecosystems", "{\"error\": 1}", "names no ecosystem");
    let many: String = (0..300).map(|number| format!("Eco{number}\n")).collect();
    check("ecosystems", &many, "300 ecosystems, over the limit of 256");
    check("changes", "<html>", "line 1 is no `TIME,ECOSYSTEM/ID`");
    check("changes", "", "is empty");
    let since = "changes since 2024-05-01T00:00:00Z";
    check(since, "2024-05-02T00:00:00Z,npm/GHSA-1\n2024-05-0", "line 2 is no `TIME");
    check(since, "2024-05-02T00:00:00Z,npm/..", "names a record `..`");
    let many: String = (0..300).map(|number| format!("2024-05-02T00:00:00Z,Eco{number}/X\n")).collect();
    check(since, &many, "more ecosystems than the limit of 256");
}
