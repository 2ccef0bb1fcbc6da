mod corpus;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Feed, Range, Rating, Source};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::prelude::*;

use crate::Gentoo;

fn parse(source: &str, documents: &[(&str, &str)]) -> Result<Collected, Error> {
    let mut sink = Collected::default();
    Gentoo::parse(source, &mut InMemory::new(documents.iter().copied()), &mut sink).map(|_| sink)
}

const GLSA: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE glsa SYSTEM "http://www.gentoo.org/dtd/glsa.dtd">
<glsa id="202305-28"><title>snakeyaml: Multiple Vulnerabilities</title><synopsis>Several.</synopsis>
<announced>2023-05-21</announced><revised count="1">2023-05-22</revised><affected>
<package name="dev-java/snakeyaml" auto="yes" arch="amd64 x86"><unaffected range="ge">1.33</unaffected>
<vulnerable range="lt">1.33</vulnerable></package></affected><impact type="low"><p>Little.</p></impact><references>
<uri link="https://nvd.nist.gov/vuln/detail/CVE-2017-18640">CVE-2017-18640</uri>
<uri link="https://example.org/more">More</uri></references></glsa>"#;

#[test]
fn a_run_fetches_the_snapshot_of_the_tree() {
    let expected = "https://distfiles.gentoo.org/snapshots/portage-latest.tar.xz";
    assert_eq!(Gentoo::sources(None), [Source::whole("glsa", expected)]);
}

#[test]
fn a_glsa_is_an_advisory() {
    let sink = parse("glsa", &[("portage/metadata/glsa/glsa-202305-28.xml", GLSA)]).unwrap();
    let [advisory] = sink.advisories.as_slice() else { panic!("{sink:?}") };
    assert_eq!(
        (advisory.id.as_str(), advisory.aliases.as_slice()),
        ("GLSA-202305-28", &["CVE-2017-18640".to_owned()][..])
    );
    assert_eq!(
        advisory.references,
        ["https://security.gentoo.org/glsa/202305-28", "https://example.org/more"]
    );
    assert_eq!(advisory.ratings, [Rating::word("gentoo", "low")]);
    assert_eq!(advisory.published.as_deref(), Some("2023-05-21T00:00:00Z"));
    let [affected] = advisory.affected.as_slice() else { panic!("{sink:?}") };
    assert_eq!(
        (affected.name.as_str(), affected.ranges.as_slice()),
        ("dev-java/snakeyaml", &[Range::before("1.33")][..])
    );
    assert_eq!(affected.requires, [("arch".to_owned(), vec!["amd64".to_owned(), "x86".to_owned()])]);
    assert_eq!(sink.identified.as_deref(), Some("glsa"));
}

#[test]
fn what_else_is_in_the_tree_is_passed_by() {
    let tree = [
        ("portage/metadata/glsa/Manifest", "x"),
        ("portage/dev-java/snakeyaml/metadata.xml", "<pkgmetadata/>"),
        ("portage/metadata/glsa/glsa-202305-28.xml", GLSA),
        ("portage/metadata/glsa/glsa-202305-29.xml", "<glsa id=\"202305-29\"><affected>"),
    ];
    let sink = parse("glsa", &tree).unwrap();
    assert_eq!((sink.advisories.len(), sink.rejected.len()), (1, 1));
    assert_eq!(sink.rejected[0].0, "portage/metadata/glsa/glsa-202305-29.xml");
}

#[test]
fn a_single_one_that_is_handed_in_stands_for_itself() {
    let sink = parse("some.xml", &[("some.xml", GLSA)]).unwrap();
    assert_eq!(sink.identified.as_deref(), Some("GLSA-202305-28"));
}

#[test]
fn what_is_none_is_refused() {
    let check = |document: &str| {
        let read = parse("some.xml", &[("some.xml", document)]);
        assert!(matches!(read, Err(Error::Malformed(_))), "{document}: {read:?}");
    };
    check("");
    check("<html/>");
    check("<glsa/>");
    check(
        "<glsa id=\"1\"><affected><package name=\"a\"><vulnerable range=\"x\">1</vulnerable></package></affected></glsa>",
    );
    check(
        "<glsa id=\"1\"><affected><package name=\"a\"><vulnerable range=\"lt\">?</vulnerable></package></affected></glsa>",
    );
    check(
        "<glsa id=\"1\"><affected><package><vulnerable range=\"lt\">1</vulnerable></package></affected></glsa>",
    );
    assert!(parse("glsa", &[("README", "x")]).is_err());
}

proptest! {
    #[test]
    fn no_range_is_fatal(range in "(r?[lg][te]|eq|[a-z]{0,3})", version in r"([0-9]{1,3}\.?){0,3}(\*|_p|-r[0-9]{0,22})?") {
        let glsa = GLSA.replace("\"lt\">1.33", &format!("\"{range}\">{version}"));
        let _ = parse("some.xml", &[("some.xml", &glsa)]);
    }
}
