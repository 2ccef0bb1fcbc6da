use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Range, Rating};
use limpid_plugin_sdk::testing::Collected;
use proptest::prelude::*;

use super::*;

mod corpus;

/// A publisher whose release is named by the package `release`.
struct Pads;

impl Publisher for Pads {
    fn statement(&self, definition: &Definition) -> Result<Statement, Error> {
        let id =
            definition.cve_ids().into_iter().next().ok_or_else(|| Error::malformed("it names no CVE"))?;
        let advisory = Advisory {
            title: definition.title.clone(),
            details: definition.description.clone(),
            ratings: vec![Rating::word("pads", definition.severity.clone())],
            references: definition.references.iter().map(|reference| reference.url.clone()).collect(),
            published: Some(definition.issued.clone()),
            ..Advisory::new(id)
        };
        Ok(Statement { advisory, every: Affected { scheme: "rpm".to_owned(), ..Affected::default() } })
    }

    fn is_release(&self, package: &str) -> bool {
        package == "release" || package == "/etc/os-release"
    }

    fn namespaces(&self, _package: &str, version: Condition<'_>) -> Result<Vec<String>, Error> {
        match version.version() {
            Some("0") => Ok(Vec::new()),
            Some(version) => Ok(vec![format!("pads:{version}")]),
            None => Err(Error::unsupported("names no release")),
        }
    }
}

const TABLES: &str = r#"
<tests>
  <rpminfo_test id="t:1" check="at least one"><object object_ref="o:1"/><state state_ref="s:1"/></rpminfo_test>
  <rpminfo_test id="t:2" check="at least one"><object object_ref="o:1"/><state state_ref="s:2"/></rpminfo_test>
  <rpminfo_test id="t:3" check="at least one"><object object_ref="o:2"/><state state_ref="s:3"/></rpminfo_test>
  <rpminfo_test id="t:4" check="at least one"><object object_ref="o:2"/><state state_ref="s:4"/></rpminfo_test>
  <rpminfo_test id="t:5" check="at least one"><object object_ref="o:3"/><state state_ref="s:3"/></rpminfo_test>
  <rpminfo_test id="t:6" check="at least one"><object object_ref="o:2"/><state state_ref="s:5"/></rpminfo_test>
  <rpminfo_test id="t:7" check="at least one"><object object_ref="o:1"/><state state_ref="s:6"/></rpminfo_test>
  <rpminfo_test id="t:8" check="at least one"><object object_ref="o:1"/><state state_ref="s:7"/></rpminfo_test>
  <rpminfo_test id="t:9" check="at least one"><object object_ref="o:2"/><state state_ref="s:8"/></rpminfo_test>
  <rpminfo_test id="t:10" check="at least one"><object object_ref="o:2"/><state state_ref="s:9"/></rpminfo_test>
  <textfilecontent54_test id="t:11" check="all"><object object_ref="o:4"/><state state_ref="s:10"/></textfilecontent54_test>
  <rpminfo_test id="t:12" check="none satisfy"><object object_ref="o:2"/><state state_ref="s:3"/></rpminfo_test>
  <uname_test id="t:13" check="all"><object object_ref="o:2"/></uname_test>
  <rpminfo_test id="t:14" check="all"><object object_ref="o:5"/></rpminfo_test>
  <rpminfo_test id="t:15" check="at least one"><object object_ref="o:1"/><state state_ref="s:11"/></rpminfo_test>
  <rpminfo_test id="t:16" check="at least one"><object object_ref="o:3"/><state state_ref="s:4"/></rpminfo_test>
  <rpminfo_test id="t:17" check="at least one"><object object_ref="o:2"/><state state_ref="s:12"/></rpminfo_test>
  <textfilecontent54_test id="t:18" check="all"><object object_ref="o:6"/><state state_ref="s:13"/></textfilecontent54_test>
  <textfilecontent54_test id="t:19" check="all"><object object_ref="o:7"/><state state_ref="s:13"/></textfilecontent54_test>
</tests>
<objects>
  <rpminfo_object id="o:1"><name>release</name></rpminfo_object>
  <lin:rpminfo_object id="o:2"><lin:name>pad</lin:name></lin:rpminfo_object>
  <rpminfo_object id="o:3"><name>pad-devel</name></rpminfo_object>
  <textfilecontent54_object id="o:4"><filepath>/etc/dnf/modules.d/paper.module</filepath><pattern operation="pattern match">x</pattern><instance>1</instance></textfilecontent54_object>
  <textfilecontent54_object id="o:6"><path>/etc</path><filepath>os-release</filepath><pattern operation="pattern match">x</pattern></textfilecontent54_object>
  <textfilecontent54_object id="o:7"><path>/etc/</path><filename>passwd</filename><pattern operation="pattern match">x</pattern></textfilecontent54_object>
  <rpminfo_object id="o:5"><name operation="pattern match">pad.*</name></rpminfo_object>
</objects>
<states>
  <rpminfo_state id="s:1"><version operation="pattern match">^8</version></rpminfo_state>
  <rpminfo_state id="s:2"><version operation="equals">9</version></rpminfo_state>
  <rpminfo_state id="s:3"><evr datatype="evr_string" operation="less than">0: 1.2-3</evr></rpminfo_state>
  <rpminfo_state id="s:4"><signature_keyid operation="equals">ABCDEF0123456789</signature_keyid></rpminfo_state>
  <rpminfo_state id="s:5"><evr operation="greater than or equal">0:1.0-1</evr><arch operation="pattern match">(aarch64|x86_64)</arch></rpminfo_state>
  <rpminfo_state id="s:6"><arch operation="pattern match">x86_64</arch></rpminfo_state>
  <rpminfo_state id="s:7"><arch operation="pattern match">aarch64</arch></rpminfo_state>
  <rpminfo_state id="s:8"><version operation="equals">0</version></rpminfo_state>
  <rpminfo_state id="s:9"><version operation="greater than">0</version></rpminfo_state>
  <rpminfo_state id="s:10"><text operation="pattern match">\nstream\s*=\s*3\.1\b</text></rpminfo_state>
  <rpminfo_state id="s:11"><version operation="equals">0</version></rpminfo_state>
  <rpminfo_state id="s:12"><evr operation="less than or equal">0:1.2-3</evr></rpminfo_state>
  <textfilecontent54_state id="s:13"><subexpression operation="equals">10</subexpression></textfilecontent54_state>
</states>"#;

fn document(criteria: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5">
        <generator><oval:product_name>Paper &amp; Pads</oval:product_name><oval:timestamp>2024-05-01T10:00:00</oval:timestamp></generator>
        <definitions><definition id="d:1" class="vulnerability"><metadata>
        <title> A <!-- very --> title&#33; </title><reference source="CVE" ref_id="CVE-2024-0001" ref_url="https://example.org/1"/>
        <description><![CDATA[less < more]]></description>
        <advisory><severity>Important</severity><issued date="2024-04-30"/></advisory></metadata>
        {criteria}</definition></definitions>{TABLES}</oval_definitions>"#
    )
}

fn collect(document: &str) -> Result<(Collected, Summary), Error> {
    let mut sink = Collected::default();
    let summary = read(&Pads, document.as_bytes(), &mut sink)?;
    Ok((sink, summary))
}

/// What criteria affect, or why they are rejected.
fn affected(criteria: &str) -> Result<Vec<Affected>, String> {
    let (sink, _) = collect(&document(criteria)).unwrap();
    match sink.rejected.first() {
        Some((_, why)) => Err(why.to_string()),
        None => Ok(sink.advisories.into_iter().flat_map(|advisory| advisory.affected).collect()),
    }
}

/// Criteria of tests by number, in a short form: `&(1 |(3 5))`.
fn criteria(short: &str) -> String {
    let mut text = String::new();
    for word in short.replace('(', " ( ").replace(')', " ) ").split_whitespace() {
        match word {
            "&" => text += "<criteria operator=\"AND\"",
            "|" => text += "<criteria operator=\"OR\"",
            "(" => text += ">",
            ")" => text += "</criteria>",
            number => text += &format!("<criterion test_ref=\"t:{number}\"/>"),
        }
    }
    text
}

/// `namespace name ranges and versions requirements`
fn check(short: &str, expected: &[&str]) {
    let affected = affected(&criteria(short)).unwrap_or_else(|why| panic!("{short}: {why}"));
    let short_form = |one: &Affected| {
        let requires: Vec<_> =
            one.requires.iter().map(|(fact, values)| format!("{fact}={}", values.join("|"))).collect();
        let range = one.ranges.iter().map(|range| match (&range.introduced, &range.until) {
            (None, None) => "all".to_owned(),
            (from, until) => format!(
                "{}..{}",
                from.as_deref().unwrap_or_default(),
                match until {
                    Some(limpid_plugin_sdk::feed::Bound::Including(last)) => format!("={last}"),
                    Some(limpid_plugin_sdk::feed::Bound::Excluding(fix)) => fix.clone(),
                    _ => String::new(),
                }
            ),
        });
        format!("{} {} {} {}", one.namespace, one.name, range.collect::<String>(), requires.join(" "))
    };
    let actual: Vec<_> = affected.iter().map(short_form).collect();
    let actual: Vec<_> = actual.iter().map(|text| text.trim_end()).collect();
    assert_eq!(actual, expected, "{short}");
}

#[test]
fn metadata_are_stated() {
    let (sink, summary) = collect(&document(&criteria("&(1 3)"))).unwrap();
    let advisory = &sink.advisories[0];
    assert_eq!((advisory.id.as_str(), advisory.title.as_str()), ("CVE-2024-0001", "A title!"));
    assert_eq!(advisory.details, "less < more");
    assert_eq!(advisory.ratings, [Rating::word("pads", "Important")]);
    assert_eq!(advisory.published.as_deref(), Some("2024-04-30"));
    assert_eq!(sink.dated.as_deref(), Some("2024-05-01T10:00:00Z"));
    assert_eq!(summary, Summary { definitions: 1, others: 0, generator: "Paper & Pads".to_owned() });
    assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("0:1.2-3")]);
}

#[test]
fn a_large_document_is_stated_in_parts() {
    let filler = "x".repeat(200 << 10);
    let definition = document(&criteria("&(1 3)")).replace("less < more", &filler);
    let (head, rest) = definition.split_once("<definition ").unwrap();
    let (one, tail) = rest.split_once("</definition>").unwrap();
    let many: String = (0..150)
        .map(|number| {
            format!("<definition {one}</definition>")
                .replace("CVE-2024-0001", &format!("CVE-2024-1{number:03}"))
        })
        .collect();
    let (sink, summary) = collect(&format!("{head}{many}{tail}")).unwrap();
    assert_eq!((summary.definitions, sink.rejected.len()), (150, 0));
    // The first ones, of which no more than 24 MiB are kept, come whole at last; the others come in two parts.
    let parts = sink.advisories.len() - 150;
    assert!((20..40).contains(&parts), "{parts}");
    let affecting = sink.advisories.iter().filter(|advisory| !advisory.affected.is_empty());
    assert_eq!(affecting.count(), 150);
    let described = sink.advisories.iter().filter(|advisory| advisory.details.len() == filler.len());
    assert_eq!(described.count(), 150);
}

#[test]
fn criteria_become_packages() {
    check("&(1 3)", &["pads:8 pad ..0:1.2-3"]);
    check("&(1 |(3 5))", &["pads:8 pad ..0:1.2-3", "pads:8 pad-devel ..0:1.2-3"]);
    check("&(|(1 2) 3)", &["pads:8 pad ..0:1.2-3", "pads:9 pad ..0:1.2-3"]);
    check("|(&(1 3) &(2 3))", &["pads:8 pad ..0:1.2-3", "pads:9 pad ..0:1.2-3"]);
    check("&(1 17)", &["pads:8 pad ..=0:1.2-3"]);
    check("&(1 10)", &["pads:8 pad all"]);
    check("&(1 3 4)", &["pads:8 pad ..0:1.2-3 signer=abcdef0123456789"]);
    check("&(1 3 11)", &["pads:8 pad ..0:1.2-3 module=paper:3.1"]);
    check("&(18 3)", &["pads:10 pad ..0:1.2-3"]);
    check("&(1 3 6)", &["pads:8 pad 0:1.0-1..0:1.2-3 arch=aarch64|x86_64"]);
    check("&(1 7 3)", &["pads:8 pad ..0:1.2-3 arch=i386|i486|i586|i686|noarch|x86_64"]);
    check("&(1 |(&(7 3) &(8 3)))", &["pads:8 pad ..0:1.2-3 arch=aarch64|i386|i486|i586|i686|noarch|x86_64"]);
}

#[test]
fn what_nothing_can_meet_affects_nothing() {
    check("&(1 2 3)", &[]);
    check("&(1 9)", &[]);
    check("&(15 3)", &[]);
    check("&(1 |())", &[]);
    check("&(|(15 1) |(9 3))", &["pads:8 pad ..0:1.2-3"]);
}

#[test]
fn a_fixed_version_goes_before_none() {
    check("&(1 |(3 10))", &["pads:8 pad ..0:1.2-3"]);
    check("|(&(2 10) &(1 3))", &["pads:9 pad all", "pads:8 pad ..0:1.2-3"]);
}

#[test]
fn what_no_record_says_is_rejected_with_the_reason() {
    let check = |criteria: &str, part: &str| {
        let why = affected(criteria).unwrap_err();
        assert!(why.contains(part), "{criteria}: {why}");
    };
    check(&criteria("&(1 3 5)"), "two packages must be there at once");
    check(&criteria("&(1 12)"), "test `t:12` has `check` `none satisfy`");
    check(&criteria("|(&(1 3) 13)"), "test `t:13` is a `uname_test`");
    check(&criteria("&(1 14)"), "is of an object that has `name`");
    check(&criteria("&(19 3)"), "is of file `/etc/passwd`");
    check(&criteria("&(1 99)"), "test `t:99` is not in the document");
    check(&criteria("&(3)"), "criteria name no release");
    check(&criteria("&(1)"), "criteria name no versions of a package");
    check(&criteria("&(1 4)"), "criteria name no versions of a package");
    check(&criteria("&(1 3 16)"), "another one signed");
    check(&criteria("&(1 3)").replace("<criterion", "<criterion negate=\"true\""), "must not be true");
    check(&criteria("&(1 3)").replace("operator", "negate=\"true\" operator"), "must not be true");
    check(&criteria("&(1 3)").replace("AND", "XOR"), "operator `XOR`");
    check(
        &criteria("&(1 3)").replace("criterion test_ref", "extend_definition definition_ref"),
        "extends definition `t:1`",
    );
    check("", "no criteria");
}

#[test]
fn definitions_of_other_classes_are_counted() {
    let other = document(&criteria("&(1 3)")).replace("\"vulnerability\"", "\"inventory\"");
    let (sink, summary) = collect(&other).unwrap();
    assert_eq!((summary.definitions, summary.others), (0, 1));
    assert_eq!((sink.advisories.len(), sink.rejected.len()), (0, 0));
}

#[test]
fn what_is_no_document_is_refused() {
    let whole = document(&criteria("&(1 3)"));
    let check = |document: &str, part: &str| {
        let why = collect(document).unwrap_err().to_string();
        assert!(why.contains(part), "{why}");
    };
    check("", "no element");
    check("<html></html>", "`html`");
    check(&whole[..whole.len() / 2], "malformed");
    check(&whole[..whole.len() - 19], "ends before");
    check(&whole.replace("&#33;", "&bomb;"), "entity `bomb`");
    check(&format!("{whole}<a/>"), "malformed");
    check(&whole.replace("<criteria", &"<criteria>".repeat(70)), "limit of 64");
}

#[test]
fn a_record_that_never_ends_is_refused() {
    let endless = document("")
        .split_once("</description>")
        .unwrap()
        .0
        .replace("<![CDATA[less < more]]>", &"x".repeat(40 << 20));
    let why = collect(&endless).unwrap_err().to_string();
    assert!(why.contains("over the limit of 33554432 bytes"), "{why}");
}

proptest! {
    #[test]
    fn no_document_is_too_odd_to_be_read(cut in 0usize..9000, insert in "[<>/a-z\"= &;!-]{0,12}") {
        let mut whole = document(&criteria("&(1 |(3 5) |(&(7 4) 8))"));
        let at = whole.floor_char_boundary(cut.min(whole.len()));
        whole.insert_str(at, &insert);
        let _outcome = collect(&whole).is_ok();
    }
}
