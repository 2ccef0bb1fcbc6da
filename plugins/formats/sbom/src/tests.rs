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
    fn no_json_is_too_odd_to_be_read(
        rest in "(,\"(components|packages|metadata|relationships|documentDescribes)\":(\\[(\\{\"(purl|SPDXID|externalRefs|components)\":(\"pkg:[a@/?#]{0,6}\"|\\[\\]|1)\\},?){0,2}\\]|null|1)){0,3}",
        head in "\"(bomFormat\":\"CycloneDX|spdxVersion\":\"SPDX-2.3)\"",
    ) {
        let _outcome = read(format!("{{{head}{rest}}}").as_bytes(), |component| _ = component.package());
    }
}
