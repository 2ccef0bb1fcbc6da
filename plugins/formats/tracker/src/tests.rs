mod agreement;
mod by_reader;
mod corpus;
mod judgement;
mod properties;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Range, Rating, Status};
use limpid_plugin_sdk::testing::Collected;

use crate::{Tracker, read};

/// A tracker that is asked of all releases.
const DEBIAN: Tracker = Tracker { pages: "https://security-tracker.debian.org/tracker", releases: None };

/// What a document gives.
fn parse(document: impl Into<Vec<u8>>) -> (Result<(), Error>, Collected) {
    let mut sink = Collected::default();
    let result = read(&DEBIAN, document.into().as_slice(), &mut sink);
    (result, sink)
}

fn accepted(document: impl Into<Vec<u8>>) -> Collected {
    let (result, sink) = parse(document);
    assert_eq!(result, Ok(()));
    sink
}

fn refused(document: impl Into<Vec<u8>>) -> String {
    match parse(document) {
        (Err(Error::Malformed(why)), _) => why,
        (other, _) => panic!("not refused as malformed: {other:?}"),
    }
}

/// A document of one package, vulnerability and release, of which this is the content.
fn one(release: &str) -> String {
    format!(r#"{{"shadow": {{"CVE-2023-29383": {{"releases": {{"bookworm": {release}}}}}}}}}"#)
}

/// What is stated of the one release.
fn judged(release: &str) -> Affected {
    let mut sink = accepted(one(release));
    assert_eq!(sink.rejected, []);
    sink.advisories.pop().and_then(|mut advisory| advisory.affected.pop()).expect("nothing is affected")
}

#[test]
fn what_a_release_says_becomes_a_status_of_versions() {
    let check = |release: &str, status: Status, range: Range, note: Option<&str>| {
        let judged = judged(release);
        assert_eq!(judged.status, status, "{release}");
        assert_eq!(judged.ranges, [range], "{release}");
        assert_eq!(judged.note.as_deref(), note, "{release}");
    };
    check(
        r#"{"status": "resolved", "fixed_version": "1:4.13+dfsg1-2"}"#,
        Status::Affected,
        Range::before("1:4.13+dfsg1-2"),
        None,
    );
    check(r#"{"status": "resolved", "fixed_version": "0"}"#, Status::NotAffected, Range::all(), None);
    check(r#"{"status": "open"}"#, Status::Affected, Range::all(), None);
    check(r#"{"status": "undetermined"}"#, Status::UnderInvestigation, Range::all(), None);
    check(
        r#"{"status": "open", "nodsa": "Minor issue", "nodsa_reason": "ignored"}"#,
        Status::WontFix,
        Range::all(),
        Some("Minor issue"),
    );
    check(
        r#"{"status": "open", "nodsa": "Minor issue", "nodsa_reason": "postponed"}"#,
        Status::FixDeferred,
        Range::all(),
        Some("Minor issue"),
    );
    check(
        r#"{"status": "open", "nodsa": "Minor issue", "nodsa_reason": ""}"#,
        Status::FixDeferred,
        Range::all(),
        Some("Minor issue"),
    );
    check(r#"{"status": "open", "nodsa": ""}"#, Status::FixDeferred, Range::all(), None);
    check(
        r#"{"status": "open", "nodsa": "Later", "nodsa_reason": "a new one"}"#,
        Status::Affected,
        Range::all(),
        Some("Later"),
    );
    check(
        r#"{"status": "resolved", "fixed_version": "1.0-1", "nodsa": "Minor issue", "nodsa_reason": ""}"#,
        Status::Affected,
        Range::before("1.0-1"),
        None,
    );
    check(
        r#"{"status": "open", "urgency": "end-of-life", "nodsa": "Not supported", "nodsa_reason": "ignored"}"#,
        Status::EndOfLife,
        Range::all(),
        Some("Not supported"),
    );
}

#[test]
fn urgency_is_a_rating_of_the_package_where_it_rates() {
    let check = |urgency: &str, expected: Option<&str>| {
        let judged = judged(&format!(r#"{{"status": "open", "urgency": {urgency}}}"#));
        let expected: Vec<_> = expected.map(|word| Rating::word("debian", word)).into_iter().collect();
        assert_eq!(judged.ratings, expected, "{urgency}");
    };
    check(r#""unimportant""#, Some("unimportant"));
    check(r#""high""#, Some("high"));
    check(r#""low**""#, Some("low"));
    check(r#""not yet assigned""#, None);
    check(r#""end-of-life""#, None);
    check("null", None);
}

#[test]
fn an_advisory_says_whom_it_affects_and_where_to_read_on() {
    let sink = accepted(
        r#"{"shadow": {"CVE-2023-29383": {
            "scope": "local",
            "description": "In Shadow 4.13, it is possible to inject control characters into field ...",
            "debianbug": 1034482,
            "releases": {
                "bookworm": {"status": "open", "repositories": {"bookworm": "1:4.13+dfsg1-1"}, "urgency": "low"},
                "sid": {"status": "resolved", "repositories": {}, "fixed_version": "1:4.13+dfsg1-2"}
            }}}}"#,
    );
    let in_shadow = |namespace: &str| Affected {
        namespace: namespace.into(),
        name: "shadow".into(),
        source: true,
        scheme: "dpkg".into(),
        ..Affected::default()
    };
    let expected = Advisory {
        title: "In Shadow 4.13, it is possible to inject control characters into field ...".into(),
        references: vec![
            "https://security-tracker.debian.org/tracker/CVE-2023-29383".into(),
            "https://bugs.debian.org/1034482".into(),
        ],
        affected: vec![
            Affected {
                ranges: vec![Range::all()],
                ratings: vec![Rating::word("debian", "low")],
                ..in_shadow("debian:bookworm")
            },
            Affected {
                status: Status::Fixed,
                ranges: vec![Range::since("1:4.13+dfsg1-2")],
                ..in_shadow("debian:bookworm")
            },
            Affected { ranges: vec![Range::before("1:4.13+dfsg1-2")], ..in_shadow("debian:sid") },
        ],
        ..Advisory::new("CVE-2023-29383")
    };
    assert_eq!(sink.advisories, [expected]);
}

#[test]
fn a_description_of_several_lines_goes_on_in_the_details() {
    let sink = accepted(
        r#"{"tar": {"TEMP-0290435-0B57B5": {"description": "one\ntwo",
            "releases": {"sid": {"status": "open"}}}}}"#,
    );
    let advisory = sink.advisories.first().unwrap();
    assert_eq!((advisory.title.as_str(), advisory.details.as_str()), ("one", "one\ntwo"));
}

#[test]
fn a_vulnerability_comes_once_for_each_package() {
    let open = r#"{"CVE-2005-2541": {"releases": {"sid": {"status": "open"}}}}"#;
    let sink = accepted(format!(r#"{{"tar": {open}, "cpio": {open}}}"#));
    let names: Vec<_> = sink.advisories.iter().map(|one| (&*one.id, &*one.affected[0].name)).collect();
    assert_eq!(names, [("CVE-2005-2541", "tar"), ("CVE-2005-2541", "cpio")]);
}

#[test]
fn a_malformed_release_costs_that_release() {
    let check = |release: &str, expected: &str| {
        let sink = accepted(format!(
            r#"{{"tar": {{"CVE-2005-2541": {{"releases": {{
                "bookworm": {release}, "sid": {{"status": "open"}}}}}}}}}}"#
        ));
        let [advisory] = sink.advisories.as_slice() else { panic!("{release}: {sink:?}") };
        assert_eq!(advisory.affected.len(), 1, "{release}");
        let [(path, Error::Malformed(why))] = sink.rejected.as_slice() else { panic!("{release}: {sink:?}") };
        assert_eq!(path, "tar/CVE-2005-2541/bookworm");
        assert!(why.contains(expected), "{why}");
    };
    check(r#"{"status": "resolved"}"#, "no `fixed_version`");
    check(r#"{"status": "resolved", "fixed_version": "<unfixed>"}"#, "no version: `<unfixed>`");
    check(r#"{"status": "resolved", "fixed_version": ""}"#, "no version");
    check(r#"{"status": "resolved", "fixed_version": 7}"#, "invalid type: integer");
    check(r#"{"status": "fixed"}"#, "unknown status `fixed`");
    check(r#"{"status": null}"#, "invalid type: null");
    check(r#"{"urgency": "low"}"#, "missing field `status`");
    check(r#"{"status": "open", "urgency": "very low"}"#, "unknown urgency `very low`");
    check(r#"{"status": "open", "nodsa": ["Minor issue"]}"#, "invalid type: sequence");
    check(r#""open""#, "invalid type: string");
    check("[]", "invalid");
    check(&format!(r#"{{"status": "open", "nodsa": "{}"}}"#, "x".repeat(5000)), "over the limit of 4096");
}

#[test]
fn a_malformed_entry_costs_that_entry() {
    let check = |id: &str, entry: &str, expected: &str| {
        let sink = accepted(format!(
            r#"{{"tar": {{"{id}": {entry}, "CVE-1": {{"releases": {{"sid": {{"status": "open"}}}}}}}}}}"#
        ));
        assert_eq!(sink.advisories.len(), 1, "{entry}");
        let [(path, Error::Malformed(why))] = sink.rejected.as_slice() else { panic!("{entry}: {sink:?}") };
        assert!(path.starts_with("tar/") && path.len() < 100, "{path}");
        assert!(why.contains(expected), "{why}");
    };
    check("CVE-2", "null", "invalid type: null");
    check("CVE-2", "[1, [2, {}]]", "invalid");
    check("CVE-2", "{}", "missing field `releases`");
    check("CVE-2", r#"{"releases": {}}"#, "names no release");
    check("CVE-2", r#"{"releases": []}"#, "invalid type: sequence");
    check("CVE-2", r#"{"description": {}, "releases": {}}"#, "invalid type: map");
    check("CVE-2", r#"{"description": "\ud800", "releases": {}}"#, "hex escape");
    check("CVE 2", r#"{"releases": {"sid": {"status": "open"}}}"#, "identifier");
    check("", r#"{"releases": {"sid": {"status": "open"}}}"#, "identifier");
    check(&"C".repeat(300), r#"{"releases": {"sid": {"status": "open"}}}"#, "identifier");
    let long = |bytes: usize| format!(r#"{{"description": "{}", "releases": {{}}}}"#, "x".repeat(bytes));
    check("CVE-2", &long(70_000), "over the limit of 65536");
    check("CVE-2", &long(2 << 20), "over the limit of 1048576");
    let sound = format!(r#"{{"x": "{}", "releases": {{"sid": {{"status": "open"}}}}}}"#, "x".repeat(1 << 20));
    check("CVE-2", &sound, "over the limit of 1048576");
    check("CVE-2", &format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)), "invalid");
}

#[test]
fn a_malformed_package_costs_that_package() {
    for package in ["null", "true", "7", "-7", "0.5", r#""none""#, "[[], {}]"] {
        let sink = accepted(format!(
            r#"{{"odd": {package}, "tar": {{"CVE-1": {{"releases": {{"sid": {{"status": "open"}}}}}}}}}}"#
        ));
        assert_eq!(sink.advisories.len(), 1, "{package}");
        let [(path, Error::Malformed(_))] = sink.rejected.as_slice() else { panic!("{package}: {sink:?}") };
        assert_eq!(path, "odd");
    }
}

#[test]
fn a_document_that_is_not_the_trackers_is_refused() {
    let check = |document: &str, expected: &str| {
        let why = refused(document);
        assert!(why.contains(expected), "`{document}`: {why}");
    };
    check("", "the document is empty");
    check("\n <!DOCTYPE html><html></html>", "HTML");
    check("not JSON", "line 1 column 2");
    check("[]", "expected an object of source packages at line 1 column 1");
    check("{\"tar\": {\n\"CVE-1\": {\"releases\": ", "EOF while parsing");
    check("{\"tar\": {\n\"CVE-1\": oops}}", "at line 2 column 10");
    check(&format!("{} trailing", one(r#"{"status": "open"}"#)), "trailing characters");
}

#[test]
fn a_document_that_says_nothing_is_refused_lest_everything_be_withdrawn() {
    let check = |document: &str, expected: &str| assert_eq!(refused(document), expected, "{document}");
    check("{}", "the document is JSON, but names no vulnerability");
    check(r#"{"tar": {}}"#, "the document is JSON, but names no vulnerability");
    check(r#"{"message": "too many requests"}"#, "none of the document's 1 records could be used");
    check(&one(r#"{"status": "?"}"#), "none of the document's 1 records could be used");
}

#[test]
fn a_record_that_never_ends_is_not_kept_to_its_end() {
    let why = refused(format!(r#"{{"tar": {{"CVE-1": "{}"#, "x".repeat(9 << 20)));
    assert!(why.contains("a record is over the limit of 8388608 bytes"), "{why}");
}

#[test]
fn of_some_releases_alone_it_is_stated_what_all_of_them_say() {
    let document = r#"{"shadow": {
        "CVE-2023-29383": {"releases": {
            "jessie": {"status": "resolved", "fixed_version": "1:4.2-3+deb8u5", "repositories": {"jessie": "1:4.2-3"}},
            "sid": {"status": "resolved", "fixed_version": "1:4.1-1"}}},
        "CVE-2023-4641": {"releases": {"sid": {"status": "open"}}}}}"#;
    let tracker = Tracker { releases: Some(&["jessie", "stretch"]), ..DEBIAN };
    let mut sink = Collected::default();
    assert_eq!(read(&tracker, document.as_bytes(), &mut sink), Ok(()));
    let [advisory] = sink.advisories.as_slice() else { panic!("{sink:?}") };
    let stated: Vec<_> =
        advisory.affected.iter().map(|one| (one.namespace.as_str(), one.status, &one.ranges[..])).collect();
    let (before, since) = ([Range::before("1:4.2-3+deb8u5")], [Range::since("1:4.1-1")]);
    let expected =
        [("debian:jessie", Status::Affected, &before[..]), ("debian:jessie", Status::Fixed, &since[..])];
    assert_eq!(stated, expected);
    let none = Tracker { releases: Some(&["stretch"]), ..DEBIAN };
    let why = Error::malformed("the document is JSON, but names no vulnerability");
    assert_eq!(read(&none, document.as_bytes(), &mut Collected::default()), Err(why));
}
