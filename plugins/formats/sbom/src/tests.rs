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
    let distribution = summary.distribution().unwrap().unwrap();
    assert_eq!(distribution.namespaces, ["debian:bookworm", "debian:12", "osv/debian:12"]);
    assert_eq!((summary.components, summary.unidentified, summary.unjudged), (4, 0, 0));
    assert_eq!(summary.problems, Problems::default());
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
    assert_eq!((summary.components, summary.unidentified, summary.unjudged), (2, 0, 0));
    assert_eq!(summary.distribution().unwrap().unwrap().namespaces, ["wolfi"]);
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
    for text in ["<bom/>", "<rdf:RDF xmlns:spdx='http://spdx.org/rdf/terms#'></rdf:RDF>"] {
        assert_eq!(why(text), "unsupported: the document is XML, of which only CycloneDX is read");
    }
    assert!(why("<bom xmlns='http://cyclonedx.org/schema/bom/1.5'><a>").starts_with("malformed: "));
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
    let text = format!(r#"{{"bomFormat": "CycloneDX", "components": [{many}{{}}]}}"#);
    let summary = read(text.as_bytes(), |_| count += 1).unwrap();
    let mut expected = Problems::default();
    expected.push(Error::unsupported("the document has more components than the limit of 50000"));
    assert_eq!((summary.problems, count), (expected, MAX_COMPONENTS));
}

/// Name, namespace where it is not the image's, source, and other facts of each package of a document that was
/// submitted; and the distribution.
fn within(document: &str) -> (Vec<String>, Option<String>) {
    let mut components = Vec::new();
    let summary = read(document.as_bytes(), |component| components.push(component)).unwrap();
    let distribution = summary.distribution().unwrap();
    let line = |component: &Component| {
        let package = match &distribution {
            Some(distribution) => component.package_within(distribution),
            None => component.package_of_image(),
        };
        let scope = match &package.scope {
            limpid_plugin_sdk::detector::Scope::Distribution => String::new(),
            limpid_plugin_sdk::detector::Scope::Namespace(namespace) => format!(" in {namespace}"),
        };
        let source = package.source.map(|source| format!(" of {} {}", source.name, source.version));
        let qualifiers: String =
            package.qualifiers.iter().map(|(key, value)| format!(" {key}={value}")).collect();
        let owner = component.owner().map(|owner| format!(" owned by {owner}")).unwrap_or_default();
        let location = component.location().map(|path| format!(" at {path}")).unwrap_or_default();
        let source = source.unwrap_or_default();
        format!("{} {}{scope}{source}{qualifiers}{owner}{location}", package.name, package.version)
    };
    let lines = components.iter().map(line).collect();
    let distribution = distribution.as_ref();
    (lines, distribution.map(|it| format!("{} {}: {}", it.id, it.version_id, it.namespaces.join(" "))))
}

#[test]
fn what_trivy_writes_of_sources_and_of_the_distribution_is_read() {
    let property =
        |name: &str, value: &str| format!(r#"{{"name": "aquasecurity:trivy:{name}", "value": "{value}"}}"#);
    let document = format!(
        r#"{{"bomFormat": "CycloneDX", "metadata": {{"component": {{"type": "container", "name": "a:1"}}}}, "components": [
            {{"type": "operating-system", "name": "debian", "version": "12.5", "properties": [{}]}},
            {{"type": "library", "name": "libc6", "version": "2.36-9+deb12u4",
             "purl": "pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12.5", "properties": [{}, {}, {}]}},
            {{"type": "library", "name": "a", "version": "1.0-1",
             "purl": "pkg:deb/debian/a@1.0-1?arch=amd64&distro=debian-12.5&epoch=2", "properties": [{}, {}, {}, {}]}},
            {{"type": "library", "name": "b", "purl": "pkg:npm/b@1.0.0", "properties": [{}]}}]}}"#,
        property("Type", "debian"),
        property("SrcName", "glibc"),
        property("SrcVersion", "2.36"),
        property("SrcRelease", "9+deb12u4"),
        property("SrcName", "a"),
        property("SrcEpoch", "2"),
        property("SrcVersion", "1.0"),
        property("SrcRelease", "1"),
        property("FilePath", "app/node_modules/b/package.json"),
    );
    let (packages, distribution) = within(&document);
    assert_eq!(
        packages,
        [
            "libc6 2.36-9+deb12u4 of glibc 2.36-9+deb12u4",
            "a 2:1.0-1 of a 2:1.0-1",
            "b 1.0.0 in npm at app/node_modules/b/package.json",
        ]
    );
    assert_eq!(distribution.as_deref(), Some("debian 12: debian:bookworm debian:12 osv/debian:12"));
    let spdx = r#"{"spdxVersion": "SPDX-2.3", "packages": [
        {"SPDXID": "a", "name": "alpine", "versionInfo": "3.20.3", "primaryPackagePurpose": "OPERATING-SYSTEM"},
        {"SPDXID": "b", "name": "libcrypto3", "versionInfo": "3.3.2-r0", "sourceInfo": "built package from: openssl 3.3.2-r0",
         "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:apk/alpine/libcrypto3@3.3.2-r0?arch=x86_64&distro=3.20.3"}]}]}"#;
    let (packages, distribution) = within(spdx);
    assert_eq!(packages, ["libcrypto3 3.3.2-r0 of openssl 3.3.2-r0"]);
    assert_eq!(distribution.as_deref(), Some("alpine 3.20.3: alpine:3.20 osv/alpine:3.20"));
}

#[test]
fn what_syft_writes_of_sources_and_of_the_distribution_is_read() {
    let cyclonedx = r#"{"bomFormat": "CycloneDX", "components": [
        {"type": "library", "name": "libc6", "purl": "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc",
         "properties": [{"name": "syft:location:0:path", "value": "/var/lib/dpkg/status"}]},
        {"type": "operating-system", "name": "debian", "version": "12", "description": "Debian GNU/Linux 12 (bookworm)",
         "properties": [{"name": "syft:distro:id", "value": "debian"}]}]}"#;
    let (packages, distribution) = within(cyclonedx);
    assert_eq!(packages, ["libc6 2.36-9 of glibc 2.36-9 at var/lib/dpkg/status"]);
    assert_eq!(distribution.as_deref(), Some("debian 12: debian:bookworm debian:12 osv/debian:12"));
    let spdx = r#"{"spdxVersion": "SPDX-2.3", "packages": [
        {"SPDXID": "SPDXRef-Package-deb-python3-yaml-1", "name": "python3-yaml", "externalRefs": [{"referenceType": "purl",
         "referenceLocator": "pkg:deb/debian/python3-yaml@6.0-3?arch=amd64&distro=debian-12&upstream=pyyaml"}]},
        {"SPDXID": "SPDXRef-Package-python-PyYAML-2", "name": "PyYAML", "externalRefs": [{"referenceType": "purl",
         "referenceLocator": "pkg:pypi/pyyaml@6.0"}]}],
        "relationships": [{"spdxElementId": "SPDXRef-Package-deb-python3-yaml-1", "relationshipType": "OTHER",
         "relatedSpdxElement": "SPDXRef-Package-python-PyYAML-2",
         "comment": "ownership-by-file-overlap: indicates that the parent package claims ownership of a child"}]}"#;
    let (packages, distribution) = within(spdx);
    assert_eq!(packages[0], "python3-yaml 6.0-3 of pyyaml 6.0-3");
    assert_eq!(packages[1], "pyyaml 6.0 in pypi owned by SPDXRef-Package-deb-python3-yaml-1");
    assert_eq!(distribution.as_deref(), Some("debian 12: debian:bookworm debian:12 osv/debian:12"));
    let rpm = r#"{"bomFormat": "CycloneDX", "components": [{"type": "library", "name": "nodejs",
        "purl": "pkg:rpm/almalinux/nodejs@18.1.0-1.module_el8?arch=x86_64&distro=almalinux-8.10&epoch=1&upstream=nodejs-18.1.0-1.module_el8.src.rpm",
        "properties": [{"name": "syft:metadata:modularityLabel", "value": "nodejs:18:80600:ad"}]}]}"#;
    let (packages, distribution) = within(rpm);
    assert_eq!(packages, ["nodejs 1:18.1.0-1.module_el8 of nodejs 18.1.0-1.module_el8 module=nodejs:18"]);
    assert_eq!(distribution.as_deref(), Some("almalinux 8.10: almalinux:8"));
}

#[test]
fn a_package_of_another_release_than_the_image_is_judged_by_that_release() {
    let document = r#"{"bomFormat": "CycloneDX", "components": [
        {"type": "operating-system", "name": "debian", "version": "12"},
        {"purl": "pkg:deb/debian/a@1?distro=debian-12.5"}, {"purl": "pkg:deb/debian/b@1?distro=debian-11"},
        {"purl": "pkg:deb/debian/c@1"}, {"purl": "pkg:deb/d@1"}, {"purl": "pkg:deb/ubuntu/e@1?distro=ubuntu-22.04"},
        {"purl": "pkg:deb/ubuntu/f@1"}, {"purl": "pkg:rpm/redhat/g@1-1.el8"}]}"#;
    let (packages, _) = within(document);
    let expected = [
        "a 1",
        "b 1 in debian:bullseye",
        "c 1",
        "d 1",
        "e 1 in ubuntu:22.04",
        "f 1 in ubuntu",
        "g 1-1.el8 in rhel:8",
    ];
    assert_eq!(packages, expected);
    let several = r#"{"bomFormat": "CycloneDX", "components": [
        {"type": "operating-system", "name": "debian", "version": "12"},
        {"type": "operating-system", "name": "alpine", "version": "3.20"}]}"#;
    let mut expected = Problems::default();
    expected.push(Error::malformed(
        "the document states several distributions, `debian 12` and `alpine 3.20`: the first counts",
    ));
    assert_eq!(purls(several).1.into_problems(), expected);
    let odd = r#"{"bomFormat": "CycloneDX", "components": [{"type": "operating-system", "name": "a b"}]}"#;
    assert!(purls(odd).1.distribution().is_err());
    assert_eq!(purls(r#"{"bomFormat": "CycloneDX"}"#).1.distribution().unwrap(), None);
}

#[test]
fn what_limpid_writes_is_read() {
    let document = r#"{"bomFormat": "CycloneDX", "components": [
        {"type": "operating-system", "name": "debian", "version": "12", "description": "Debian GNU/Linux 12 (bookworm)"},
        {"type": "library", "name": "libc6", "version": "2.36-9", "purl": "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12",
         "evidence": {"occurrences": [{"location": "var/lib/dpkg/status"}]}, "properties": [
            {"name": "limpid:source-name", "value": "glibc"}, {"name": "limpid:source-version", "value": "2.36-9"},
            {"name": "limpid:evidence", "value": "inferred"}, {"name": "limpid:qualifier:a", "value": "b"}]},
        {"type": "library", "name": "six", "purl": "pkg:pypi/six@1.16.0", "properties": [
            {"name": "limpid:owner", "value": "python3-six"}]}]}"#;
    let (packages, _) = within(document);
    let expected = [
        "libc6 2.36-9 of glibc 2.36-9 a=b at var/lib/dpkg/status",
        "six 1.16.0 in pypi owned by python3-six",
    ];
    assert_eq!(packages, expected);
    let mut evidence = Vec::new();
    read(document.as_bytes(), |component| evidence.push(component.evidence())).unwrap();
    assert_eq!(evidence, [Some(Evidence::Inferred), None]);
}

#[test]
fn cyclonedx_in_xml_is_read_as_json_is() {
    let document = r#"<?xml version="1.0" encoding="UTF-8"?>
        <bom xmlns="http://cyclonedx.org/schema/bom/1.6" serialNumber="urn:uuid:0" version="1">
          <metadata><component type="container"><name>a</name><components>
            <component type="library"><name>z</name><purl>pkg:npm/z@1</purl></component></components></component></metadata>
          <components>
            <component type="library" bom-ref="x"><name>libc6</name><version>2.36-9</version>
              <licenses><license><id>MIT</id><text>pkg:npm/no@1</text></license><expression>A OR B</expression></licenses>
              <purl>pkg:deb/debian/libc6?arch=amd64&amp;distro=debian-12</purl>
              <properties><property name="aquasecurity:trivy:SrcName">glibc</property><property name="x">y</property></properties>
              <components><component type="library"><name>b</name><purl>pkg:npm/b@1</purl></component></components>
              <evidence><occurrences><occurrence><line>1</line><location>/var/lib/dpkg/status</location></occurrence></occurrences></evidence>
            </component>
            <component type="library"><name>c</name><purl>pkg:npm/c@1</purl><scope>excluded</scope></component>
            <component type="operating-system"><name>debian</name><version>12</version></component>
            <component type="library"><name>d</name></component>
          </components>
          <dependencies><dependency ref="x"><dependency ref="x"/></dependency></dependencies>
        </bom>"#;
    let (found, summary) = purls(document);
    let expected = [
        "pkg:npm/z@1 [] subject",
        "pkg:npm/b@1 []",
        r#"pkg:deb/debian/libc6?arch=amd64&distro=debian-12 ["MIT", "A OR B"]"#,
    ];
    assert_eq!((found.as_slice(), summary.unidentified), (expected.map(str::to_owned).as_slice(), 1));
    let (packages, distribution) = within(document);
    assert_eq!(packages[2], "libc6 2.36-9 of glibc 2.36-9 at var/lib/dpkg/status");
    assert_eq!(distribution.as_deref(), Some("debian 12: debian:bookworm debian:12 osv/debian:12"));
}

#[test]
fn entities_of_a_document_are_refused_and_depth_is_bounded() {
    let xml = |head: &str, name: &str| {
        let open = "<bom xmlns='http://cyclonedx.org/schema/bom/1.5'><components><component type='library'>";
        let document = format!("{head}{open}<name>{name}</name></component></components></bom>");
        read(document.as_bytes(), |_| {}).map(|summary| summary.unidentified).map_err(|why| why.to_string())
    };
    assert_eq!(xml("", "&lt;&#65;"), Ok(1));
    let external = "<!DOCTYPE bom [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>";
    assert_eq!(xml(external, "&x;"), Err("malformed: entity `x` is not known".to_owned()));
    let laughs = "<!DOCTYPE bom [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]>";
    assert_eq!(xml(laughs, "&b;"), Err("malformed: entity `b` is not known".to_owned()));
    assert_eq!(xml(laughs, "a"), Ok(1));
    let deep = "<a>".repeat(100_000);
    assert_eq!(
        xml("", &deep),
        Err("malformed: elements lie deeper in each other than the limit of 64".to_owned())
    );
    let (open, close) =
        ("<components><component type='library'>".repeat(20), "</component></components>".repeat(20));
    let nested = format!("<bom xmlns='http://cyclonedx.org/schema/bom/1.5'>{open}{close}</bom>");
    let summary = read(nested.as_bytes(), |_| {}).unwrap();
    let mut expected = Problems::default();
    expected.push(Error::unsupported("components are nested deeper than the limit of 16"));
    assert_eq!((summary.problems, summary.unidentified), (expected, 16));
}

#[test]
fn what_a_document_is_wrapped_in_is_taken_off() {
    use base64::Engine as _;
    let document = r#"{"bomFormat": "CycloneDX", "components": [{"purl": "pkg:npm/a@1"}]}"#;
    let statement = |kind: &str, predicate: &str| {
        format!(
            r#"{{"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicateType": "{kind}", "predicate": {predicate}}}"#
        )
    };
    let envelope = |payload: &str| {
        let payload = base64::engine::general_purpose::STANDARD.encode(payload);
        format!(
            r#"{{"payloadType": "application/vnd.in-toto+json", "payload": "{payload}", "signatures": []}}"#
        )
    };
    let bundle = |envelope: &str| {
        format!(
            r#"{{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "dsseEnvelope": {envelope}}}"#
        )
    };
    let check = |text: &str| assert_eq!(purls(text).0, ["pkg:npm/a@1 []"], "{text}");
    let cyclonedx = statement("https://cyclonedx.org/bom/v1.5", document);
    check(document);
    check(&cyclonedx);
    check(&envelope(&cyclonedx));
    check(&envelope(document));
    check(&bundle(&envelope(&cyclonedx)));
    check(&statement("https://cyclonedx.org/bom", &format!(r#"{{"Data": {document}, "Timestamp": ""}}"#)));
    let tags = "SPDXVersion: SPDX-2.3\nPackageName: a\nExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1\n";
    let tags = serde_json::Value::from(tags).to_string();
    check(&envelope(&statement("https://spdx.dev/Document/v2.3", &tags)));
    let xml = "<bom xmlns='http://cyclonedx.org/schema/bom/1.5'><components><component type='library'><name>a</name>               <purl>pkg:npm/a@1</purl></component></components></bom>";
    check(&envelope(xml));
    let why = |text: &str| read(text.as_bytes(), |_| {}).unwrap_err().to_string();
    assert_eq!(
        why(&envelope(&envelope(document))),
        "unsupported: the envelope of type `application/vnd.in-toto+json` holds another envelope"
    );
    assert_eq!(
        why(&statement("https://slsa.dev/provenance/v1", "{}")),
        "unsupported: the statement is of type `https://slsa.dev/provenance/v1`, and no bill of materials"
    );
    assert_eq!(
        why(&statement("https://cyclonedx.org/bom", &cyclonedx)),
        "unsupported: the document is neither CycloneDX nor SPDX 2 or 3"
    );
    assert!(
        why(r#"{"payloadType": "", "payload": "*"}"#).starts_with("malformed: the payload of the envelope: ")
    );
    assert!(why(r#"{"payloadType": "", "payload": "/w=="}"#).ends_with("is no text in UTF-8"));
    assert!(
        why(r#"{"predicateType": "https://spdx.dev/Document"}"#).ends_with("the statement has no predicate")
    );
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
    fn no_xml_is_too_odd_to_be_read(
        rest in "(<(/?(components?|metadata|purl|properties|evidence|occurrences|name|licenses|license|id)|property name='limpid:owner')>|a|&lt;|&x;|pkg:npm/a@1|<!--|-->){0,20}",
    ) {
        let document = format!("<bom xmlns='http://cyclonedx.org/schema/bom/1.5'>{rest}");
        let _outcome = read(document.as_bytes(), |component| _ = component.package());
    }

    #[test]
    fn no_envelope_is_too_odd_to_be_read(
        text in "\\{(\"(payload|payloadType|dsseEnvelope|predicateType|predicate|Data)\":(\"[a-zA-Z0-9+/=]{0,12}\"|\"https://spdx.dev/Document\"|\\{\\}|1|null),?){0,4}\\}",
    ) {
        let _outcome = read(text.as_bytes(), |component| _ = component.package());
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

/// What packages of a document need, by name.
fn needs(document: &str) -> Vec<String> {
    let mut components = Vec::new();
    let mut summary = read(document.as_bytes(), |component| components.push(component)).unwrap();
    let mut packages: Vec<_> = components.iter().map(Component::package).collect();
    let named = components.iter().zip(&mut packages);
    let named = named.filter_map(|(component, package)| Some((component.reference()?, package)));
    std::mem::take(&mut summary.dependencies).state(named);
    let requires = |package: &Package| {
        let requires = package.requires.as_ref()?.iter();
        Some(
            requires.map(|it| format!(" {}={}", it.name, it.version.as_deref().unwrap())).collect::<String>(),
        )
    };
    packages.iter().map(|it| format!("{}:{}", it.name, requires(it).as_deref().unwrap_or(" ?"))).collect()
}

#[test]
fn what_components_need_is_what_the_document_says_of_them() {
    let expected = ["a: b=2 c=1", "b: ?", "b: a=1", "c:", "x: ?"];
    let components = r#"{"type": "library", "bom-ref": "1", "purl": "pkg:npm/a@1"},
        {"type": "library", "bom-ref": "2", "purl": "pkg:npm/b@1"},
        {"type": "library", "bom-ref": "3", "purl": "pkg:npm/b@2"},
        {"type": "library", "bom-ref": "4", "purl": "pkg:npm/c@1"},
        {"type": "library", "bom-ref": "5", "purl": "pkg:pypi/x@1"}"#;
    let dependencies = r#"{"ref": "1", "dependsOn": ["3", "4", "1", "5", "unknown"]}, {"ref": "2", "dependsOn": [7]}, 7,
        {"ref": "3", "dependsOn": ["1"]}, {"ref": "4"}, {"ref": "elsewhere", "dependsOn": ["2"]}"#;
    let document = format!(
        r#"{{"bomFormat": "CycloneDX", "components": [{components}], "dependencies": [{dependencies}]}}"#
    );
    assert_eq!(needs(&document), expected);
    let component = |number: u32, purl: &str| {
        format!(r#"<component type="library" bom-ref="{number}"><purl>{purl}</purl></component>"#)
    };
    let purls = ["pkg:npm/a@1", "pkg:npm/b@1", "pkg:npm/b@2", "pkg:npm/c@1", "pkg:pypi/x@1"];
    let components: String = (1..).zip(purls).map(|(number, purl)| component(number, purl)).collect();
    let document = format!(
        r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components>{components}</components><dependencies>
        <dependency ref="1"><dependency ref="3"/><dependency ref="4"/><dependency ref="5"/></dependency>
        <dependency ref="3"><dependency ref="1"/></dependency><dependency ref="4"/></dependencies></bom>"#
    );
    assert_eq!(needs(&document), expected);
    let package = |number: u32, purl: &str| {
        format!(
            r#"{{"SPDXID": "SPDXRef-{number}", "name": "x", "externalRefs": [
                {{"referenceType": "purl", "referenceLocator": "{purl}"}}]}}"#
        )
    };
    let packages: Vec<_> = (1..).zip(purls).map(|(number, purl)| package(number, purl)).collect();
    let relations = [
        ("1", "DEPENDS_ON", "3"),
        ("4", "DEPENDENCY_OF", "1"),
        ("1", "DEPENDS_ON", "5"),
        ("1", "CONTAINS", "2"),
        ("1", "RUNTIME_DEPENDENCY_OF", "3"),
        ("4", "DEPENDS_ON", "NONE"),
        ("2", "DEPENDS_ON", "NOASSERTION"),
    ];
    let id = |id: &str| if id.len() == 1 { format!("SPDXRef-{id}") } else { id.to_owned() };
    let relationships: Vec<_> = relations
        .iter()
        .map(|(from, kind, to)| {
            let (from, to) = (id(from), id(to));
            format!(
                r#"{{"spdxElementId": "{from}", "relationshipType": "{kind}", "relatedSpdxElement": "{to}"}}"#
            )
        })
        .collect();
    let document = format!(
        r#"{{"spdxVersion": "SPDX-2.3", "packages": [{}], "relationships": [{}]}}"#,
        packages.join(","),
        relationships.join(",")
    );
    assert_eq!(needs(&document), expected);
    let packages: Vec<_> = (1..)
        .zip(purls)
        .map(|(number, purl)| {
            format!(
                r#"{{"type": "software_Package", "spdxId": "{number}", "name": "x", "software_packageUrl": "{purl}"}}"#
            )
        })
        .collect();
    let document = format!(
        r#"{{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [{},
        {{"type": "Relationship", "spdxId": "r", "from": "1", "to": ["3", "4"], "relationshipType": "dependsOn"}},
        {{"type": "LifecycleScopedRelationship", "from": "3", "to": ["1"], "relationshipType": "dependsOn",
            "scope": "runtime"}},
        {{"type": "LifecycleScopedRelationship", "from": "4", "to": ["1"], "relationshipType": "dependsOn",
            "scope": "test"}}]}}"#,
        packages.join(",")
    );
    // It has no word for none.
    assert_eq!(needs(&document), ["a: b=2 c=1", "b: ?", "b: a=1", "c: ?", "x: ?"]);
}

#[test]
fn what_components_of_one_name_need_is_told_as_often_as_a_document_may_say_something() {
    let (same, needed) = (MAX_DEPENDENCIES / 100 + 100, 100);
    let component = |id: &str, name: &str| {
        format!(r#"{{"type": "library", "bom-ref": "{id}", "purl": "pkg:npm/{name}@1"}}"#)
    };
    let components: Vec<_> = (0..same)
        .map(|number| component("same", &format!("a{number}")))
        .chain((0..needed).map(|number| component(&format!("{number}"), &format!("b{number}"))))
        .collect();
    let needs_all: Vec<_> = (0..needed).map(|number| format!(r#""{number}""#)).collect();
    let document = format!(
        r#"{{"bomFormat": "CycloneDX", "components": [{}], "dependencies": [{{"ref": "same", "dependsOn": [{}]}}]}}"#,
        components.join(","),
        needs_all.join(",")
    );
    let told = needs(&document).iter().filter(|it| it.starts_with('a') && !it.ends_with('?')).count();
    assert_eq!(told, 1 + MAX_DEPENDENCIES / needed);
}

#[test]
fn a_document_of_too_many_dependencies_says_nothing_of_any() {
    let entries = |count: usize| vec![r#"{"ref": "1", "dependsOn": ["2"]}"#; count].join(",");
    let document = |count: usize| {
        format!(
            r#"{{"bomFormat": "CycloneDX", "components": [
                {{"type": "library", "bom-ref": "1", "purl": "pkg:npm/a@1"}},
                {{"type": "library", "bom-ref": "2", "purl": "pkg:npm/b@1"}}], "dependencies": [{}]}}"#,
            entries(count)
        )
    };
    // Each is one, and says of one that it has some.
    assert_eq!(needs(&document(MAX_DEPENDENCIES / 2)), ["a: b=1", "b: ?"]);
    let many = document(MAX_DEPENDENCIES / 2 + 1);
    assert_eq!(needs(&many), ["a: ?", "b: ?"]);
    let summary = read(many.as_bytes(), drop).unwrap();
    let problems = format!("{:?}", summary.problems);
    assert!(
        problems.contains("more dependencies than the limit of 500000: none of them counts"),
        "{problems}"
    );
}
