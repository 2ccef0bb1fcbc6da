use limpid_plugin_sdk::feed::{Affected, Range, Status};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::prelude::*;

use super::*;

mod corpus;

const DOCUMENT: &str = r#"title:     "CVE-2024-0001: Pads leak"
link:      https://example.org/pads
cve:       CVE-2024-0001
branches:
    1.0.x:
        time:     null
        versions: ['>=1.0.0', '<1.1.0']
    1.1:
        time:     2024-05-02 08:00:00
        versions: ['>=1.1.0-beta1', '<1.1.7']
    2:
        time:     2024-05-01 8:00:00
        versions: ['>2.0', '<=2.0.3']
reference: composer://Pads/left-pad
composer-repository: false
"#;

fn parse(source: &str, documents: &[(&str, &str)]) -> Result<Collected, Error> {
    let mut sink = Collected::default();
    FriendsOfPhp::parse(source, &mut InMemory::new(documents.iter().copied()), &mut sink)?;
    Ok(sink)
}

#[test]
fn a_run_fetches_one_archive() {
    let expected = "https://github.com/FriendsOfPHP/security-advisories/archive/refs/heads/master.tar.gz";
    assert_eq!(FriendsOfPhp::sources(None), [Source::whole("advisories", expected)]);
}

#[test]
fn a_document_is_an_advisory() {
    let sink = parse("any.yaml", &[("any.yaml", DOCUMENT)]).unwrap();
    assert_eq!(sink.rejected, []);
    assert_eq!(sink.identified.as_deref(), Some("pads/left-pad/CVE-2024-0001"));
    let [stated] = &sink.advisories[..] else { panic!("{:?}", sink.advisories) };
    assert_eq!((stated.id.as_str(), stated.title.as_str()), ("CVE-2024-0001", "CVE-2024-0001: Pads leak"));
    assert_eq!(
        (stated.aliases.len(), &stated.references[..]),
        (0, &["https://example.org/pads".to_owned()][..])
    );
    assert_eq!(stated.published.as_deref(), Some("2024-05-01T00:00:00Z"));
    let of = Affected {
        namespace: "composer".to_owned(),
        name: "pads/left-pad".to_owned(),
        scheme: "composer".to_owned(),
        ..Affected::default()
    };
    let ranges = vec![
        Range::before("1.1.0").from("1.0.0-dev"),
        Range::before("1.1.7").from("1.1.0-beta1"),
        Range::through("2.0.3").from("2.0"),
    ];
    let expected = [
        Affected { ranges, ..of.clone() },
        Affected { status: Status::NotAffected, versions: vec!["2.0".to_owned()], ..of },
    ];
    assert_eq!(stated.affected, expected);
}

#[test]
fn who_has_no_cve_is_called_otherwise() {
    let check = |name: &str, cve: &str, link: &str, id: &str, aliases: &[&str], source: &str| {
        let document =
            DOCUMENT.replace("cve:       CVE-2024-0001\n", cve).replace("https://example.org/pads", link);
        let sink = parse("any.yaml", &[(name, &document)]).unwrap();
        assert_eq!((sink.advisories[0].id.as_str(), sink.identified.as_deref()), (id, Some(source)));
        assert_eq!(sink.advisories[0].aliases, aliases);
    };
    let ghsa = "https://github.com/pads/left-pad/security/advisories/GHSA-WH98-p28r-vrc9";
    let (none, plain) = ("cve: ~\n", "https://example.org/GHSA-1");
    check("2024-05-01.yaml", none, plain, "pads/left-pad/2024-05-01", &[], "pads/left-pad/2024-05-01");
    check("2024-05-01.yaml", "", ghsa, "GHSA-wh98-p28r-vrc9", &[], "pads/left-pad/GHSA-wh98-p28r-vrc9");
    check("CVE-2024-0002.yaml", none, plain, "CVE-2024-0002", &[], "pads/left-pad/CVE-2024-0002");
    let (id, both) = ("CVE-2024-0003", "cve: CVE-2024-0003\n");
    check("CVE-2024-0003.yaml", both, ghsa, id, &["GHSA-wh98-p28r-vrc9"], "pads/left-pad/CVE-2024-0003");
}

#[test]
fn what_cannot_be_used_costs_itself() {
    let check = |from: &str, to: &str| {
        let broken = DOCUMENT.replace(from, to);
        assert_ne!(broken, DOCUMENT, "{from}");
        let both =
            [("x-master/pads/left-pad/a.yaml", DOCUMENT), ("x-master/pads/left-pad/b.yaml", broken.as_str())];
        let sink = parse("advisories", &both).unwrap();
        assert_eq!((sink.advisories.len(), sink.rejected.len()), (1, 1), "{to}");
        assert_eq!(sink.rejected[0].0, "x-master/pads/left-pad/b.yaml");
        assert_eq!(sink.identified.as_deref(), Some("advisories"));
        assert!(parse("any.yaml", &[("any.yaml", &broken)]).is_err(), "{to}");
    };
    check("composer://", "pear://");
    check("composer://Pads/left-pad", "composer://left-pad");
    check("CVE-2024-0001\n", "CVE-24-1\n");
    check("'<1.1.7'", "'<1.1.7', '<1.1.8'");
    check("'<1.1.7'", "'!=1.1.7'");
    check("'<1.1.7'", "'^1.1.7'");
    check("'<1.1.7'", "'<'");
    check("['>2.0', '<=2.0.3']", "[]");
    check("branches:", "ranches:");
    check("title:", &format!("note: \"{}\"\ntitle:", "x".repeat(1 << 20)));
    check("title:", &format!("note: {}\ntitle:", "[".repeat(100_000)));
    let many: String = (0..1001).map(|n| format!("    {n}.x:\n        versions: ['<{n}']\n")).collect();
    check("branches:\n", &format!("branches:\n{many}"));
}

#[test]
fn documents_are_told_by_their_places() {
    let others = [
        ("security-advisories-master/.github/workflows/php.yaml", "x: 1"),
        ("security-advisories-master/composer.json", "{}"),
        ("security-advisories-master/README.md", "x"),
    ];
    assert!(matches!(parse("advisories", &others), Err(Error::Malformed(_))));
    let mut all = others.to_vec();
    all.push(("security-advisories-master/pads/left-pad/CVE-2024-0001.yaml", DOCUMENT));
    let sink = parse("advisories", &all).unwrap();
    assert_eq!((sink.advisories.len(), sink.rejected.len()), (1, 0));
    assert_eq!(sink.identified.as_deref(), Some("advisories"));
    for empty in ["", "---\n", "<html>"] {
        assert!(parse("any", &[("any", empty)]).is_err(), "{empty}");
    }
}

proptest! {
    #[test]
    fn no_document_is_too_odd_to_be_read(cut in 0usize..600, insert in r#"[\[\]{}&*!~<>='":\n a-z0-9]{0,8}"#) {
        let mut document = DOCUMENT.to_owned();
        document.insert_str(cut.min(document.len()), &insert);
        let _outcome = parse("any.yaml", &[("any.yaml", &document)]).is_ok();
    }
}
