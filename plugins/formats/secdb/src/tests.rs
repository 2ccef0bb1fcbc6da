use std::collections::BTreeSet;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Source, Status};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::prelude::*;

use crate::{Head, Rolling, identifier};

const PADS: Rolling = Rolling {
    namespace: "pads",
    source: "security",
    address: "https://packages.example.org/os/security.json",
    prefix: "https://packages.example.org",
};

fn parse(document: impl Into<Vec<u8>>) -> (Result<(), Error>, Collected) {
    let mut sink = Collected::default();
    let result = PADS.parse(&mut InMemory::new([("security.json", document.into())]), &mut sink);
    (result, sink)
}

fn refused(document: impl Into<Vec<u8>>) -> String {
    match parse(document).0 {
        Err(Error::Malformed(why)) => why,
        other => panic!("not refused as malformed: {other:?}"),
    }
}

const MUSL: &str = r#"{"pkg": {"name": "musl", "secfixes": {"1.2.5-r1": ["CVE-2025-26519", "GHSA-cccx-prrr-mrrc"], "0": ["CVE-2020-1"]}}}"#;

#[test]
fn a_distribution_that_rolls_has_one_document() {
    assert_eq!(PADS.sources(), [Source::whole(PADS.source, PADS.address)]);
    let (result, sink) =
        parse(format!(r#"{{"urlprefix": "https://packages.example.org/", "packages": [{MUSL}]}}"#));
    assert_eq!(result, Ok(()));
    assert_eq!(sink.identified.as_deref(), Some("security"));
    let stated: Vec<_> = sink.advisories.iter().map(|it| (it.id.as_str(), it.affected[0].status)).collect();
    let expected = [
        ("CVE-2020-1", Status::NotAffected),
        ("CVE-2025-26519", Status::Affected),
        ("GHSA-cccx-prrr-mrrc", Status::Affected),
    ];
    assert_eq!(stated, expected);
    assert!(sink.advisories.iter().all(|it| it.affected[0].namespace == "pads" && it.references.is_empty()));
}

#[test]
fn another_publishers_document_is_refused() {
    let other = format!(r#"{{"urlprefix": "https://packages.example.com", "packages": [{MUSL}]}}"#);
    let why = "the document is of `https://packages.example.com`, not of `https://packages.example.org`";
    assert_eq!(refused(other), why);
    let behind =
        format!(r#"{{"reponame": "os", "packages": [{MUSL}], "urlprefix": "https://packages.example.com"}}"#);
    assert_eq!(refused(behind), why);
    assert_eq!(
        PADS.parse(&mut InMemory::default(), &mut Collected::default()),
        Err(Error::malformed("there is no document"))
    );
}

#[test]
fn members_come_in_any_order() {
    let whole = [
        r#""reponame": "os""#.to_owned(),
        format!(r#""packages": [{MUSL}, 7]"#),
        r#""urlprefix": "https://packages.example.org""#.to_owned(),
        r#""archs": ["x86_64"]"#.to_owned(),
    ];
    for first in 0..whole.len() {
        let mut members = whole.clone();
        members.rotate_left(first);
        let (result, sink) = parse(format!("{{{}}}", members.join(", ")));
        assert_eq!(result, Ok(()));
        assert_eq!(sink.advisories.len(), 3, "{members:?}");
        assert_eq!(sink.rejected[0].0, "packages[1]", "{members:?}");
    }
}

/// A document that is not read as a whole.
fn large(last: &str) -> String {
    let filling = format!(r#"{{"pkg": {{"name": "a", "filling": "{}"}}}}"#, "x".repeat(500_000));
    let packages: Vec<_> = std::iter::repeat_n(filling.as_str(), 20).chain([last]).collect();
    format!("{{\"reponame\": \"os\",\n\"packages\": [{}]}}", packages.join(",\n"))
}

#[test]
fn a_large_document_says_the_same_as_a_small_one() {
    let (result, sink) = parse(large(MUSL));
    assert_eq!((result, sink.rejected.len()), (Ok(()), 0));
    assert_eq!(sink.advisories, parse(format!(r#"{{"packages": [{MUSL}]}}"#)).1.advisories);
    assert!(refused(large(r#"{"pkg": oops}"#)).contains("at line 22 column"));
}

#[test]
fn what_never_ends_is_not_kept() {
    let mut endless = large("7").into_bytes();
    endless.truncate(endless.len() - 3);
    endless.extend(b"{\"pkg\": {\"name\": \"");
    endless.resize(endless.len() + (20 << 20), b'x');
    assert!(refused(endless).contains("a record is over the limit of 16777216 bytes"));
}

#[test]
fn packages_of_which_it_is_not_known_whose_they_are_are_kept_up_to_a_limit() {
    let many = large(MUSL).replace("\"reponame\": \"os\",", "");
    assert_eq!(parse(many).1.advisories.len(), 3);
    let filling = format!(r#"{{"pkg": {{"name": "a", "filling": "{}"}}}}"#, "x".repeat(500_000));
    let over = vec![filling; 70].join(",");
    let why = refused(format!(r#"{{"packages": [{over}]}}"#));
    assert!(why.contains("over 33554432 bytes of packages"), "{why}");
}

#[test]
fn what_is_no_secdb_is_refused() {
    let check = |document: &str, expected: &str| {
        let why = refused(document);
        assert!(why.contains(expected), "`{document}`: {why}");
    };
    check("", "EOF");
    check("[]", "expected an object");
    check("{}", "missing field `packages`");
    check(r#"{"packages": []}"#, "names no vulnerability");
    check(r#"{"packages": [7]}"#, "none of the document's 1 records could be used");
    check(r#"{"packages": null}"#, "expected an array of packages");
    check(r#"{"packages": [], "reponame": 7}"#, "invalid type: integer");
    check(&format!(r#"{{"packages": [{MUSL}]}} {{}}"#), "trailing characters");
}

#[test]
fn a_head_has_what_the_document_says_of_itself() {
    let document = format!(
        r#"{{"distroversion": "v3.20", "reponame": "main", "urlprefix": null, "packages": [{MUSL}]}}"#
    );
    let head = crate::read(&PADS, document.as_bytes(), &mut Collected::default()).unwrap();
    let expected = Head { release: Some("v3.20".into()), repository: Some("main".into()), prefix: None };
    assert_eq!(head, expected);
}

proptest! {
    #[test]
    fn identifiers_are_short_plain_and_each_there_once(text in "(CVE[-_ ]|[A-Z]{2,5}-?|[0-9]{1,9}|[-()?,;/ ]|\\PC){0,12}") {
        let found = identifier::all(&text);
        for id in &found {
            prop_assert!((3..=64).contains(&id.len()), "{id}");
            prop_assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{id}");
        }
        prop_assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
    }
}
