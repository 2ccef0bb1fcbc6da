mod published;

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> VexDocument {
    VexDocument::read("handed in", text.as_bytes()).unwrap()
}

fn shown(document: &VexDocument) -> Vec<String> {
    let statement = |it: &Statement| {
        let product = |product: &Product| match product {
            Product::Package(package) => match &package.versions {
                Versions::Any => package.purl.to_string(),
                versions => format!(
                    "{} {}",
                    package.purl,
                    if *versions == Versions::Unknown { "?" } else { "in range" }
                ),
            },
            Product::Image { parts, .. } => format!("image/{}", parts.len()),
        };
        let products: Vec<_> = it.products.iter().map(product).collect();
        let justification = it.justification.as_deref().unwrap_or("-");
        format!(
            "{} {:?} {justification} {} [{}]",
            it.identifiers.join(","),
            it.status,
            it.reason,
            products.join(" ")
        )
    };
    document.statements.iter().map(statement).collect()
}

#[test]
fn csaf_states_of_products_by_package_urls_and_of_what_is_in_images() {
    let text = r#"{
        "document": {"category": "csaf_vex", "csaf_version": "2.0", "title": "t",
            "publisher": {"category": "vendor", "name": "Maker", "namespace": "https://maker.example"},
            "tracking": {"id": "VEX-1", "current_release_date": "2026-05-01T00:00:00Z"}},
        "product_tree": {
            "branches": [{"category": "vendor", "name": "m", "branches": [
                {"category": "product_version", "name": "a", "product": {"product_id": "a", "name": "a 1",
                    "product_identification_helper": {"purl": "pkg:npm/a@1"}}},
                {"category": "product_name", "name": "os", "product": {"product_id": "os", "name": "os 9",
                    "product_identification_helper": {"cpe": "cpe:/o:maker:os:9"}}},
                {"category": "product_name", "name": "web", "product": {"product_id": "web", "name": "web",
                    "product_identification_helper": {"purl": "pkg:oci/web?repository_url=r.example/web"}}}]}],
            "relationships": [
                {"category": "default_component_of", "product_reference": "a", "relates_to_product_reference": "os",
                    "full_product_name": {"product_id": "os:a", "name": "a of os"}},
                {"category": "default_component_of", "product_reference": "a", "relates_to_product_reference": "web",
                    "full_product_name": {"product_id": "web:a", "name": "a of web"}}]},
        "vulnerabilities": [{"cve": "CVE-2026-1", "ids": [{"system_name": "GHSA", "text": "GHSA-1"}],
            "product_status": {"known_not_affected": ["a", "os:a", "web:a"], "recommended": ["a"]},
            "flags": [{"label": "component_not_present", "product_ids": ["a"]}],
            "threats": [{"category": "impact", "details": "not built in", "product_ids": ["a"]}]}]}"#;
    let document = read(text);
    assert_eq!(
        (document.id.as_str(), document.author.as_str(), document.inapplicable),
        ("VEX-1", "Maker", 1)
    );
    let mut found = shown(&document);
    found.sort();
    assert_eq!(
        found,
        [
            "CVE-2026-1,GHSA-1 NotAffected - t [image/1]",
            "CVE-2026-1,GHSA-1 NotAffected component_not_present not built in [pkg:npm/a@1]",
        ]
    );
    assert_eq!(document.statements[0].at.to_string(), "2026-05-01T00:00:00Z");
}

#[test]
fn cyclonedx_states_of_components_of_this_document_and_of_others() {
    let text = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:1",
        "metadata": {"timestamp": "2026-05-01T00:00:00Z", "supplier": {"name": "Maker"}},
        "components": [{"type": "library", "name": "a", "bom-ref": "a-ref", "purl": "pkg:npm/a@1",
            "components": [{"type": "library", "name": "b", "bom-ref": "b-ref", "purl": "pkg:npm/%40s/b@2"}]}],
        "vulnerabilities": [
            {"id": "CVE-2026-1", "analysis": {"state": "not_affected", "justification": "code_not_reachable",
                "detail": "no route"}, "affects": [{"ref": "a-ref"}, {"ref": "urn:cdx:1/1#b-ref"}]},
            {"id": "CVE-2026-2", "references": [{"id": "GHSA-2"}], "analysis": {"state": "resolved"},
                "affects": [{"ref": "pkg:npm/c", "versions": [{"version": "3"}, {"version": "4", "status": "unaffected"},
                    {"range": "vers:npm/<3"}]}]},
            {"id": "CVE-2026-3", "analysis": {"state": "exploitable"}, "affects": [{"ref": "nothing"}]},
            {"id": "CVE-2026-4", "affects": [{"ref": "a-ref"}]}]}"#;
    let document = read(text);
    assert_eq!((document.author.as_str(), document.inapplicable), ("Maker", 2));
    assert_eq!(
        shown(&document),
        [
            "CVE-2026-1 NotAffected code_not_reachable no route [pkg:npm/a@1 pkg:npm/%40s/b@2]",
            "CVE-2026-2,GHSA-2 Fixed -  [pkg:npm/c@3 pkg:npm/c in range]",
        ]
    );
}

#[test]
fn cyclonedx_states_of_what_it_is_about_and_of_its_parts_alone() {
    let check = |purl: &str, reference: &str, expected: &[&str]| {
        let text = format!(
            r#"{{"bomFormat": "CycloneDX", "serialNumber": "urn:uuid:own",
                "metadata": {{"component": {{"type": "container", "name": "web", "bom-ref": "web"{purl}}}}},
                "components": [{{"type": "library", "name": "a", "bom-ref": "a", "purl": "pkg:npm/a@1"}}],
                "vulnerabilities": [{{"id": "CVE-1", "analysis": {{"state": "not_affected"}},
                    "affects": [{{"ref": "{reference}"}}]}}]}}"#
        );
        let found = VexDocument::read("x", text.as_bytes()).map(|it| shown(&it)).unwrap_or_default();
        assert_eq!(found, expected, "{purl} {reference}");
    };
    let image = format!(r#", "purl": "pkg:oci/web@sha256:{}""#, "a".repeat(64));
    check(&image, "a", &["CVE-1 NotAffected -  [image/1]"]);
    check(&image, "web", &["CVE-1 NotAffected -  [image/0]"]);
    check(&image, "urn:cdx:own/1#a", &["CVE-1 NotAffected -  [image/1]"]);
    check(&image, "urn:cdx:other/1#a", &[]);
    check(r#", "purl": "pkg:npm/app@1""#, "a", &[]);
    check(r#", "purl": "pkg:npm/app@1""#, "app", &[]);
    check(r#", "purl": "pkg:npm/app@1""#, "web", &["CVE-1 NotAffected -  [pkg:npm/app@1]"]);
    check("", "a", &[]);
}

#[test]
fn what_is_no_vex_is_refused() {
    let check = |text: &str, expected: &str| {
        let error = VexDocument::read("x", text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    };
    check("no", "it is no JSON");
    check("{}", "neither OpenVEX");
    check(r#"{"@context": "https://example.org"}"#, "no OpenVEX that can be read");
    check(r#"{"document": {"csaf_version": "1.0", "tracking": {"id": "a"}}}"#, "no CSAF that can be read");
    check(r#"{"bomFormat": "CycloneDX", "components": []}"#, "no statement on any product");
}

proptest! {
    #[test]
    fn no_document_is_too_odd_to_be_read(
        head in "(\"@context\": \"https://openvex.dev/ns\", |\"bomFormat\": 1, |\"document\": \\{\"csaf_version\": \"2.0\"\\}, )",
        rest in "[\\[\\]{}\",:a1 ]{0,60}",
    ) {
        let _ = VexDocument::read("x", format!("{{{head}{rest}}}").as_bytes());
        let _ = VexDocument::read("x", rest.as_bytes());
    }
}
