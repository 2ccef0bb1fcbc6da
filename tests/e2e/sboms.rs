//! Bills of materials: submitted as an image is, over HTTP and by the command line; judged, listed and told of as one.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use xtask::sample::{self, Layer, advisories};

use crate::archives::{Compression, Parts, compress, image};
use crate::program::Setup;
use crate::service::{Service, until};

/// What identifies findings: fingerprint and version that fixes it.
fn findings(report: &Value) -> BTreeSet<(String, String)> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|it| (it["fingerprint"].to_string(), it["fixed_version"].to_string())).collect()
}

fn codes(report: &Value) -> Vec<&str> {
    let gaps = report["coverage"]["gaps"].as_array().unwrap().iter();
    gaps.map(|gap| gap["code"].as_str().unwrap()).collect()
}

fn with_advisories() -> Service {
    let service = Service::start();
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    service.api.hand_in("alpine", advisories::alpine_secdb()).ok();
    service
}

/// Submits a document under a media type, and returns its report.
fn submit(service: &Service, media_type: &str, document: impl AsRef<[u8]>) -> Value {
    let headers = [("content-type", media_type), ("prefer", "wait=60")];
    let job = service.api.send("POST", "/v1/images", &headers, document.as_ref()).ok();
    let digest = job["images"][0].as_str().unwrap_or_else(|| panic!("{job:#}"));
    service.api.report(digest)
}

/// A sample image, its report, and what Limpid writes of it in a form.
fn exchanged(service: &Service, image: &xtask::sample::Image, form: &str) -> (Value, Value) {
    let digest = service.api.index(&Parts::of(image, Compression::Gzip).docker_archive());
    let document = service.api.get(&format!("/v1/images/{digest}/report?format={form}")).ok();
    (service.api.report(&digest), document)
}

#[test]
fn what_limpid_writes_of_an_image_gives_the_findings_of_the_image() {
    let service = with_advisories();
    let forms = [("cyclonedx", "application/vnd.cyclonedx+json"), ("spdx", "application/spdx+json")];
    for image in [sample::debian(), sample::alpine()] {
        for (form, media_type) in forms {
            let (of_image, document) = exchanged(&service, &image, form);
            let report = submit(&service, media_type, document.to_string());
            assert!(!findings(&of_image).is_empty());
            assert_eq!(findings(&report), findings(&of_image), "{form} of {}", image.name());
            assert_eq!(
                report["coverage"]["distribution"]["namespaces"],
                of_image["coverage"]["distribution"]["namespaces"]
            );
            assert_eq!(report["image"]["kind"], "bill-of-materials");
            assert_eq!(report["image"]["names"], json!([format!("sbom:{}", image.name())]));
            assert!(of_image["image"].get("kind").is_none());
        }
    }
}

/// What each package of an image needs, by names and as far as that is known.
fn needs(service: &Service, digest: &str) -> Vec<(String, Option<Vec<String>>)> {
    let listed = service.api.get(&format!("/v1/images/{digest}/packages")).ok();
    let name = |it: &Value| it["name"].as_str().unwrap().to_owned();
    let needs = |it: &Value| Some(it.get("requires")?.as_array().unwrap().iter().map(name).collect());
    listed["packages"].as_array().unwrap().iter().map(|it| (name(it), needs(it))).collect()
}

#[test]
fn what_packages_need_is_told_and_survives_as_a_document() {
    let stanza = |name: &str, more: &str| {
        let status = "Status: install ok installed\nArchitecture: amd64\nVersion: 1.0\n";
        format!("Package: {name}\n{status}{more}\n")
    };
    let status = [
        stanza("libc6", ""),
        stanza("mawk", "Provides: awk\nPre-Depends: libc6\n"),
        stanza("base", "Depends: awk, absent | libc6:any (>= 1)\n"),
    ];
    let system = "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";
    let npm = r#"{"name": "a", "version": "1.0.0", "dependencies": {"b": "^1.0.0"}}"#;
    let layer = Layer::new("COPY . /")
        .file("etc/os-release", system)
        .file("var/lib/dpkg/status", status.concat())
        .file("app/node_modules/a/package.json", npm)
        .file("app/node_modules/b/package.json", r#"{"name": "b", "version": "1.0.0"}"#);
    let service = Service::start();
    let image = image("test/needs:1", [layer]);
    let digest = service.api.index(&Parts::of(&image, Compression::Gzip).docker_archive());
    let of = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    let expected = [
        ("a", of(&["b"])),
        ("b", of(&[])),
        ("base", of(&["libc6", "mawk"])),
        ("libc6", of(&[])),
        ("mawk", of(&["libc6"])),
    ];
    let mut expected = expected.map(|(name, needs)| (name.to_owned(), needs));
    assert_eq!(needs(&service, &digest), expected);
    for (form, media_type) in [
        ("cyclonedx", "application/vnd.cyclonedx+json"),
        ("cyclonedx-1.7", "application/vnd.cyclonedx+json"),
        ("spdx", "application/spdx+json"),
        ("spdx-3.0", "application/spdx+json"),
    ] {
        let document = service.api.get(&format!("/v1/images/{digest}/report?format={form}")).ok();
        let report = submit(&service, media_type, document.to_string());
        if form == "spdx-3.0" {
            // It has no way to say that a package needs nothing.
            let says_nothing = |needs: &Vec<String>| !needs.is_empty();
            expected = expected.map(|(name, needs)| (name, needs.filter(says_nothing)));
        }
        let digest = report["image"]["digest"].as_str().unwrap();
        assert_eq!(needs(&service, digest), expected, "{form}");
    }
}

/// A document in the shape of Trivy's CycloneDX.
fn like_trivy() -> Value {
    let property =
        |name: &str, value: &str| json!({ "name": format!("aquasecurity:trivy:{name}"), "value": value });
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": { "component": { "type": "container", "name": "shop/web:1" } },
        "components": [
            { "bom-ref": "1", "type": "operating-system", "name": "debian", "version": "12.5" },
            { "bom-ref": "2", "type": "library", "name": "curl", "version": "7.88.1-10+deb12u5",
              "purl": "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5?arch=amd64&distro=debian-12.5",
              "properties": [property("SrcName", "curl"), property("SrcVersion", "7.88.1"), property("SrcRelease", "10+deb12u5")] },
            { "bom-ref": "3", "type": "library", "name": "libcurl4", "version": "7.88.1-10+deb12u5",
              "purl": "pkg:deb/debian/libcurl4@7.88.1-10%2Bdeb12u5?arch=amd64&distro=debian-12.5",
              "properties": [property("SrcName", "curl"), property("SrcVersion", "7.88.1"), property("SrcRelease", "10+deb12u5")] },
        ],
    })
}

/// Of a webhook.
const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// What affects `libcurl4`, whose advisories are those of `curl`.
fn tracker(vulnerabilities: &[&str]) -> String {
    let release = json!({ "releases": { "bookworm": {
        "status": "open", "repositories": { "bookworm": "7.88.1-10+deb12u12" }, "urgency": "high",
    } } });
    let all: serde_json::Map<_, _> =
        vulnerabilities.iter().map(|id| ((*id).to_owned(), release.clone())).collect();
    json!({ "curl": all }).to_string()
}

#[test]
fn a_document_is_taken_under_every_media_type_and_in_every_compression() {
    let service = Service::start();
    service.api.hand_in("debian", tracker(&["CVE-2026-10001"])).ok();
    let document = like_trivy().to_string();
    let mut digests = BTreeSet::new();
    let zstd = compress(document.as_bytes(), Compression::Zstd);
    let gzip = compress(document.as_bytes(), Compression::Gzip);
    for (media_type, body) in [
        ("application/vnd.cyclonedx+json; version=1.6", document.as_bytes()),
        ("application/vnd.cyclonedx+json", &gzip),
        ("application/octet-stream", document.as_bytes()),
        ("application/octet-stream", &zstd),
        ("application/json", document.as_bytes()),
        ("text/plain", document.as_bytes()),
    ] {
        let report = submit(&service, media_type, body);
        digests.insert(report["image"]["digest"].to_string());
        let packages: BTreeSet<_> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["package"]["name"].as_str().unwrap())
            .collect();
        assert_eq!(packages, BTreeSet::from(["curl", "libcurl4"]), "{media_type}");
        assert_eq!(report["image"]["names"], json!(["sbom:shop/web:1"]));
        assert_eq!(codes(&report), [""; 0]);
    }
    assert_eq!(digests.len(), 1, "it is one image");
    let xml = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components><component type="operating-system">
        <name>debian</name><version>12</version></component><component type="library"><name>curl</name>
        <purl>pkg:deb/debian/curl@7.88.1-1?arch=amd64&amp;distro=debian-12</purl></component></components></bom>"#;
    let report = submit(&service, "application/vnd.cyclonedx+xml", xml);
    assert_eq!((findings(&report).len(), codes(&report)), (1, vec!["unread-files"]));
    let statement = json!({ "_type": "https://in-toto.io/Statement/v1", "subject": [{ "name": "shop/web:2" }],
        "predicateType": "https://cyclonedx.org/bom", "predicate": like_trivy() });
    let report = submit(&service, "application/vnd.in-toto+json", statement.to_string());
    assert_eq!((findings(&report).len(), &report["image"]["names"]), (2, &json!(["sbom:shop/web:2"])));
    let tags = "SPDXVersion: SPDX-2.3\nDocumentName: shop\nPackageName: curl\nSPDXID: SPDXRef-a\n\
        ExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/libcurl4@7.88.1-1?arch=amd64&distro=debian-12&upstream=curl\n";
    let report = submit(&service, "text/spdx", tags);
    assert_eq!((findings(&report).len(), &report["image"]["names"]), (1, &json!(["sbom:shop"])));
}

#[test]
fn what_a_document_does_not_state_is_told() {
    let service = Service::start();
    service.api.hand_in("debian", tracker(&["CVE-2026-10001"])).ok();
    let mut document = like_trivy();
    let components = document["components"].as_array_mut().unwrap();
    components.remove(0);
    for component in components.iter_mut() {
        component["purl"] = component["purl"].as_str().unwrap().replace("&distro=debian-12.5", "").into();
        component.as_object_mut().unwrap().remove("properties");
    }
    let report = submit(&service, "application/vnd.cyclonedx+json", document.to_string());
    assert!(codes(&report).contains(&"unknown-distribution"), "{:?}", codes(&report));
    let unread = report["coverage"]["unread_files"].to_string();
    assert!(unread.contains("names the source package of none of its 2 packages"), "{unread}");
}

#[test]
fn a_notice_is_sent_of_a_bill_of_materials_as_of_an_image() {
    let setup = Setup::new().with("LIMPID_NOTICES__FLAP_WINDOW", 0);
    let service = Service::with(setup);
    service.api.hand_in("debian", tracker(&["CVE-2026-10001"])).ok();
    let report = submit(&service, "application/vnd.cyclonedx+json", like_trivy().to_string());
    // Nobody listens there: what is to be sent is shown all the same.
    let webhook = json!({ "webhook": { "url": "http://127.0.0.1:9/", "secret": SECRET } });
    service.api.send("PUT", "/v1/subscriptions/all", &[], webhook.to_string().as_bytes()).ok();
    service.api.hand_in("debian", tracker(&["CVE-2026-10001", "CVE-2026-10002"])).ok();
    let notice = until("the notice is there", || {
        let notices = service.api.get("/v1/notices").ok();
        let all = notices["notices"].as_array().unwrap().clone();
        all.into_iter().find(|notice| notice["payload"]["data"]["vulnerability"] == "CVE-2026-10002")
    });
    assert_eq!(notice["payload"]["type"], "image.newly-affected");
    assert_eq!(notice["payload"]["data"]["image"]["digest"], report["image"]["digest"]);
    assert_eq!(notice["payload"]["data"]["image"]["names"], json!(["sbom:shop/web:1"]));
    let affected = service.api.get("/v1/vulnerabilities/CVE-2026-10002/images").ok();
    assert_eq!(affected["images"][0]["digest"], report["image"]["digest"]);
}

#[test]
fn the_command_line_takes_a_document_by_its_path_and_from_standard_input() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let path = files.path().join("web.cdx.json");
    std::fs::write(&path, like_trivy().to_string()).unwrap();
    let path = path.to_str().unwrap();
    let by_prefix = setup.run(["packages", &format!("sbom:{path}"), "--format", "json"]).json();
    assert_eq!(by_prefix[0]["packages"].as_array().unwrap().len(), 2);
    assert_eq!(setup.run(["packages", path, "--format", "json"]).json(), by_prefix);
    assert_eq!(setup.run_reading(["packages", "-", "--format", "json"], Path::new(path)).json(), by_prefix);
    let shown = setup.run(["scan", path]).ok();
    assert!(shown.contains("Debian GNU/Linux 12") || shown.contains("debian"), "{shown}");
    assert!(shown.contains("as a bill of materials says"), "{shown}");
    let service = Service::with(setup);
    let document = files.path().join("b.json");
    std::fs::write(&document, like_trivy().to_string().replace("shop/web:1", "shop/web:3")).unwrap();
    // The service has the data directory, and is sent the document.
    let scanned = service.setup.run(["scan", document.to_str().unwrap(), "--format", "json"]).json();
    assert_eq!(scanned[0]["image"]["names"], json!(["sbom:shop/web:3"]));
    assert_eq!(service.api.image_named("sbom:shop/web:3")["kind"], "bill-of-materials");
}

#[test]
fn another_document_and_one_that_is_too_long_are_refused_with_a_reason() {
    let service = Service::with(Setup::new().with("LIMPID_LAYERS__SBOM_BYTES", 1_000));
    let headers = [("content-type", "application/octet-stream"), ("prefer", "wait=60")];
    let refused =
        |body: &[u8], code: &str| service.api.send("POST", "/v1/images", &headers, body).refused(422, code);
    let why = refused(br#"{"a": 1}"#, "not-an-image");
    assert!(why.contains("no bill of materials in CycloneDX or SPDX"), "{why}");
    let long = format!("{}{}", like_trivy(), " ".repeat(1_000));
    for body in [long.as_bytes().to_vec(), compress(long.as_bytes(), Compression::Gzip)] {
        let why = refused(&body, "over-limit");
        assert!(why.contains("the limit `sbom_bytes` of 1000"), "{why}");
    }
    let setup = Setup::new();
    let why = setup.run(["scan", "sbom:/nowhere.json"]).failed();
    assert!(why.contains("as a bill of materials, nothing is there"), "{why}");
}
