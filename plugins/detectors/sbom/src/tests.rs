use limpid_plugin_sdk::detector::Scope;
use proptest::prelude::*;

use super::*;

const WRITTEN: &str =
    r#"{"bomFormat": "CycloneDX", "components": [{"type": "library", "purl": "pkg:npm/a@1.0.0"}]}"#;

/// What a document at this path states: package URL, namespace (none: the distribution's) and evidence.
fn found(path: &str, document: impl Into<Vec<u8>>) -> (Vec<String>, Vec<String>) {
    let report = Sbom::detect(&[File::in_memory(path, document)]).unwrap();
    assert!(report.findings.iter().all(|finding| finding.path == path));
    let package = |package: &limpid_plugin_sdk::detector::Package| {
        let namespace = match &package.scope {
            Scope::Distribution => "-",
            Scope::Namespace(namespace) => namespace,
        };
        format!("{} {namespace} {:?}", package.purl, package.evidence)
    };
    (report.packages().map(package).collect(), report.unread.iter().map(|it| it.error.to_string()).collect())
}

#[test]
fn a_document_counts_where_it_describes_the_image() {
    let check =
        |path: &str, expected: &[&str]| assert_eq!(found(path, WRITTEN), (words(expected), vec![]), "{path}");
    let stated = ["pkg:npm/a@1.0.0 npm Declared"];
    for path in [
        "sbom.json",
        ".sbom",
        "app/bom.json",
        "usr/local/share/sbom/app.cdx.json",
        "app/META-INF/sbom/application.cdx.json",
        "layers/sbom/launch/paketo-buildpacks_node/sbom.cdx.json",
        "var/lib/db/sbom/a-1.0.spdx.json",
        "opt/bitnami/a/.spdx-a.spdx",
    ] {
        check(path, &stated);
    }
    for path in [
        "usr/lib/python3/dist-packages/a-1.dist-info/sboms/a.cdx.json",
        "app/a-1.dist-info/sboms/a.cdx.json",
        "app/node_modules/a/bom.json",
        "app/testdata/sbom.json",
        "layers/sbom/launch/paketo-buildpacks_node/sbom.spdx.json",
    ] {
        check(path, &[]);
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn packages_of_distributions_are_those_of_the_image() {
    let text = r#"{"bomFormat": "CycloneDX", "components": [
        {"purl": "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12"},
        {"purl": "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12"}]}"#;
    let expected = ["pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12 - Declared"];
    assert_eq!(found("sbom.cdx.json", text), (words(&expected), vec![]));
}

const SUBMITTED: &str = ".limpid/bill-of-materials";

#[test]
fn a_document_that_was_submitted_states_packages_and_the_distribution() {
    let text = r#"{"bomFormat": "CycloneDX", "components": [
        {"bom-ref": "1", "purl": "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc"},
        {"bom-ref": "1", "purl": "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc"},
        {"bom-ref": "2", "purl": "pkg:npm/a@1.0.0", "evidence": {"occurrences": [{"location": "/app/a/package.json"}]}},
        {"bom-ref": "3", "purl": "pkg:npm/a@1.0.0", "evidence": {"occurrences": [{"location": "/srv/a/package.json"}]}},
        {"bom-ref": "4", "purl": "pkg:npm/b@1.0.0", "properties": [{"name": "limpid:evidence", "value": "declared"}]},
        {"bom-ref": "5", "purl": "pkg:pypi/six@1.0", "properties": [{"name": "limpid:owner", "value": "libc6"}]},
        {"bom-ref": "7", "purl": "pkg:pypi/seven@1.0", "properties": [{"name": "limpid:owner", "value": "nobody"}]},
        {"bom-ref": "6", "type": "operating-system", "name": "debian", "version": "12.5"}]}"#;
    let report = Sbom::detect(&[File::in_memory(SUBMITTED, text)]).unwrap();
    let line = |finding: &limpid_plugin_sdk::detector::Finding| match &finding.fact {
        limpid_plugin_sdk::detector::Fact::Package(package) => {
            let member = finding.member.as_deref().unwrap_or("-");
            let qualifiers: String =
                package.qualifiers.iter().map(|(key, value)| format!(" {key}={value}")).collect();
            format!("{} {member} {:?}{qualifiers}", package.purl, package.evidence)
        }
        limpid_plugin_sdk::detector::Fact::Distribution(distribution) => distribution.namespaces.join(" "),
        other => panic!("{other:?}"),
    };
    let lines: Vec<_> = report.findings.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc - Installed",
            "pkg:npm/a@1.0.0 app/a/package.json Installed",
            "pkg:npm/a@1.0.0 srv/a/package.json Installed",
            "pkg:npm/b@1.0.0 - Declared",
            "pkg:pypi/six@1.0 - Installed owner=libc6 owner-source=glibc",
            "pkg:pypi/seven@1.0 - Installed",
            "debian:bookworm debian:12 osv/debian:12",
        ]
    );
    assert_eq!(report.unread.len(), 0, "{:?}", report.unread);
    // In an image it says nothing of the distribution.
    assert_eq!(found("sbom.cdx.json", text).0.len(), 5);
}

#[test]
fn what_a_submitted_document_does_not_state_is_told() {
    let why = |text: &str| found(SUBMITTED, text).1;
    let text = r#"{"bomFormat": "CycloneDX", "components": [{"purl": "pkg:deb/debian/a@1"}, {"purl": "pkg:deb/debian/b@1"}]}"#;
    let [missing] = &why(text)[..] else { panic!("{:?}", why(text)) };
    assert!(
        missing.contains("names the source package of none of its 2 packages of a distribution"),
        "{missing}"
    );
    assert_eq!(why(&text.replace("b@1", "b@1?upstream=c")), [""; 0]);
    assert_eq!(why(&text.replace("deb/debian", "rpm/fedora")), [""; 0]);
    let odd = r#"{"bomFormat": "CycloneDX", "components": [{"type": "operating-system", "name": "a b"}]}"#;
    assert!(why(odd)[0].contains("os-release(5) does not allow"), "{:?}", why(odd));
    for text in ["", "{", "<bom", "{}", r#"{"payloadType": "", "payload": "e30="}"#] {
        assert_eq!(why(text).len(), 1, "{text}");
    }
}

#[test]
fn a_package_that_was_copied_from_another_release_is_judged_by_that_one() {
    let text = r#"{"bomFormat": "CycloneDX", "components": [
        {"purl": "pkg:deb/debian/a@1?distro=debian-12"}, {"purl": "pkg:deb/debian/b@1?distro=debian-12"},
        {"purl": "pkg:deb/debian/c@1?distro=debian-11"}, {"purl": "pkg:rpm/almalinux/d@1-1.el8"}]}"#;
    let expected = [
        "pkg:deb/debian/a@1?distro=debian-12 - Declared",
        "pkg:deb/debian/b@1?distro=debian-12 - Declared",
        "pkg:deb/debian/c@1?distro=debian-11 debian:bullseye Declared",
        "pkg:rpm/almalinux/d@1-1.el8 almalinux:8 Declared",
    ];
    assert_eq!(found("sbom.cdx.json", text), (words(&expected), vec![]));
}

#[test]
fn a_package_of_apk_is_left_to_its_database() {
    let text = r#"{"spdxVersion": "SPDX-2.3", "documentDescribes": ["a"], "packages": [
        {"SPDXID": "a", "versionInfo": "1-r0", "externalRefs": [
            {"referenceType": "purl", "referenceLocator": "pkg:apk/wolfi/a@1-r0?arch=x86_64"}]},
        {"SPDXID": "b", "versionInfo": "1", "externalRefs": [
            {"referenceType": "purl", "referenceLocator": "pkg:github/a/a@1"}]}],
        "relationships": [
            {"spdxElementId": "a", "relationshipType": "GENERATED_FROM", "relatedSpdxElement": "b"}]}"#;
    assert_eq!(found("var/lib/db/sbom/a-1-r0.spdx.json", text), (vec![], vec![]));
    let elsewhere = ["pkg:apk/wolfi/a@1-r0?arch=x86_64 - Declared"];
    assert_eq!(found("usr/share/sbom/a-1-r0.spdx.json", text), (words(&elsewhere), vec![]));
}

#[test]
fn a_component_of_bitnami_is_installed_and_what_is_in_it_is_declared() {
    let text = r#"{"SPDXID": "SPDXRef-redis", "spdxVersion": "SPDX-2.3", "documentDescribes": ["SPDXRef-redis"],
        "packages": [
            {"SPDXID": "SPDXRef-redis", "versionInfo": "7.4.1-0", "externalRefs": [
                {"referenceType": "purl", "referenceLocator": "pkg:bitnami/redis@7.4.1-0?arch=arm64&distro=debian-12"}]},
            {"SPDXID": "SPDXRef-go", "versionInfo": "1.22.3", "externalRefs": [
                {"referenceType": "purl", "referenceLocator": "pkg:golang/stdlib@v1.22.3"}]}]}"#;
    let (packages, unread) = found("opt/bitnami/redis/.spdx-redis.spdx", text);
    let bitnami = "pkg:bitnami/redis@7.4.1-0?arch=arm64&distro=debian-12 bitnami Installed";
    assert_eq!(packages, [bitnami, "pkg:golang/stdlib@1.22.3 golang Declared"]);
    assert_eq!(unread, [""; 0]);
    // Anybody may say so elsewhere.
    assert!(found("app/a.spdx", text).0[0].ends_with("bitnami Declared"));
    let list = r#"{"redis": {"arch": "arm64", "distro": "debian-12", "type": "NAMI", "version": "7.4.1-0"},
        "gosu": {"version": "1.17.0-0"}, "odd": {"version": 1}, "none": {"version": ""}}"#;
    let (packages, unread) = found("opt/bitnami/.bitnami_components.json", list);
    let redis = "pkg:bitnami/redis@7.4.1-0?arch=arm64&distro=debian-12 bitnami Declared";
    assert_eq!(packages, ["pkg:bitnami/gosu@1.17.0-0 bitnami Declared", redis]);
    assert_eq!(
        unread,
        [
            "malformed: component `none` has no name or version",
            "malformed: component `odd`: invalid type: integer `1`, expected a string",
        ]
    );
}

#[test]
fn what_cannot_be_read_of_a_document_is_told() {
    let (packages, unread) = found(
        "app/a.cdx.json",
        r#"{"bomFormat": "CycloneDX", "components": [
            {"name": "a", "version": "1"}, {"purl": "pkg:cocoapods/b@1"}, {"purl": "pkg:npm/c@1"}, {"purl": "npm"}]}"#,
    );
    assert_eq!(packages, ["pkg:npm/c@1 npm Declared"]);
    assert_eq!(unread.len(), 2, "{unread:?}");
    assert!(found("app/a.spdx", "no document").1[0].starts_with("malformed: "));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let document = format!(
        r#"{{"bomFormat": "CycloneDX", "x": {deep}, "components": [{{"purl": "pkg:npm/c@1", "x": {deep}}}]}}"#
    );
    assert_eq!(found("app/bom.json", document).0, ["pkg:npm/c@1 npm Declared"]);
}

proptest! {
    #[test]
    fn no_document_is_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200), place in 0_usize..3) {
        found([bitnami::LIST, "a.cdx.json", SUBMITTED][place], bytes);
    }

    #[test]
    fn no_list_is_too_odd_to_be_read(
        name in "[a\"/ ]{0,4}", value in "(1|\"a\"|\\{\"version\": ?(\"[1 ]{0,2}\"|1|null)\\})",
    ) {
        let list = format!("{{{}: {value}}}", serde_json::Value::from(name));
        let report = Sbom::detect(&[File::in_memory(bitnami::LIST, list)]).unwrap();
        for package in report.packages() {
            prop_assert!(!package.name.is_empty() && !package.version.is_empty());
        }
        prop_assert_eq!(report.packages().count() + report.unread.len(), 1);
    }
}
