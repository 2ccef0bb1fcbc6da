//! Documents in the forms of published examples: of the specification of OpenVEX
//! (<https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md>), and of the use cases of CSAF's VEX profile
//! (<https://github.com/oasis-tcs/csaf/tree/master/csaf_2.0/examples/csaf/csaf_vex>). What they say is made up.

use super::*;

#[test]
fn openvex_in_the_form_of_its_specification() {
    // As the sample document: one statement on two builds of a package, dated by the document.
    let text = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://vex.example/sample",
        "author": "Maker", "role": "Document Creator", "timestamp": "2026-01-08T18:02:03.647787998-06:00", "version": "1",
        "statements": [{"vulnerability": {"name": "CVE-2026-1"},
            "products": [{"@id": "pkg:apk/wolfi/pad@2.39.0-r1?arch=armv7"},
                {"@id": "pkg:apk/wolfi/pad@2.39.0-r1?arch=x86_64"}],
            "status": "fixed"}]}"#;
    let document = read(text);
    assert_eq!(
        shown(&document),
        [
            "CVE-2026-1 Fixed -  [pkg:apk/wolfi/pad@2.39.0-r1?arch=armv7 pkg:apk/wolfi/pad@2.39.0-r1?arch=x86_64]"
        ]
    );
    assert_eq!(document.statements[0].at.to_string(), "2026-01-09T00:02:03.647Z");

    // As the examples of data structures: identifiers beside an IRI, hashes, subcomponents, aliases.
    let text = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://vex.example/structures",
        "author": "Maker", "timestamp": "2026-01-08T00:00:00Z", "version": 1,
        "statements": [{"@id": "https://vex.example/structures#1", "version": 1,
            "timestamp": "2026-02-01T00:00:00Z", "last_updated": "2026-03-01T00:00:00Z", "supplier": "Supplier",
            "vulnerability": {"@id": "https://nvd.nist.gov/vuln/detail/CVE-2026-2", "name": "CVE-2026-2",
                "description": "pads too far", "aliases": ["GHSA-aaaa-bbbb-cccc", "openSUSE-SU-2026:1"]},
            "products": [{"@id": "https://maker.example/web",
                "identifiers": {"purl": "pkg:oci/web?repository_url=r.example/web&tag=1",
                    "cpe23": "cpe:2.3:a:maker:web:1:*:*:*:*:*:*:*"},
                "hashes": {"sha-256": "00"},
                "subcomponents": [{"@id": "pkg:npm/pad@1"}, {"@id": "https://maker.example/part",
                    "identifiers": {"purl": "pkg:npm/other@2"}}]}],
            "status": "not_affected", "justification": "component_not_present",
            "impact_statement": "it is left out", "status_notes": "by review"}]}"#;
    let document = read(text);
    assert_eq!(
        shown(&document),
        [
            "CVE-2026-2,GHSA-aaaa-bbbb-cccc,openSUSE-SU-2026:1 NotAffected component_not_present it is left out [image/2]"
        ]
    );
    assert_eq!(document.statements[0].at.to_string(), "2026-03-01T00:00:00Z", "the newest of its moments");

    // As documents were before version 0.2: texts, and subcomponents of the statement.
    let text = r#"{"@context": "https://openvex.dev/ns", "@id": "https://vex.example/first", "author": "Maker",
        "timestamp": "2026-01-08T00:00:00Z", "version": "1",
        "statements": [{"vulnerability": "CVE-2026-3", "products": ["pkg:docker/shop/web@1"],
            "subcomponents": ["pkg:npm/pad@1"], "status": "under_investigation"}]}"#;
    assert_eq!(shown(&read(text)), ["CVE-2026-3 UnderInvestigation -  [image/1]"]);
}

/// A document of the VEX profile in the form of the use cases.
fn csaf(version: &str, tree: &str, vulnerability: &str) -> String {
    format!(
        r#"{{"document": {{"category": "csaf_vex", "csaf_version": "{version}", "title": "Example",
            "notes": [{{"category": "summary", "text": "an example", "title": "Author comment"}}],
            "publisher": {{"category": "vendor", "name": "ProductCERT", "namespace": "https://psirt.example"}},
            "tracking": {{"id": "EVD-1", "initial_release_date": "2026-03-03T11:00:00.000Z",
                "current_release_date": "2026-03-03T11:00:00.000Z", "status": "final", "version": "1",
                "revision_history": [{{"date": "2026-03-03T11:00:00.000Z", "number": "1", "summary": "first"}}]}}}},
            "product_tree": {{{tree}}},
            "vulnerabilities": [{{"cve": "CVE-2026-1",
                "notes": [{{"category": "description", "text": "pads too far", "title": "CVE description"}}],
                {vulnerability}}}]}}"#
    )
}

/// Branches of a vendor and a product with these versions and ranges: identifier, range or version, package URL.
fn branches(versions: &[(&str, &str, &str)]) -> String {
    let version = |(id, name, purl): &(&str, &str, &str)| {
        let category =
            if name.contains(['<', '>', '*', ' ']) { "product_version_range" } else { "product_version" };
        let helper = match *purl {
            "" => String::new(),
            purl => format!(r#", "product_identification_helper": {{"purl": "{purl}"}}"#),
        };
        format!(
            r#"{{"category": "{category}", "name": "{name}",
                "product": {{"name": "Pad {name}", "product_id": "{id}"{helper}}}}}"#
        )
    };
    let versions: Vec<_> = versions.iter().map(version).collect();
    format!(
        r#""branches": [{{"category": "vendor", "name": "Maker", "branches": [
            {{"category": "product_name", "name": "Pad", "branches": [{}]}}]}}]"#,
        versions.join(", ")
    )
}

#[test]
fn csaf_in_the_form_of_its_use_cases_of_one_product() {
    let check = |status: &str, rest: &str, expected: &[&str]| {
        let tree = branches(&[("CSAFPID-0001", "4.2", "pkg:maven/example/pad@4.2")]);
        let stated = format!(r#""product_status": {{"{status}": ["CSAFPID-0001"]}}{rest}"#);
        for version in ["2.0", "2.1"] {
            assert_eq!(shown(&read(&csaf(version, &tree, &stated))), expected, "{status} in {version}");
        }
    };
    check("fixed", "", &["CVE-2026-1 Fixed - Example [pkg:maven/example/pad@4.2]"]);
    check(
        "known_not_affected",
        r#", "threats": [{"category": "impact", "details": "the class was removed",
            "product_ids": ["CSAFPID-0001"]}]"#,
        &["CVE-2026-1 NotAffected - the class was removed [pkg:maven/example/pad@4.2]"],
    );
    check(
        "under_investigation",
        "",
        &["CVE-2026-1 UnderInvestigation - Example [pkg:maven/example/pad@4.2]"],
    );
}

#[test]
fn csaf_in_the_form_of_its_use_case_of_many_versions() {
    let tree = branches(&[
        ("CSAFPID-0001", "4.2", "pkg:maven/example/pad@4.2"),
        ("CSAFPID-0002", "vers:maven/>=2.9|<=4.1", "pkg:maven/example/pad"),
        ("CSAFPID-0003", "vers:maven/>=1.0|<=2.3", "pkg:maven/example/pad"),
        ("CSAFPID-0004", "vers:generic/>=2.4|<=2.8", "pkg:maven/example/pad"),
        ("CSAFPID-0005", "before 1.0", "pkg:maven/example/pad"),
        ("CSAFPID-0006", "vers:maven/>=5", ""),
    ]);
    let stated = r#""product_status": {"known_affected": ["CSAFPID-0002", "CSAFPID-0004"],
            "known_not_affected": ["CSAFPID-0001", "CSAFPID-0003", "CSAFPID-0005", "CSAFPID-0006"]},
        "threats": [{"category": "impact", "details": "the class was removed", "product_ids": ["CSAFPID-0001"]},
            {"category": "impact", "details": "it was not there yet", "product_ids": ["CSAFPID-0003"]}]"#;
    let document = read(&csaf("2.0", &tree, stated));
    let mut found = shown(&document);
    found.sort();
    assert_eq!(
        found,
        [
            "CVE-2026-1 Affected - Example [pkg:maven/example/pad in range pkg:maven/example/pad ?]",
            "CVE-2026-1 NotAffected - it was not there yet [pkg:maven/example/pad in range]",
            "CVE-2026-1 NotAffected - the class was removed [pkg:maven/example/pad@4.2]",
        ]
    );
    assert_eq!(document.inapplicable, 3, "another order, free text, and no package URL");
    assert!(document.has_ranges());
}

#[test]
fn csaf_in_the_form_of_its_use_case_of_groups() {
    let versions = [("a", "1", "pkg:npm/pad@1"), ("b", "2", "pkg:npm/pad@2"), ("c", "3", "pkg:npm/pad@3")];
    let groups = r#""product_groups": [{"group_id": "G", "product_ids": ["a", "b"]}]"#;
    let stated = r#""product_status": {"known_not_affected": ["a", "b", "c"]},
        "flags": [{"label": "vulnerable_code_not_present", "group_ids": ["G"]}],
        "threats": [{"category": "impact", "details": "nobody", "group_ids": ["none"]},
            {"category": "impact", "details": "not built in", "group_ids": ["G"]}]"#;
    let mut found = shown(&read(&csaf("2.0", &format!("{}, {groups}", branches(&versions)), stated)));
    found.sort();
    assert_eq!(
        found,
        [
            "CVE-2026-1 NotAffected - Example [pkg:npm/pad@3]",
            "CVE-2026-1 NotAffected vulnerable_code_not_present not built in [pkg:npm/pad@1 pkg:npm/pad@2]",
        ]
    );
}

#[test]
fn csaf_whose_products_have_names_only_states_nothing_that_can_be_applied() {
    let tree = branches(&[("CSAFPID-0001", "4.2", ""), ("CSAFPID-0002", "vers:generic/>=2.9|<=4.1", "")]);
    let stated =
        r#""product_status": {"known_affected": ["CSAFPID-0002"], "known_not_affected": ["CSAFPID-0001"]}"#;
    let error = VexDocument::read("x", csaf("2.0", &tree, stated).as_bytes()).unwrap_err();
    assert!(matches!(error, VexError::Nothing(2)), "{error}");
}
