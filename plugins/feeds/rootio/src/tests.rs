mod corpus;

use limpid_plugin_sdk::feed::{Affected, Range, Rating, Source, Status};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::prelude::*;

use super::*;

#[test]
fn a_run_fetches_a_list_and_an_archive() {
    let expected = [
        Source::whole("cve_feed", "https://api.root.io/external/cve_feed"),
        Source::whole("osv", "https://api.root.io/external/osv/all.zip"),
    ];
    assert_eq!(Root::sources(None), expected);
}

fn list(document: impl Into<Vec<u8>>) -> (Result<Option<String>, Error>, Collected) {
    let mut sink = Collected::default();
    let read = Root::parse("cve_feed", &mut InMemory::new([("cve_feed", document.into())]), &mut sink);
    (read, sink)
}

/// A list of one package in one release of a distribution.
fn of(distribution: &str, release: &str, package: &str) -> String {
    format!(r#"{{"{distribution}": [{{"distroversion": "{release}", "packages": [{package}]}}]}}"#)
}

fn package(vulnerability: &str) -> String {
    format!(r#"{{"pkg": {{"name": "mbedtls", "cves": {{"CVE-2024-23775": {vulnerability}}}}}}}"#)
}

fn builds(namespace: &str, scheme: &str) -> Affected {
    Affected {
        namespace: namespace.to_owned(),
        name: "mbedtls".to_owned(),
        source: true,
        scheme: scheme.to_owned(),
        requires: vec![("vendor".to_owned(), vec!["Root".to_owned()])],
        ..Affected::default()
    }
}

#[test]
fn builds_of_a_release_are_affected_and_from_one_on_not() {
    let check = |distribution: &str, release: &str, namespace: &str, scheme: &str| {
        let said =
            package(r#"{"vulnerable_ranges": ["<2-1.root.io.1"], "fixed_versions": ["2-1.root.io.1"]}"#);
        let (read, sink) = list(of(distribution, release, &said));
        assert_eq!((read, sink.rejected.as_slice()), (Ok(None), &[][..]));
        let affected = Affected { ranges: vec![Range::before("2-1.root.io.1")], ..builds(namespace, scheme) };
        let not_affected = Affected {
            status: Status::NotAffected,
            ranges: vec![Range::since("2-1.root.io.1")],
            ..builds(namespace, scheme)
        };
        assert_eq!(sink.advisories[0].affected, [affected, not_affected], "{distribution} {release}");
        assert_eq!(sink.advisories[0].id, "CVE-2024-23775");
    };
    check("debian", "12", "debian:bookworm", "dpkg");
    check("debian", "bookworm", "debian:bookworm", "dpkg");
    check("debian", "99", "debian:99", "dpkg");
    check("ubuntu", "22.04", "ubuntu:22.04", "dpkg");
    check("alpine", "3.19", "alpine:3.19", "apk");
    check("alpine", "v3.19", "alpine:3.19", "apk");
}

#[test]
fn what_is_said_of_versions_is_stated() {
    let check = |said: &str, expected: &[Affected]| {
        let (_, sink) = list(of("debian", "12", &package(said)));
        assert_eq!(sink.rejected, [], "{said}");
        assert_eq!(sink.advisories[0].affected, expected, "{said}");
    };
    let one = || builds("debian:bookworm", "dpkg");
    let not = || Affected { status: Status::NotAffected, ..one() };
    check(
        r#"{"vulnerable_ranges": [">=1, <1.5", "==2"], "severity": "high"}"#,
        &[Affected {
            ranges: vec![Range::before("1.5").from("1")],
            versions: vec!["2".to_owned()],
            ratings: vec![Rating::word("rootio", "high")],
            ..one()
        }],
    );
    check(
        r#"{"fixed_versions": ["2"], "severity": "low"}"#,
        &[
            Affected {
                ranges: vec![Range::before("2")],
                ratings: vec![Rating::word("rootio", "low")],
                ..one()
            },
            Affected { ranges: vec![Range::since("2")], ..not() },
        ],
    );
    check(
        r#"{"vulnerable_ranges": ["<1.1", ">=2, <2.1"], "fixed_versions": ["1.1", "2.1"]}"#,
        &[
            Affected { ranges: vec![Range::before("1.1"), Range::before("2.1").from("2")], ..one() },
            Affected { versions: vec!["1.1".to_owned(), "2.1".to_owned()], ..not() },
        ],
    );
}

#[test]
fn a_record_that_cannot_be_used_costs_itself() {
    let sound = package(r#"{"fixed_versions": ["1"]}"#);
    let check = |other: &str, path: &str| {
        let (read, sink) = list(of("debian", "12", &format!("{other}, {sound}")));
        assert_eq!((read, sink.advisories.len()), (Ok(None), 1), "{other}");
        let paths: Vec<_> = sink.rejected.iter().map(|it| it.0.as_str()).collect();
        assert_eq!(paths, [path], "{other}");
    };
    check("[]", "debian:12");
    check(r#"{"pkg": {"name": "a b", "cves": {}}}"#, "debian:12/a b");
    check(&package("[]"), "debian:12/mbedtls/CVE-2024-23775");
    check(&package("{}"), "debian:12/mbedtls/CVE-2024-23775");
    check(&package(r#"{"vulnerable_ranges": ["~1"]}"#), "debian:12/mbedtls/CVE-2024-23775");
    check(&package(r#"{"fixed_versions": ["none"]}"#), "debian:12/mbedtls/CVE-2024-23775");
    check(r#"{"pkg": {"name": "a", "cves": {"CVE 1": {"fixed_versions": ["1"]}}}}"#, "debian:12/a/CVE 1");
    let (_, sink) = list(format!(
        r#"{{"debian": [7, {{"distroversion": "1 2", "packages": []}},
        {{"distroversion": "12", "packages": [{sound}]}}], "windows": [{{"distroversion": 11}}]}}"#
    ));
    let paths: Vec<_> = sink.rejected.iter().map(|it| it.0.as_str()).collect();
    assert_eq!((sink.advisories.len(), paths.as_slice()), (1, &["debian", "debian:1 2"][..]));
}

#[test]
fn a_document_that_is_no_list_or_says_nothing_is_refused() {
    for document in ["", "[]", "{}", "<html>", r#"{"debian": []}"#, r#"{"debian": {}}"#, r#"{"debian": [1]}"#]
    {
        let read = list(document).0;
        assert!(matches!(read, Err(Error::Malformed(_))), "{document}: {read:?}");
    }
    let none = Root::parse("cve_feed", &mut InMemory::default(), &mut Collected::default());
    assert_eq!(none, Err(Error::malformed("there is no document")));
}

fn record(id: &str, ecosystem: &str, name: &str, fixed: &str) -> String {
    format!(
        r#"{{"id": "{id}", "modified": "2026-09-15T01:16:09Z", "affected": [{{"package": {{"ecosystem": "{ecosystem}",
        "name": "{name}"}}, "ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}},
        {{"fixed": "{fixed}"}}]}}]}}]}}"#
    )
}

fn osv(record: String) -> Collected {
    let mut sink = Collected::default();
    assert_eq!(Root::parse("osv", &mut InMemory::new([("record.json", record)]), &mut sink), Ok(None));
    assert_eq!((sink.rejected.as_slice(), sink.identified.as_deref()), (&[][..], Some("osv")));
    sink
}

#[test]
fn a_record_of_a_distribution_says_what_the_list_says() {
    let id = "ROOT-OS-DEBIAN-12-CVE-2024-23775";
    let sink = osv(record(id, "Root:Debian:12", "rootio-mbedtls", "2-1.root.io.1"));
    let [advisory] = sink.advisories.as_slice() else { panic!("{sink:?}") };
    assert_eq!((advisory.id.as_str(), advisory.aliases.as_slice()), (id, &["CVE-2024-23775".to_owned()][..]));
    let one = || builds("debian:bookworm", "dpkg");
    let expected = [
        Affected { ranges: vec![Range::before("2-1.root.io.1")], ..one() },
        Affected { status: Status::NotAffected, ranges: vec![Range::since("2-1.root.io.1")], ..one() },
    ];
    assert_eq!(advisory.affected, expected);
}

#[test]
fn packages_of_languages_are_meant_by_names_of_the_publishers_own() {
    let check = |ecosystem: &str, name: &str, expected: Option<(&str, &str, &str)>| {
        let sink = osv(record("ROOT-APP-X-CVE-2024-1", ecosystem, name, "2.31.0+root.io.1"));
        let stated: Vec<_> = sink.advisories.iter().flat_map(|it| &it.affected).collect();
        let stated: Vec<_> =
            stated.iter().map(|it| (it.namespace.as_str(), it.name.as_str(), it.scheme.as_str())).collect();
        assert_eq!(stated, expected.into_iter().collect::<Vec<_>>(), "{ecosystem} {name}");
    };
    check("Root:PyPI", "rootio_requests", Some(("pypi", "rootio-requests", "pep440")));
    check("Root:npm", "@rootio/semver", Some(("npm", "@rootio/semver", "npm")));
    check("Root:PyPI", "requests", None);
    check("PyPI", "rootio-requests", None);
}

#[test]
fn records_to_try_programs_out_are_left_out() {
    for id in ["ROOT-OS-DEBIAN-12-CVE-0000-0000", "ROOT-APP-NPM-"] {
        assert_eq!(osv(record(id, "Root:Debian:12", "rootio-x", "1")).advisories, [], "{id}");
    }
}

proptest! {
    #[test]
    fn no_document_is_too_odd(document in any::<Vec<u8>>()) {
        let _ = list(document);
    }
}
