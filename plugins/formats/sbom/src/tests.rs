use proptest::prelude::*;

use super::*;

fn purls(document: &str) -> (Vec<String>, Summary) {
    let mut found = Vec::new();
    let summary = read(document.as_bytes(), |component| {
        let subject = if component.subject { " subject" } else { "" };
        found.push(format!("{} {:?}{subject}", component.purl, component.licenses));
    });
    (found, summary.unwrap())
}

#[test]
fn components_of_cyclonedx_are_read_with_those_that_they_hold() {
    let (found, summary) = purls(
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.4", "metadata": {"component":
            {"type": "library", "name": "a", "version": "1.0", "purl": "pkg:pypi/a@1.0",
             "components": [{"type": "file", "name": "x"}]}},
          "components": [
            {"type": "library", "name": "libXau", "purl": "pkg:rpm/almalinux/libXau@1.0.9-3.el8"},
            {"type": "library", "name": "b", "version": "2", "purl": "pkg:cargo/b",
             "licenses": [{"expression": "MIT OR ISC"}, {"license": {"id": "MIT"}}, {"license": {"name": "own"}}, 1],
             "components": [{"type": "library", "name": "c", "purl": "pkg:cargo/c@3"}]},
            {"type": "file", "name": "d.so"},
            {"type": "operating-system", "name": "debian", "version": "12"}]}"#,
    );
    assert_eq!(
        found,
        [
            "pkg:pypi/a@1.0 [] subject",
            "pkg:rpm/almalinux/libXau@1.0.9-3.el8 []",
            r#"pkg:cargo/b ["MIT OR ISC", "MIT", "own"]"#,
            "pkg:cargo/c@3 []",
        ]
    );
    assert_eq!(summary, Summary { components: 4, ..Summary::default() });
}

#[test]
fn packages_of_spdx_2_are_read() {
    let (found, summary) = purls(
        r#"{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "documentDescribes": ["SPDXRef-a"],
          "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-b"},
            {"spdxElementId": "SPDXRef-a", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-c"}],
          "packages": [
            {"SPDXID": "SPDXRef-a", "name": "image"},
            {"SPDXID": "SPDXRef-b", "name": "b", "versionInfo": "1", "licenseConcluded": "NOASSERTION",
             "licenseDeclared": "MIT", "externalRefs": [
              {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:b"},
              {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/b@1"}]},
            {"SPDXID": "SPDXRef-c", "name": "c", "versionInfo": "2", "licenseConcluded": "ISC", "externalRefs": [
              {"referenceCategory": "PACKAGE_MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/c"}]}]}"#,
    );
    assert_eq!(found, [r#"pkg:npm/b@1 ["MIT"] subject"#, r#"pkg:npm/c ["ISC"]"#]);
    assert_eq!(summary, Summary { components: 2, ..Summary::default() });
}

/// What lies beside the package of a document that the builder of a package wrote.
const BUILT: &str = r#"{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "documentDescribes": ["SPDXRef-a"],
    "packages": [
        {"SPDXID": "SPDXRef-os", "name": "wolfi", "primaryPackagePurpose": "OPERATING-SYSTEM"},
        {"SPDXID": "SPDXRef-a", "versionInfo": "1-r0", "externalRefs": [
            {"referenceType": "purl", "referenceLocator": "pkg:apk/wolfi/a@1-r0?arch=x86_64"}]},
        {"SPDXID": "SPDXRef-yaml", "externalRefs": [
            {"referenceType": "purl", "referenceLocator": "pkg:github/wolfi-dev/os@c0ffee#a.yaml"}]},
        {"SPDXID": "SPDXRef-source", "externalRefs": [
            {"referenceType": "purl", "referenceLocator": "pkg:generic/a@1?download_url=https://example.org/a.tar.gz"}]},
        {"SPDXID": "SPDXRef-tool", "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:npm/webpack@5.0.0"}]},
        {"SPDXID": "SPDXRef-both", "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:npm/both@1.0.0"}]}],
    "relationships": [
        {"spdxElementId": "SPDXRef-a", "relationshipType": "DESCRIBED_BY", "relatedSpdxElement": "SPDXRef-yaml"},
        {"spdxElementId": "SPDXRef-a", "relationshipType": "GENERATED_FROM", "relatedSpdxElement": "SPDXRef-source"},
        {"spdxElementId": "SPDXRef-tool", "relationshipType": "BUILD_TOOL_OF", "relatedSpdxElement": "SPDXRef-a"},
        {"spdxElementId": "SPDXRef-both", "relationshipType": "DEV_DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-a"},
        {"spdxElementId": "SPDXRef-a", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-both"}]}"#;

#[test]
fn what_a_package_was_made_of_and_with_is_no_component() {
    let (found, summary) = purls(BUILT);
    assert_eq!(found, ["pkg:apk/wolfi/a@1-r0?arch=x86_64 [] subject", "pkg:npm/both@1.0.0 []"]);
    assert_eq!(summary, Summary { components: 2, ..Summary::default() });
    let (found, _) = purls(
        r#"{"bomFormat": "CycloneDX", "components": [
            {"purl": "pkg:npm/a@1", "scope": "required"}, {"purl": "pkg:npm/b@1", "scope": "optional"},
            {"purl": "pkg:npm/c@1", "scope": "excluded", "components": [{"purl": "pkg:npm/d@1"}]}]}"#,
    );
    assert_eq!(found, ["pkg:npm/a@1 []", "pkg:npm/b@1 []"]);
}

#[test]
fn tags_and_values_are_read_as_json_is() {
    let text = "\u{feff}SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\n\n# a comment: x\n\
        Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-a\n\
        PackageName: a\nSPDXID: SPDXRef-a\nPackageVersion: 1.0\nPackageLicenseConcluded: NOASSERTION\n\
        PackageLicenseDeclared: <text>MIT</text>\nPackageCopyrightText: <text>Copyright\nPackageName: nobody\n</text>\n\
        ExternalRef: SECURITY cpe23Type cpe:2.3:a:b\nExternalRef: PACKAGE-MANAGER purl pkg:npm/a\n\
        PackageName: b\r\nSPDXID: SPDXRef-b\r\nExternalRef: PACKAGE_MANAGER purl pkg:npm/b@2\r\n\
        FileName: ./x\nSPDXID: SPDXRef-c\nno tag\n\
        PackageName: c\nSPDXID: SPDXRef-c\nExternalRef: PACKAGE-MANAGER purl pkg:npm/c@3\n\
        Relationship: SPDXRef-a GENERATED_FROM SPDXRef-c\nPackageName: d\nPackageVersion: 4\n";
    let (found, summary) = purls(text);
    assert_eq!(found, [r#"pkg:npm/a ["MIT"] subject"#, "pkg:npm/b@2 []"]);
    assert_eq!((summary.components, summary.unidentified), (2, 1));
    let mut expected = Problems::default();
    expected.push(Error::malformed("1 lines have no tag"));
    assert_eq!(summary.problems, expected);
    let cut = purls("SPDXVersion: SPDX-2.2\nPackageName: a\nPackageComment: <text>no end\nPackageName: b\n");
    assert_eq!((cut.0.len(), cut.1.unidentified), (0, 1));
}

#[test]
fn what_nobody_judges_is_told_in_one_statement() {
    let (found, summary) = purls(
        r#"{"bomFormat": "CycloneDX", "metadata": {"component": {"purl": "pkg:oci/app@sha256:00"}}, "components": [
            {"type": "library", "name": "a"}, {"purl": "pkg:github/a/b@1"}, {"purl": "pkg:cocoapods/c@1"},
            {"purl": "pkg:github/a/c@1"}, {"purl": "pkg:npm/a@1"}]}"#,
    );
    assert_eq!((found.as_slice(), summary.unjudged), (["pkg:npm/a@1 []".to_owned()].as_slice(), 3));
    let mut expected = Problems::default();
    expected.push(Error::unsupported(
        "1 components have no package URL with a version; 3 components are of types that are not judged: \
         `cocoapods`, `github`",
    ));
    assert_eq!(summary.into_problems(), expected);
    let long = format!(
        r#"{{"bomFormat": "CycloneDX", "components": [{{"purl": "pkg:npm/{}@1"}}]}}"#,
        "a".repeat(5000)
    );
    let mut expected = Problems::default();
    expected.push(Error::unsupported("a package URL is longer than the limit of 4096 bytes"));
    assert_eq!(purls(&long).1.problems, expected);
}

#[test]
fn packages_of_spdx_3_are_read() {
    let (found, summary) = purls(
        r#"{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
            {"type": "SpdxDocument", "spdxId": "d", "rootElement": ["a"]},
            {"type": "software_Package", "spdxId": "a", "software_packageUrl": "pkg:pypi/a@1"},
            {"type": "software_Package", "spdxId": "b", "software_packageVersion": "2", "externalIdentifier": [
              {"type": "ExternalIdentifier", "externalIdentifierType": "packageUrl", "identifier": "pkg:pypi/b"}]},
            {"type": "software_File", "spdxId": "c"}]}"#,
    );
    assert_eq!(found, ["pkg:pypi/a@1 [] subject", "pkg:pypi/b []"]);
    assert_eq!(summary.components, 2);
}

#[test]
fn what_cannot_be_identified_is_counted_and_what_is_damaged_is_named() {
    let (found, summary) = purls(
        r#"{"bomFormat": "CycloneDX", "components": [
            {"type": "library", "name": "a", "version": "1"},
            {"type": "library", "name": "b", "purl": "pkg:cargo/b"},
            {"type": "library", "name": "c", "purl": "https://example.org"},
            {"type": "library", "purl": 1},
            {"type": "library", "name": "d", "purl": "pkg:cargo/d@1"}]}"#,
    );
    assert_eq!(found, ["pkg:cargo/d@1 []"]);
    assert_eq!((summary.components, summary.unidentified), (1, 2));
    let mut expected = Problems::default();
    expected.push(Error::malformed("`https://example.org` is no package URL: it does not begin with `pkg:`"));
    expected.push(Error::malformed(
        "a component cannot be read: invalid type: integer `1`, expected a string at line 1 column 29",
    ));
    assert_eq!(summary.problems, expected);
}

#[test]
fn another_document_is_refused() {
    let why = |text: &str| read(text.as_bytes(), |_| {}).unwrap_err().to_string();
    assert_eq!(why("{}"), "unsupported: the document is neither CycloneDX nor SPDX 2 or 3");
    assert_eq!(
        why(r#"{"spdxVersion": "SPDX-1.2"}"#),
        "unsupported: the document is neither CycloneDX nor SPDX 2 or 3"
    );
    assert_eq!(
        why("SPDXVersion: SPDX-1.2\n"),
        "unsupported: the document is neither CycloneDX nor SPDX 2 or 3"
    );
    assert_eq!(
        why("<bom/>"),
        "unsupported: the document is XML, of which neither CycloneDX nor SPDX is read"
    );
    assert!(why("[]").starts_with("malformed: "));
    assert!(
        why(r#"{"bomFormat": "CycloneDX", "components": 1}"#).starts_with("malformed: invalid type: integer")
    );
}

#[test]
fn neither_depth_nor_number_is_without_an_end() {
    let deep = (0..MAX_DEPTH + 5).fold("{}".to_owned(), |inner, number| {
        format!(r#"{{"purl": "pkg:cargo/a{number}@1", "components": [{inner}]}}"#)
    });
    let (found, summary) = purls(&format!(r#"{{"bomFormat": "CycloneDX", "components": [{deep}]}}"#));
    assert_eq!(found.len(), MAX_DEPTH);
    let mut expected = Problems::default();
    expected.push(Error::unsupported("components are nested deeper than the limit of 16"));
    assert_eq!(summary.problems, expected);
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let text = format!(
        r#"{{"x": {open}{close}, "bomFormat": "CycloneDX", "components": [{{"licenses": {open}{close}}}]}}"#
    );
    assert_eq!(purls(&text).1.unidentified, 1);
    let many = r#"{"purl": "pkg:cargo/a@1"},"#.repeat(MAX_COMPONENTS as usize);
    let mut count = 0;
    let error =
        read(format!(r#"{{"bomFormat": "CycloneDX", "components": [{many}{{}}]}}"#).as_bytes(), |_| {
            count += 1
        });
    assert_eq!(
        error.unwrap_err().to_string(),
        "unsupported: the document has more components than the limit of 50000"
    );
    assert_eq!(count, MAX_COMPONENTS);
}

proptest! {
    #[test]
    fn what_was_written_is_read(names in prop::collection::vec("[a-z][a-z0-9-]{0,8}", 0..8), version in "[0-9]{1,3}") {
        let components: Vec<_> = names
            .iter()
            .map(|name| serde_json::json!({"type": "library", "name": name, "purl": format!("pkg:cargo/{name}@{version}")}))
            .collect();
        let text = serde_json::json!({"bomFormat": "CycloneDX", "components": components}).to_string();
        let expected: Vec<_> = names.iter().map(|name| format!("pkg:cargo/{name}@{version} []")).collect();
        prop_assert_eq!(purls(&text).0, expected);
    }

    #[test]
    fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _outcome = read(&bytes, |component| _ = component.package());
    }

    #[test]
    fn no_tags_are_too_odd_to_be_read(
        text in "((SPDXVersion|PackageName|SPDXID|ExternalRef|Relationship|FileName)?:? ?(<text>|</text>|a DESCRIBES b|x purl pkg:npm/[a@/?#]{0,4}|a)?\n){0,12}",
    ) {
        let _outcome = read(format!("SPDXVersion: SPDX-2.3\n{text}").as_bytes(), |component| _ = component.package());
    }

    #[test]
    fn no_json_is_too_odd_to_be_read(
        rest in "(,\"(components|packages|metadata|relationships|documentDescribes)\":(\\[(\\{\"(purl|SPDXID|externalRefs|components)\":(\"pkg:[a@/?#]{0,6}\"|\\[\\]|1)\\},?){0,2}\\]|null|1)){0,3}",
        head in "\"(bomFormat\":\"CycloneDX|spdxVersion\":\"SPDX-2.3)\"",
    ) {
        let _outcome = read(format!("{{{head}{rest}}}").as_bytes(), |component| _ = component.package());
    }
}
