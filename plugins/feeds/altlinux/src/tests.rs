mod corpus;

use limpid_plugin_sdk::feed::{Range, Rating, Source};
use limpid_plugin_sdk::testing::{Collected, InMemory};

use super::*;

#[test]
fn a_run_starts_with_the_branches() {
    let expected = Source::whole("branches", "https://rdb.altlinux.org/api/errata/export/oval/branches");
    assert_eq!(AltLinux::sources(None), [expected]);
}

fn parse(source: &str, documents: Vec<(&str, String)>) -> (Result<Option<String>, Error>, Collected) {
    let mut sink = Collected::default();
    let read = AltLinux::parse(source, &mut InMemory::new(documents), &mut sink);
    (read, sink)
}

#[test]
fn a_list_without_branches_is_refused() {
    for list in [
        "",
        "[]",
        "<html>",
        r#"{"branches": []}"#,
        r#"{"branches": ["../p9"]}"#,
        r#"{"branches": ["P10"]}"#,
        r#"{"branches": ["branches"]}"#,
    ] {
        let (read, sink) = parse("branches", vec![("branches", list.to_owned())]);
        assert!(matches!(read, Err(Error::Malformed(_))), "{list}: {read:?}");
        assert_eq!(sink.followed, [], "{list}");
    }
}

#[test]
fn a_branch_that_is_none_costs_itself() {
    let (read, sink) = parse("branches", vec![("branches", r#"{"branches": ["p10", "../p9"]}"#.to_owned())]);
    assert_eq!((read, sink.followed.len()), (Ok(None), 1));
    assert_eq!(sink.rejected[0].0, "../p9");
}

/// An erratum of a branch, written at some time.
fn erratum(branch: &str, timestamp: &str) -> String {
    format!(
        r#"<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5">
        <generator><timestamp>{timestamp}</timestamp></generator>
        <definitions><definition id="oval:org.altlinux.errata:def:20131002" class="patch"><metadata>
          <title>ALT-PU-2013-1002: package `pad` update to version 1.2-alt1</title>
          <affected family="unix"><platform>ALT Linux branch {branch}</platform><product>ALT Server</product></affected>
          <reference ref_id="ALT-PU-2013-1002" ref_url="https://errata.altlinux.org/ALT-PU-2013-1002" source="ALTPU"/>
          <reference ref_id="BDU:2015-00047" ref_url="https://bdu.fstec.ru/vul/2015-00047" source="BDU"/>
          <reference ref_id="CVE-2013-2111" ref_url="https://nvd.nist.gov/vuln/detail/CVE-2013-2111" source="CVE"/>
          <advisory from="errata.altlinux.org"><severity>Low</severity><issued date="2013-10-17"/><updated date="2013-10-18"/>
            <cve cvss3="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L" impact="Low">CVE-2013-2111</cve></advisory></metadata>
          <criteria operator="AND"><criterion test_ref="t:1"/><criteria operator="OR">
            <criterion test_ref="t:2"/><criterion test_ref="t:3"/></criteria></criteria></definition></definitions>
        <tests>
          <textfilecontent54_test id="t:1" check="all"><object object_ref="o:1"/><state state_ref="s:1"/></textfilecontent54_test>
          <rpminfo_test id="t:2" check="all"><object object_ref="o:2"/><state state_ref="s:2"/></rpminfo_test>
          <rpminfo_test id="t:3" check="all"><object object_ref="o:3"/><state state_ref="s:2"/></rpminfo_test></tests>
        <objects>
          <textfilecontent54_object id="o:1"><path>/etc</path><filepath>os-release</filepath>
            <pattern operation="pattern match">cpe:\/o:alt:p?(\d+)</pattern><instance>1</instance></textfilecontent54_object>
          <rpminfo_object id="o:2"><name>pad</name></rpminfo_object>
          <rpminfo_object id="o:3"><name>pad-devel</name></rpminfo_object></objects>
        <states>
          <textfilecontent54_state id="s:1"><subexpression operation="equals">10</subexpression></textfilecontent54_state>
          <rpminfo_state id="s:2"><evr datatype="evr_string" operation="less than">0:1.2-alt1</evr></rpminfo_state></states>
        </oval_definitions>"#
    )
}

#[test]
fn an_archive_has_the_errata_of_a_branch() {
    let (read, sink) = parse(
        "c10f2",
        vec![
            ("oval_definitions_c10f2/ALT-PU-2013-1002.xml", erratum("c10f2", "2026-02-01T00:00:00")),
            ("oval_definitions_c10f2/ALT-PU-2013-1001.xml", "<html/>".to_owned()),
            ("oval_definitions_c10f2/ALT-PU-2013-1003.xml", erratum("c10f2", "2026-01-01T00:00:00")),
        ],
    );
    assert_eq!(read, Ok(None));
    assert_eq!(sink.identified.as_deref(), Some("c10f2"));
    assert_eq!(sink.dated.as_deref(), Some("2026-02-01T00:00:00Z"));
    let [(path, Error::Malformed(_))] = sink.rejected.as_slice() else { panic!("{sink:?}") };
    assert_eq!(path, "oval_definitions_c10f2/ALT-PU-2013-1001.xml");
    let [erratum, _] = sink.advisories.as_slice() else { panic!("{sink:?}") };
    assert_eq!(erratum.id, "ALT-PU-2013-1002");
    assert_eq!(erratum.title, "package `pad` update to version 1.2-alt1");
    assert_eq!(erratum.aliases, ["CVE-2013-2111", "BDU:2015-00047"]);
    assert_eq!(erratum.published.as_deref(), Some("2013-10-17T00:00:00Z"));
    assert_eq!(erratum.modified.as_deref(), Some("2013-10-18T00:00:00Z"));
    let expected = [
        Rating::word("altlinux", "Low"),
        Rating::word("CVSS:3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L"),
    ];
    assert_eq!(erratum.ratings, expected);
    let stated: Vec<_> = erratum
        .affected
        .iter()
        .map(|it| (it.namespace.as_str(), it.name.as_str(), it.source, it.ranges.as_slice()))
        .collect();
    let range = [Range::before("0:1.2-alt1")];
    let expected =
        [("altlinux:c10f2", "pad", false, &range[..]), ("altlinux:c10f2", "pad-devel", false, &range[..])];
    assert_eq!(stated, expected);
}

#[test]
fn a_document_that_is_handed_in_names_its_branch() {
    let (read, sink) = parse("erratum.xml", vec![("erratum.xml", erratum("p10", "2026-02-01T00:00:00"))]);
    assert_eq!((read, sink.identified.as_deref()), (Ok(None), None));
    assert_eq!(sink.advisories[0].affected[0].namespace, "altlinux:p10");
    let (_, sink) = parse("erratum.xml", vec![("erratum.xml", erratum("?", "2026-02-01T00:00:00"))]);
    let [(_, why)] = sink.rejected.as_slice() else { panic!("{sink:?}") };
    assert!(why.to_string().contains("names no branch"), "{why}");
}

#[test]
fn an_erratum_of_another_branch_than_its_folder_is_rejected() {
    let documents = vec![("oval_definitions_p9/ALT-PU-2013-1002.xml", erratum("p10", "2026-02-01T00:00:00"))];
    let (read, sink) = parse("p9.zip", documents);
    assert_eq!((read, sink.identified.as_deref()), (Ok(None), Some("p9")));
    assert_eq!(sink.advisories, []);
    assert_eq!(sink.rejected.len(), 1);
}

#[test]
fn an_archive_of_another_branch_or_of_nothing_is_refused() {
    let check = |source: &str, documents: Vec<(&str, String)>, expected: &str| {
        let (read, _) = parse(source, documents);
        assert_eq!(read, Err(Error::malformed(expected)));
    };
    let p10 = || ("oval_definitions_p10/a.xml", erratum("p10", "2026-02-01T00:00:00"));
    let p9 = || ("oval_definitions_p9/a.xml", erratum("p9", "2026-02-01T00:00:00"));
    check("p9", vec![p10()], "the archive of branch `p9` has errata of `p10`");
    check("both.zip", vec![p10(), p9()], "the archive of branch `p10` has errata of `p9`");
    check("p9", vec![], "there is no document");
    check("p9", vec![("a.xml", "<html/>".to_owned())], "none of the 1 documents could be read");
}
