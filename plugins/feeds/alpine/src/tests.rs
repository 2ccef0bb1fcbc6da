mod corpus;
mod properties;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Feed, Range, Source, Status};
use limpid_plugin_sdk::testing::{Collected, InMemory};

use crate::Alpine;

/// What a document of this source gives, through the feed as the host calls it.
fn parse(source: &str, document: impl Into<Vec<u8>>) -> (Result<Option<String>, Error>, Collected) {
    let mut sink = Collected::default();
    let result = Alpine::parse(source, &mut InMemory::new([("document", document.into())]), &mut sink);
    (result, sink)
}

fn accepted(document: impl Into<Vec<u8>>) -> Collected {
    let (result, sink) = parse("v3.20/main.json", document);
    assert_eq!(result, Ok(None));
    sink
}

fn refused(source: &str, document: impl Into<Vec<u8>>) -> String {
    match parse(source, document) {
        (Err(Error::Malformed(why)), _) => why,
        (other, _) => panic!("not refused as malformed: {other:?}"),
    }
}

/// A secdb of Alpine 3.20 with these packages.
fn secdb(packages: &str) -> String {
    format!(
        r#"{{"apkurl": "{{{{urlprefix}}}}/{{{{pkg.name}}}}.apk", "archs": ["x86_64"], "reponame": "main",
            "urlprefix": "https://dl-cdn.alpinelinux.org/alpine", "distroversion": "v3.20",
            "packages": [{packages}]}}"#
    )
}

fn package(name: &str, secfixes: &str) -> String {
    format!(r#"{{"pkg": {{"name": "{name}", "secfixes": {secfixes}}}}}"#)
}

/// A usable package, to stand beside one that is not.
fn musl() -> String {
    package("musl", r#"{"1.2.5-r1": ["CVE-2025-26519"]}"#)
}

#[test]
fn a_run_starts_at_the_index_of_releases() {
    let expected = Source::whole("index", "https://secdb.alpinelinux.org/");
    assert_eq!(Alpine::sources(None), [expected]);
}

#[test]
fn each_release_that_the_index_names_is_followed() {
    let (result, sink) = parse(
        "index",
        "<html><head><title>Index of /</title></head><body><h1>Index of /</h1><hr><pre>\
         <a href=\"../\">../</a>\n<a href=\"edge/\">edge/</a>  22-Aug-2026 00:10  -\n\
         <a href=\"v3.9/\">v3.9/</a>\n<a href=\"v3.20/\">v3.20/</a>\n<a href=\"v3.20/\">v3.20/</a>\n\
         <a href=\"last-update\">last-update</a>\n<a href=\"license.txt\">license.txt</a></pre></body></html>",
    );
    assert_eq!(result, Ok(None));
    let expected: Vec<_> = ["edge", "v3.20", "v3.9"]
        .iter()
        .flat_map(|release| ["main", "community"].map(|repository| format!("{release}/{repository}.json")))
        .map(|name| Source::whole(&*name, format!("https://secdb.alpinelinux.org/{name}")))
        .collect();
    assert_eq!(sink.followed, expected);
}

#[test]
fn what_a_document_is_shows_in_its_content_whatever_its_source_is_called() {
    for source in ["v3.20/main.json", "main (1).json", "index", ""] {
        let (result, sink) = parse(source, secdb(&musl()));
        assert_eq!((result, sink.advisories.len()), (Ok(None), 1), "{source}");
    }
    let (result, sink) = parse("listing", r#"<a href="v3.20/">v3.20/</a>"#);
    assert_eq!((result, sink.followed.len()), (Ok(None), 2));
}

#[test]
fn a_page_in_place_of_a_secdb_withdraws_nothing() {
    let why = refused("v3.20/main.json", r#"<a href="v3.20/">v3.20/</a>"#);
    assert_eq!(why, "the document is HTML, not secdb's JSON");
}

#[test]
fn a_page_that_names_no_release_is_refused() {
    let why = refused("index", "<html><body>Please <a href=\"/login\">log in</a></body></html>");
    assert_eq!(why, "the document is HTML, but no directory listing that names releases");
    let many: String = (0..300).map(|minor| format!("<a href=\"v3.{minor}/\">")).collect();
    assert_eq!(refused("index", many), "the index names 300 releases, over the limit of 256");
}

#[test]
fn an_advisory_says_which_versions_of_which_origin_it_affects() {
    let sink = accepted(secdb(&package("xen", r#"{"4.18.0-r0": ["CVE-2023-46837 XSA-449"]}"#)));
    let expected = Advisory {
        aliases: vec!["XSA-449".into()],
        references: vec!["https://security.alpinelinux.org/vuln/CVE-2023-46837".into()],
        affected: vec![Affected {
            namespace: "alpine:3.20".into(),
            name: "xen".into(),
            source: true,
            scheme: "apk".into(),
            status: Status::Affected,
            ranges: vec![Range::before("4.18.0-r0")],
            ..Affected::default()
        }],
        ..Advisory::new("CVE-2023-46837")
    };
    assert_eq!(sink.advisories, [expected]);
}

#[test]
fn two_cves_in_one_line_are_two_vulnerabilities() {
    let sink = accepted(secdb(&package("xen", r#"{"4.9.1-r1": ["CVE-2017-5753 CVE-2017-5715 XSA-254"]}"#)));
    let message: Vec<_> = sink.advisories.iter().map(|a| (a.id.as_str(), a.aliases.join(" "))).collect();
    assert_eq!(message, [("CVE-2017-5715", "XSA-254".to_owned()), ("CVE-2017-5753", "XSA-254".to_owned())]);
}

#[test]
fn a_document_says_which_source_it_is() {
    let (_, sink) = parse("handed-in.json", secdb(&musl()));
    assert_eq!(sink.identified.as_deref(), Some("v3.20/main.json"));
    let unnamed = secdb(&musl()).replace(r#""reponame": "main","#, "");
    let check = |source: &str, expected: Option<&str>| {
        assert_eq!(parse(source, unnamed.clone()).1.identified.as_deref(), expected, "{source}");
    };
    check("v3.20/testing.json", Some("v3.20/testing.json"));
    check("v3.2/0.json", None);
    check("v3.19/main.json", None);
    check("handed-in.json", None);
    let (_, sink) = parse("listing", r#"<a href="v3.20/">v3.20/</a>"#);
    assert_eq!(sink.identified.as_deref(), Some("index"));
}

#[test]
fn versions_become_a_status_and_ranges() {
    let check = |secfixes: &str, status: Status, ranges: &[Range], noted: bool| {
        let sink = accepted(secdb(&package("zlib", secfixes)));
        assert_eq!(sink.rejected, []);
        let [advisory] = sink.advisories.as_slice() else { panic!("{secfixes}: {sink:?}") };
        let [affected] = advisory.affected.as_slice() else { panic!("{secfixes}: {sink:?}") };
        assert_eq!(affected.status, status, "{secfixes}");
        assert_eq!(affected.ranges, ranges, "{secfixes}");
        assert_eq!(affected.note.is_some(), noted, "{secfixes}");
    };
    check(r#"{"0": ["CVE-2023-6992"]}"#, Status::NotAffected, &[Range::all()], false);
    check(r#"{"1.2.12-r2": ["CVE-2022-37434"]}"#, Status::Affected, &[Range::before("1.2.12-r2")], false);
    check(
        r#"{"1.2.12-r0": ["CVE-2018-25032"], "1.2.11-r4": ["CVE-2018-25032"]}"#,
        Status::Affected,
        &[Range::before("1.2.11-r4"), Range::before("1.2.12-r0")],
        false,
    );
    // As edge really stated of it in 2026.
    check(
        r#"{"0": ["CVE-2026-22184"], "1.3.2-r0": ["CVE-2026-22184"]}"#,
        Status::Affected,
        &[Range::before("1.3.2-r0")],
        true,
    );
    for odd in ["7.36.0", "0.8.21.r2", "6.6.2p1-r0", "2021-03-27-r5", "2.7.16-33", " 4.1.39-r0 "] {
        let range = Range::before(odd.trim());
        check(&format!(r#"{{"{odd}": ["CVE-2018-25032"]}}"#), Status::Affected, &[range], false);
    }
}

#[test]
fn the_release_is_the_one_that_the_document_names() {
    let check = |distroversion: &str, expected: &str| {
        let document = secdb(&musl()).replace("v3.20", distroversion);
        assert_eq!(accepted(document).advisories[0].affected[0].namespace, expected);
    };
    check("v3.20", "alpine:3.20");
    check("edge", "alpine:edge");
    check("3.20", "alpine:3.20");
    check("vnext", "alpine:vnext");
}

#[test]
fn a_package_without_fixes_is_no_fault() {
    let without = [package("a", "null"), package("b", "{}"), r#"{"pkg": {"name": "c"}}"#.to_owned()];
    let sink = accepted(secdb(&format!("{}, {}", without.join(", "), musl())));
    assert_eq!((sink.advisories.len(), sink.rejected.len()), (1, 0));
}

#[test]
fn a_malformed_record_costs_that_record() {
    let check = |package: &str, path: &str, expected: &str| {
        let sink = accepted(secdb(&format!("{package}, {}", musl())));
        assert_eq!(sink.advisories.len(), 1, "{package}");
        let [(at, Error::Malformed(why))] = sink.rejected.as_slice() else { panic!("{package}: {sink:?}") };
        assert_eq!(at, path);
        assert!(why.contains(expected), "{package}: {why}");
    };
    check("null", "packages[0]", "invalid type: null");
    check("[[], {}]", "packages[0]", "invalid");
    check("{}", "packages[0]", "missing field `pkg`");
    check(r#"{"pkg": {"secfixes": {}}}"#, "packages[0]", "missing field `name`");
    check(r#"{"pkg": {"name": 7, "secfixes": {}}}"#, "packages[0]", "invalid type: integer");
    check(&package("", "{}"), "packages[0]", "its name");
    check(&package("a b", "{}"), "packages[0]", "its name");
    check(&package(&"a".repeat(300), "{}"), "packages[0]", "its name");
    check(&package("a", r#""none""#), "packages[0]", "invalid type: string");
    check(&package("a", r#"{"": ["CVE-2018-25032"]}"#), "a/", "cannot be a version");
    check(&package("a", r#"{"unknown": ["CVE-2018-25032"]}"#), "a/unknown", "cannot be a version");
    check(&package("a", r#"{"1.0 r1": ["CVE-2018-25032"]}"#), "a/1.0 r1", "cannot be a version");
    check(&package("a", r#"{"1.0-r0": null}"#), "a/1.0-r0", "invalid type: null");
    check(&package("a", r#"{"1.0-r0": "CVE-2018-25032"}"#), "a/1.0-r0", "invalid type: string");
    check(&package("a", r#"{"1.0-r0": [7]}"#), "a/1.0-r0/7", "invalid type: integer");
    check(&package("a", r#"{"1.0-r0": ["?"]}"#), "a/1.0-r0/\"?\"", "no identifier");
    check(
        &package("a", r#"{"1.0-r0": ["(+ regression fix)"]}"#),
        "a/1.0-r0/\"(+ regression fix)\"",
        "no identifier",
    );
    let long = "x".repeat(2000);
    let path = format!("a/1.0-r0/\"{}", "x".repeat(79));
    check(
        &package("a", &format!(r#"{{"1.0-r0": ["{long}"]}}"#)),
        &path,
        "2002 bytes, over the limit of 1024",
    );
    let big = format!(r#"{{"1.0-r0": ["{}"]}}"#, "x".repeat(2 << 20));
    check(&package("a", &big), "packages[0]", "over the limit of 1048576");
}

#[test]
fn a_document_that_is_no_secdb_is_refused() {
    let check = |document: &str, expected: &str| {
        let why = refused("v3.20/main.json", document);
        assert!(why.contains(expected), "`{document}`: {why}");
    };
    check("", "the document is empty");
    check("not JSON", "neither HTML nor a JSON object");
    check("{\n\"distroversion\": oops}", "line 2 column 18");
    check(r#"{"distroversion": "v3.20", "packages": ["#, "EOF while parsing");
    check(r#"{"packages": []}"#, "missing field `distroversion`");
    check(r#"{"distroversion": "v3.20"}"#, "missing field `packages`");
    check(r#"{"distroversion": "", "packages": []}"#, "names no release");
    check(r#"{"distroversion": "v3/20", "packages": []}"#, "names no release: `v3/20`");
    check(r#"{"distroversion": "v3.20", "packages": {}}"#, "expected an array of packages");
    check(&format!("{} trailing", secdb(&musl())), "trailing characters");
    let none = Alpine::parse("index", &mut InMemory::default(), &mut Collected::default());
    assert_eq!(none, Err(Error::malformed("there is no document")));
}

#[test]
fn a_document_that_says_nothing_is_refused_lest_everything_be_withdrawn() {
    let check = |document: &str, expected: &str| {
        assert_eq!(refused("v3.20/main.json", document), expected, "{document}");
    };
    check(&secdb(""), "the document is a secdb, but names no vulnerability");
    check(&secdb(&package("a", "null")), "the document is a secdb, but names no vulnerability");
    check(&secdb("1, 2"), "none of the document's 2 records could be used");
    assert!(refused("v3.20/main.json", "{}").contains("missing field"));
}
