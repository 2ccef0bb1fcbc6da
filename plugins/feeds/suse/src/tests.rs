use limpid_plugin_sdk::testing::{Collected, InMemory};

use super::*;

mod corpus;

/// A vulnerability that is fixed in one product, is open in another one, and does not affect a third one.
const DOCUMENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5">
<generator><oval:product_name>Pads</oval:product_name><oval:timestamp>2026-01-22T06:09:00</oval:timestamp></generator>
<definitions><definition id="oval:org.opensuse.security:def:20240001" version="1" class="vulnerability"><metadata>
<title>CVE-2024-0001</title><affected family="unix"><platform>SUSE Linux Enterprise Server 15 SP4</platform></affected>
<reference ref_id="Mitre CVE-2024-0001" ref_url="https://example.org/mitre" source="CVE"/>
<reference ref_id="SUSE CVE-2024-0001" ref_url="https://example.org/suse" source="SUSE CVE"/>
<description>
    Pads leak.
</description>
<advisory from="security@suse.de"><issued date="2024-01-17"/><updated date="2025-08-06"/><severity>Moderate</severity>
<cve impact="medium" cvss3="6.5/CVSS:3.1/AV:N" href="https://www.suse.com/security/cve/CVE-2024-0001/">CVE-2024-0001 at SUSE</cve>
<cve impact="high" cvss3="7.5/CVSS:3.1/AV:L" href="https://nvd.nist.gov/vuln/detail/CVE-2024-0001">CVE-2024-0001 at NVD</cve>
</advisory></metadata>
<criteria operator="OR">
<criteria operator="AND"><criteria operator="OR"><criterion test_ref="s:tst:1"/><criterion test_ref="s:tst:2"/></criteria>
<criterion test_ref="s:tst:4"/></criteria>
<criteria operator="AND"><criteria operator="OR"><criterion test_ref="s:tst:3"/></criteria>
<criteria operator="OR"><criterion test_ref="s:tst:5"/><criterion test_ref="s:tst:6"/></criteria></criteria>
</criteria></definition></definitions>
<tests>
<rpminfo_test id="s:tst:1" check="at least one"><object object_ref="s:obj:1"/><state state_ref="s:ste:1"/></rpminfo_test>
<rpminfo_test id="s:tst:2" check="at least one"><object object_ref="s:obj:2"/><state state_ref="s:ste:1"/></rpminfo_test>
<rpminfo_test id="s:tst:3" check="at least one"><object object_ref="s:obj:1"/><state state_ref="s:ste:2"/></rpminfo_test>
<rpminfo_test id="s:tst:4" check="at least one"><object object_ref="s:obj:3"/><state state_ref="s:ste:3"/></rpminfo_test>
<rpminfo_test id="s:tst:5" check="at least one"><object object_ref="s:obj:3"/><state state_ref="s:ste:4"/></rpminfo_test>
<rpminfo_test id="s:tst:6" check="at least one"><object object_ref="s:obj:4"/><state state_ref="s:ste:5"/></rpminfo_test>
</tests><objects>
<rpminfo_object id="s:obj:1"><name>sles-release</name></rpminfo_object>
<rpminfo_object id="s:obj:2"><name>suse-manager-server-release</name></rpminfo_object>
<rpminfo_object id="s:obj:3"><name>pad</name></rpminfo_object>
<rpminfo_object id="s:obj:4"><name>pad-devel</name></rpminfo_object>
</objects><states>
<rpminfo_state id="s:ste:1"><version operation="equals">15.4</version></rpminfo_state>
<rpminfo_state id="s:ste:2"><version operation="equals">15.5</version></rpminfo_state>
<rpminfo_state id="s:ste:3"><arch datatype="string" operation="pattern match">(aarch64|x86_64)</arch><evr datatype="evr_string" operation="less than">0:1.2-3.1</evr></rpminfo_state>
<rpminfo_state id="s:ste:4"><version operation="greater than">0</version></rpminfo_state>
<rpminfo_state id="s:ste:5"><version operation="equals">0</version></rpminfo_state>
</states></oval_definitions>"#;

fn parse(source: &str, document: &str) -> Collected {
    let mut sink = Collected::default();
    Suse::parse(source, &mut InMemory::new([("any.xml", document)]), &mut sink).unwrap();
    sink
}

#[test]
fn a_vulnerability_is_an_advisory() {
    let sink = parse("folder/any.xml.gz", DOCUMENT);
    assert_eq!(sink.rejected, []);
    assert_eq!(sink.identified.as_deref(), Some("any"));
    let [stated] = &sink.advisories[..] else { panic!("{:?}", sink.advisories) };
    assert_eq!(stated.id, "CVE-2024-0001");
    assert_eq!((stated.title.as_str(), stated.details.as_str()), ("", "Pads leak."));
    assert_eq!(stated.modified.as_deref(), Some("2025-08-06T00:00:00Z"));
    let own = Rating { score: Some(6.5), ..Rating::word("CVSS:3.1", "CVSS:3.1/AV:N") };
    assert_eq!(stated.ratings, [Rating::word("suse", "Moderate"), own]);
    let pad = |namespace: &str, range, requires| Affected {
        namespace: namespace.to_owned(),
        name: "pad".to_owned(),
        scheme: "rpm".to_owned(),
        ranges: vec![range],
        requires,
        ..Affected::default()
    };
    let arches = ("arch".to_owned(), vec!["aarch64".to_owned(), "x86_64".to_owned()]);
    let expected = [
        pad("sles:15.4", Range::before("0:1.2-3.1"), vec![arches]),
        pad("sles:15.5", Range::all(), Vec::new()),
    ];
    assert_eq!(stated.affected, expected);
}

#[test]
fn a_notice_is_called_by_its_number() {
    let notice = DOCUMENT.replace("\"vulnerability\"", "\"patch\"").replace(
        "<reference ref_id=\"SUSE CVE-2024-0001\"",
        "<reference source=\"SUSE-SU\" ref_id=\"SUSE-SU-2024:0001-1\" ref_url=\"\"/><reference ref_id=\"\"",
    );
    let sink = parse("any", &notice);
    assert_eq!(sink.advisories[0].id, "SUSE-SU-2024:0001-1");
    assert_eq!(sink.advisories[0].aliases, ["CVE-2024-0001"]);
}

#[test]
fn the_index_leads_to_documents() {
    let sink = parse("index", "<a href='opensuse.leap.15.2.xml.gz'>x</a>");
    let url = "https://ftp.suse.com/pub/projects/security/oval/opensuse.leap.15.2.xml.gz";
    assert_eq!(sink.followed, [Source::whole("opensuse.leap.15.2", url)]);
}
