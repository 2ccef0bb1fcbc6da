use limpid_plugin_sdk::testing::{Collected, InMemory};

use super::*;

mod corpus;

fn parse(document: &str) -> Result<Collected, Error> {
    let mut sink = Collected::default();
    AzureLinux::parse("any", &mut InMemory::new([("any.xml", document)]), &mut sink)?;
    Ok(sink)
}

/// A document with one definition.
fn document(patchable: &str, operation: &str, version: &str) -> String {
    format!(
        r#"<oval_definitions><definitions><definition class="vulnerability" id="oval:m:def:1" version="1"><metadata>
        <title>CVE-2024-0001 affecting package pad</title><affected family="unix"><platform>Azure Linux</platform></affected>
        <reference ref_id="CVE-2024-0001" ref_url="https://example.org/1" source="CVE"/>
        <patchable>{patchable}</patchable><advisory_date>2024-01-19T03:54:24Z</advisory_date><severity>High</severity>
        <description>Of pad.</description></metadata>
        <criteria operator="AND"><criterion test_ref="oval:m:tst:1"/></criteria></definition></definitions>
        <tests><l:rpminfo_test check="at least one" id="oval:m:tst:1"><l:object object_ref="oval:m:obj:1"/><l:state state_ref="oval:m:ste:1"/></l:rpminfo_test></tests>
        <objects><l:rpminfo_object id="oval:m:obj:1"><l:name>pad</l:name></l:rpminfo_object></objects>
        <states><l:rpminfo_state id="oval:m:ste:1"><l:evr datatype="evr_string" operation="{operation}">{version}</l:evr></l:rpminfo_state></states>
        </oval_definitions>"#
    )
}

fn affected(patchable: &str, operation: &str, version: &str) -> Affected {
    let sink = parse(&document(patchable, operation, version)).unwrap();
    assert_eq!(sink.rejected, []);
    sink.advisories.iter().find_map(|advisory| advisory.affected.first()).cloned().unwrap()
}

#[test]
fn a_definition_says_of_a_source_package_what_it_is_affected_by() {
    let sink = parse(&document("true", "less than", "0:1.2-3.azl3")).unwrap();
    let affected = Affected {
        namespace: "azurelinux:3.0".to_owned(),
        name: "pad".to_owned(),
        source: true,
        scheme: "rpm".to_owned(),
        ranges: vec![Range::before("0:1.2-3.azl3")],
        ratings: vec![Rating::word("microsoft", "High")],
        ..Affected::default()
    };
    let advisory = Advisory {
        references: vec!["https://example.org/1".to_owned()],
        modified: Some("2024-01-19T03:54:24Z".to_owned()),
        affected: vec![affected],
        ..Advisory::new("CVE-2024-0001")
    };
    assert_eq!(sink.advisories, [advisory]);
    assert_eq!(sink.identified.as_deref(), Some("azurelinux-3.0"));
}

#[test]
fn what_cannot_be_patched_and_what_does_not_apply_is_stated_so() {
    let open = affected("false", "less than or equal", "0:1.2-3.cm2");
    assert_eq!((open.status, open.ranges), (Status::Affected, vec![Range::through("0:1.2-3.cm2")]));
    assert_eq!(open.note.as_deref(), Some("no patch is available"));
    let other = affected("Not Applicable", "less than", "0: 1.2-3.cm2");
    assert_eq!((other.status, other.ranges), (Status::NotAffected, vec![Range::before("0:1.2-3.cm2")]));
    assert_eq!((other.namespace.as_str(), other.note.as_deref()), ("mariner:2.0", Some("Of pad.")));
}

#[test]
fn what_names_no_release_is_rejected() {
    for (patchable, version) in [("true", "0:1.2-3"), ("true", "0:1.2-3.cm"), ("perhaps", "0:1.2-3.cm2")] {
        let sink = parse(&document(patchable, "less than", version)).unwrap();
        assert_eq!(sink.rejected.len(), 1, "{patchable} {version}");
        assert!(sink.advisories.iter().all(|advisory| advisory.affected.is_empty()), "{version}");
    }
}

#[test]
fn sources_are_the_documents_of_releases() {
    let urls: Vec<_> = AzureLinux::sources(None).into_iter().map(|source| source.url).collect();
    let file = |name: &str| format!("{DATA}{name}-oval.xml");
    assert_eq!(urls, [file("cbl-mariner-2.0"), file("azurelinux-3.0")]);
    assert!(AzureLinux::parse("any", &mut InMemory::default(), &mut Collected::default()).is_err());
}
