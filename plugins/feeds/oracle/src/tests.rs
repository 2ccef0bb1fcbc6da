use limpid_plugin_sdk::testing::{Collected, InMemory};

use super::*;

mod corpus;

/// An erratum of two packages, one of which is in a module and signed.
const DOCUMENT: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5">
<generator><oval:product_name>Pads</oval:product_name><oval:timestamp>2024-04-27T06:35:16</oval:timestamp></generator>
<definitions><definition id="oval:com.oracle.elsa:def:20240001" version="501" class="patch">
<metadata><title>
ELSA-2024-0001:  pad:3 security update (IMPORTANT)
</title><affected family="unix"><platform>Oracle Linux 8</platform></affected>
<reference source="elsa" ref_id="ELSA-2024-0001" ref_url="https://example.org/elsa"/>
<reference source="CVE" ref_id="CVE-2024-0001" ref_url="https://example.org/1"/>
<reference source="CVE" ref_id="CVE-2024-0002" ref_url="https://example.org/2"/>
<description>
 Fixes two.
</description>
<advisory><severity>IMPORTANT</severity><issued date="2024-04-26"/>
<cve cvss3="5.1/CVSS:3.1/AV:L" href="https://example.org/1">CVE-2024-0001</cve>
<cve cvss3="7.5/CVSS:3.1/AV:N" cvss2="4.5/AV:N" href="https://example.org/2">CVE-2024-0002</cve></advisory></metadata>
<criteria operator="AND"><criterion test_ref="e:tst:1"/><criteria operator="OR"><criteria operator="AND">
<criterion test_ref="e:tst:2"/><criterion test_ref="e:tst:3"/><criteria operator="OR">
<criteria operator="AND"><criterion test_ref="e:tst:4"/><criterion test_ref="e:tst:5"/></criteria>
</criteria></criteria></criteria></criteria></definition></definitions>
<tests>
<rpminfo_test id="e:tst:1" check="at least one"><object object_ref="e:obj:1"/><state state_ref="e:ste:1"/></rpminfo_test>
<rpminfo_test id="e:tst:2" check="at least one"><object object_ref="e:obj:1"/><state state_ref="e:ste:2"/></rpminfo_test>
<textfilecontent54_test id="e:tst:3" check="all"><object object_ref="e:obj:2"/><state state_ref="e:ste:3"/></textfilecontent54_test>
<rpminfo_test id="e:tst:4" check="at least one"><object object_ref="e:obj:3"/><state state_ref="e:ste:4"/></rpminfo_test>
<rpminfo_test id="e:tst:5" check="at least one"><object object_ref="e:obj:3"/><state state_ref="e:ste:5"/></rpminfo_test>
</tests><objects>
<rpminfo_object id="e:obj:1"><name>oraclelinux-release</name></rpminfo_object>
<textfilecontent54_object id="e:obj:2"><filepath>/etc/dnf/modules.d/pad.module</filepath><pattern operation="pattern match">\[pad\][\w\W]*</pattern><instance datatype="int">1</instance></textfilecontent54_object>
<rpminfo_object id="e:obj:3"><name>pad</name></rpminfo_object>
</objects><states>
<rpminfo_state id="e:ste:1"><version operation="pattern match">^8</version></rpminfo_state>
<rpminfo_state id="e:ste:2"><arch operation="pattern match">aarch64</arch></rpminfo_state>
<textfilecontent54_state id="e:ste:3"><text operation="pattern match">\nstream\s*=\s*3\b[\w\W]*\nstate\s*=\s*(enabled|1|true)</text></textfilecontent54_state>
<rpminfo_state id="e:ste:4"><evr datatype="evr_string" operation="less than">1:3.0-2.el8</evr></rpminfo_state>
<rpminfo_state id="e:ste:5"><signature_keyid operation="equals">82562ea9ad986da3</signature_keyid></rpminfo_state>
</states></oval_definitions>"#;

fn parse(document: &str) -> Collected {
    let mut sink = Collected::default();
    Oracle::parse("any", &mut InMemory::new([("any.xml", document)]), &mut sink).unwrap();
    sink
}

#[test]
fn an_erratum_is_an_advisory() {
    let sink = parse(DOCUMENT);
    assert_eq!(sink.rejected, []);
    let [stated] = &sink.advisories[..] else { panic!("{:?}", sink.advisories) };
    assert_eq!(stated.id, "ELSA-2024-0001");
    assert_eq!(stated.aliases, ["CVE-2024-0001", "CVE-2024-0002"]);
    assert_eq!(stated.title, "pad:3 security update (IMPORTANT)");
    assert_eq!(stated.details, "Fixes two.");
    assert_eq!(stated.published.as_deref(), Some("2024-04-26T00:00:00Z"));
    let cvss =
        |system: &str, value: &str, score| Rating { score: Some(score), ..Rating::word(system, value) };
    let expected = [
        Rating::word("oracle", "IMPORTANT"),
        cvss("CVSS:3.1", "CVSS:3.1/AV:N", 7.5),
        cvss("CVSS:2.0", "AV:N", 4.5),
    ];
    assert_eq!(stated.ratings, expected);
    let requires = |fact: &str, values: &[&str]| {
        (fact.to_owned(), values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
    };
    let affected = Affected {
        namespace: "ol:8".to_owned(),
        name: "pad".to_owned(),
        scheme: "rpm".to_owned(),
        ranges: vec![Range::before("1:3.0-2.el8")],
        requires: vec![
            requires("arch", &["aarch64", "noarch"]),
            requires("signer", &["82562ea9ad986da3"]),
            requires("module", &["pad:3"]),
        ],
        ..Affected::default()
    };
    assert_eq!(stated.affected, [affected]);
    assert_eq!(sink.identified.as_deref(), Some("elsa-all"));
}

#[test]
fn builds_with_an_epoch_of_their_own_are_judged_among_themselves() {
    let check = |fix: &str, first: Option<&str>| {
        let range = Oracle.range(Range::before(fix));
        assert_eq!(range.introduced.as_deref(), first, "{fix}");
        assert_eq!(range.until, Some(Bound::Excluding(fix.to_owned())));
    };
    check("2:2.17-157.ksplice1.el7_3.4", Some("2:0"));
    check("10:1.0.2k-24.0.3.el7_9_fips", Some("10:0"));
    check("1:1.0.2k-24.el7", None);
    check("0:2.17-157.ksplice1.el7", None);
}

#[test]
fn what_names_no_release_is_rejected() {
    for (pattern, changed) in [("^8", "8|9"), ("ELSA-2024-0001\" ref_url", "\" ref_url")] {
        let sink = parse(&DOCUMENT.replace(pattern, changed));
        assert_eq!(sink.rejected.len(), 1, "{changed}");
        assert!(sink.advisories.iter().all(|advisory| advisory.affected.is_empty()), "{changed}");
    }
}
