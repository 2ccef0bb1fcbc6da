mod corpus;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Feed, Range, Source};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::prelude::*;

use crate::Advisories;

fn parse(source: &str, list: impl Into<Vec<u8>>) -> Result<Collected, Error> {
    let mut sink = Collected::default();
    Advisories::parse(source, &mut InMemory::new([("list", list.into())]), &mut sink).map(|_| sink)
}

const PKCS11: &str = "[12 Feb 2025] DSA-5864-1 pam-pkcs11 - security update\n\
                      \t{CVE-2025-24032 CVE-2025-24531}\n\t[bookworm] - pam-pkcs11 0.6.12-1+deb12u1\n";

#[test]
fn a_run_fetches_three_lists() {
    let sources = Advisories::sources(None);
    let list = "https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data/DSA/list";
    assert_eq!((sources.len(), &sources[0]), (3, &Source::whole("DSA", list)));
}

#[test]
fn an_entry_is_an_advisory() {
    let sink = parse("DSA", PKCS11).unwrap();
    let expected = Advisory {
        aliases: vec!["CVE-2025-24032".into(), "CVE-2025-24531".into()],
        title: "pam-pkcs11 - security update".into(),
        references: vec!["https://security-tracker.debian.org/tracker/DSA-5864-1".into()],
        published: Some("2025-02-12T00:00:00Z".into()),
        affected: vec![Affected {
            namespace: "debian:bookworm".into(),
            name: "pam-pkcs11".into(),
            source: true,
            scheme: "dpkg".into(),
            ranges: vec![Range::before("0.6.12-1+deb12u1")],
            ..Affected::default()
        }],
        ..Advisory::new("DSA-5864-1")
    };
    assert_eq!(sink.advisories, [expected]);
    assert_eq!(sink.identified.as_deref(), Some("DSA"));
    assert_eq!(sink.dated.as_deref(), Some("2025-02-12T00:00:00Z"));
}

#[test]
fn what_is_about_no_vulnerability_says_nothing() {
    let check = |entry: &str, expected: usize| {
        let sink = parse("DSA", format!("{entry}{PKCS11}")).unwrap();
        assert_eq!((sink.advisories.len() - 1, sink.rejected.as_slice()), (expected, &[][..]), "{entry}");
    };
    check("[18 Apr 2018] DSA-4205-1 jessie end-of-life\n", 0);
    check("[01 Jan 2020] DSA-1-2 a - regression update\n\t[buster] - a 2\n", 0);
    check("[01 Jan 2020] DSA-1-2 a - security update\n\t{CVE-2020-1}\n\t[buster] - a 2\n", 1);
    check("[01 Jan 2020] DSA-1-1 tzdata - new timezone database\n\t[buster] - tzdata 2\n", 0);
    check("[01 Jan 2000] DSA-424 a - buffer overflow\n\t[woody] - a 2\n", 1);
    check("[01 Jan 2000] DSA-1-1 a - buffer overflow\n\tNOTE: none\n\n\t[buster] - a 2\n", 1);
}

#[test]
fn a_line_that_cannot_be_used_costs_itself() {
    let list =
        format!("{PKCS11}\t[bullseye] - pam-pkcs11 soon\n\twhat is this?\n[01 Jan 2020] nothing\n\t- a 1\n");
    let sink = parse("DSA", list).unwrap();
    assert_eq!(sink.advisories.len(), 1);
    let rejected: Vec<_> = sink.rejected.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        rejected,
        ["line 4: [bullseye] - pam-pkcs11 soon", "line 5: what is this?", "line 6: [01 Jan 2020] nothing"]
    );
}

#[test]
fn a_document_that_is_no_list_or_another_one_is_refused() {
    let check = |source: &str, list: &str, expected: &str| {
        let why = parse(source, list).unwrap_err().to_string();
        assert!(why.contains(expected), "{source} {list}: {why}");
    };
    check("DSA", "", "is no list of advisories");
    check("DSA", "<html>", "it begins with another line");
    check("DSA", "[01 Jan 2020] DSA-1-1 a\n", "is no list of advisories");
    check("DLA", PKCS11, "the list is of DSA, and was asked for as DLA");
    check("DSA", &format!("[{}", "x".repeat(300_000)), "line 1 is over 262144 bytes");
    assert!(parse("handed-in", PKCS11).is_ok());
}

proptest! {
    #[test]
    fn no_list_is_fatal(text in r"(\[01 Jan 2020\] DSA-1-1 |\t|\{CVE-1 |\}|\[sid\] - |- | a|<unfixed>|\(|\)|; high|\n|\PC){0,24}") {
        let _ = parse("DSA", text);
    }
}
