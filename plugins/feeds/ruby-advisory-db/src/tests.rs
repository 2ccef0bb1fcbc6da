use limpid_plugin_sdk::feed::{Affected, Range, Rating, Status};
use limpid_plugin_sdk::testing::{Collected, InMemory};

use super::*;

mod corpus;

const DOCUMENT: &str = r#"---
gem: left-pad
framework: pads
platform: jruby
cve: 2024-0001
ghsa: wh98-p28r-vrc9
osvdb: 77297
url: https://example.org/pads
title: 'Pads
  leak'
date: 2024-05-01
description: |
  ## Impact

  Pads leak.
cvss_v2: 5.0
cvss_v3: 7.4
cvss_v4: 11.0
unaffected_versions:
  - "<= 0.9"
patched_versions:
  - "~> 1.2.6, >= 1.2.6.2"
  - ">= 2.0.2"
related:
  cve:
    - 2024-0002
  url:
    - https://example.org/pads
    - https://example.org/more
"#;

fn parse(source: &str, documents: &[(&str, &str)]) -> Result<Collected, Error> {
    let mut sink = Collected::default();
    RubyAdvisoryDb::parse(source, &mut InMemory::new(documents.iter().copied()), &mut sink)?;
    Ok(sink)
}

#[test]
fn a_run_fetches_one_archive() {
    let expected = "https://github.com/rubysec/ruby-advisory-db/archive/refs/heads/master.tar.gz";
    assert_eq!(RubyAdvisoryDb::sources(None), [Source::whole("advisories", expected)]);
}

#[test]
fn a_document_is_an_advisory() {
    let sink = parse("any.yml", &[("any.yml", DOCUMENT)]).unwrap();
    assert_eq!(sink.rejected, []);
    assert_eq!(sink.identified.as_deref(), Some("left-pad/CVE-2024-0001"));
    let [stated] = &sink.advisories[..] else { panic!("{:?}", sink.advisories) };
    assert_eq!(stated.id, "CVE-2024-0001");
    assert_eq!(stated.aliases, ["GHSA-wh98-p28r-vrc9", "OSVDB-77297"]);
    assert_eq!((stated.title.as_str(), stated.details.as_str()), ("Pads leak", "## Impact\n\nPads leak."));
    assert_eq!(stated.references, ["https://example.org/pads", "https://example.org/more"]);
    assert_eq!(stated.published.as_deref(), Some("2024-05-01T00:00:00Z"));
    let score = |system: &str, score| Rating { score: Some(score), ..Rating::word(system, "") };
    assert_eq!(stated.ratings, [score("CVSS:3.1", 7.4), score("CVSS:2.0", 5.0)]);
    let of = Affected {
        namespace: "rubygems".to_owned(),
        name: "left-pad".to_owned(),
        scheme: "gem".to_owned(),
        ..Affected::default()
    };
    let ranges = vec![Range::before("1.2.6.2").from("0.9"), Range::before("2.0.2").from("1.3.A")];
    let expected = [
        Affected { ranges, note: Some("on the platform jruby".to_owned()), ..of.clone() },
        Affected { status: Status::NotAffected, versions: vec!["0.9".to_owned()], ..of },
    ];
    assert_eq!(stated.affected, expected);
}

#[test]
fn an_implementation_is_a_program() {
    for (engine, name) in [("ruby", "ruby-lang:ruby"), ("jruby", "jruby:jruby"), ("rbx", "rubinius:rubinius")]
    {
        let document = DOCUMENT.replace("gem: left-pad", &format!("engine: {engine}"));
        let sink = parse("any.yml", &[("any.yml", &document)]).unwrap();
        let affected = &sink.advisories[0].affected[0];
        assert_eq!(
            (affected.namespace.as_str(), affected.name.as_str(), affected.scheme.as_str()),
            ("nvd", name, "generic")
        );
        assert_eq!(affected.ranges[1], Range::before("2.0.2").from("1.3"));
    }
}

#[test]
fn the_first_identifier_that_is_there_counts() {
    let check = |gone: &[&str], id: &str, aliases: &[&str]| {
        let mut document = DOCUMENT.to_owned();
        for line in gone {
            document = document.replace(&format!("{line}\n"), "");
        }
        let sink = parse("any.yml", &[("any.yml", &document)]).unwrap();
        assert_eq!(
            (sink.advisories[0].id.as_str(), &sink.advisories[0].aliases[..]),
            (id, &aliases.iter().map(|&id| id.to_owned()).collect::<Vec<_>>()[..])
        );
    };
    check(&["cve: 2024-0001"], "GHSA-wh98-p28r-vrc9", &["OSVDB-77297"]);
    check(&["cve: 2024-0001", "ghsa: wh98-p28r-vrc9"], "OSVDB-77297", &[]);
}

#[test]
fn what_cannot_be_used_costs_itself() {
    let check = |from: &str, to: &str| {
        let broken = DOCUMENT.replace(from, to);
        assert_ne!(broken, DOCUMENT, "{from}");
        let both =
            [("x-master/gems/left-pad/a.yml", DOCUMENT), ("x-master/gems/left-pad/b.yml", broken.as_str())];
        let sink = parse("advisories", &both).unwrap();
        assert_eq!((sink.advisories.len(), sink.rejected.len()), (1, 1), "{to}");
        assert_eq!(sink.rejected[0].0, "x-master/gems/left-pad/b.yml");
        assert_eq!(sink.identified.as_deref(), Some("advisories"));
        assert!(parse("any.yml", &[("any.yml", &broken)]).is_err(), "{to}");
    };
    check("gem: left-pad", "library: left-pad");
    check("gem: left-pad", "gem: left/pad");
    check("gem: left-pad", "engine: topaz");
    check("cve: 2024-0001", "cve: 2024 0001");
    check("\">= 2.0.2\"", "\"!= 2.0.2\"");
    check("\"<= 0.9\"", "\"< 2.0.2\"");
    check("cvss_v2: 5.0", "cvss_v2: [");
    check("title:", &format!("note: \"{}\"\ntitle:", "x".repeat(1 << 20)));
    check("title:", &format!("note: {}\ntitle:", "[".repeat(100_000)));
    let nameless = DOCUMENT.replace("cve: ", "a: ").replace("ghsa: ", "b: ").replace("osvdb: ", "c: ");
    assert!(parse("any.yml", &[("any.yml", &nameless)]).is_err());
}

#[test]
fn documents_are_told_by_their_places() {
    let others = [
        ("ruby-advisory-db-master/.rubocop.yml", "x: 1"),
        ("ruby-advisory-db-master/.github/workflows/ruby.yml", "x: 1"),
        ("ruby-advisory-db-master/gems/left-pad/README.md", "x"),
    ];
    assert!(matches!(parse("advisories", &others), Err(Error::Malformed(_))));
    let mut all = others.to_vec();
    all.push(("ruby-advisory-db-master/gems/left-pad/CVE-2024-0001.yml", DOCUMENT));
    let sink = parse("advisories", &all).unwrap();
    assert_eq!((sink.advisories.len(), sink.rejected.len()), (1, 0));
    assert_eq!(sink.identified.as_deref(), Some("advisories"));
    for empty in ["", "---\n", "<html>"] {
        assert!(parse("any", &[("any", empty)]).is_err(), "{empty}");
    }
}
