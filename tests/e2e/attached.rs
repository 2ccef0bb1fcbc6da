//! What is attached to images in a registry: VEX and bills of materials, whose they are, and what comes of them.

use std::path::PathBuf;

use limpid_test_registry::{Registry, TestImage, base64, media_types};
use limpid_test_sigstore::Instance;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::sample::{Layer, advisories, debian};

use crate::program::Setup;
use crate::service::Service;

/// A vulnerability of package `libc6`, which the lowest layer of the sample brings.
const GLIBC: &str = "CVE-2024-2961";

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const STATEMENT: &str = "application/vnd.in-toto+json";
const OF_VEX: &str = "https://openvex.dev/ns/v0.2.0";
const OF_SBOM: &str = "https://cyclonedx.org/bom";

/// A key pair of P-256, as Cosign makes them, whose public key is in a file.
struct Key {
    pair: EcdsaKeyPair,
    directory: TempDir,
}

impl Key {
    fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        // `SubjectPublicKeyInfo` of RFC 5480, up to the point.
        let mut info = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").unwrap();
        info.extend_from_slice(pair.public_key().as_ref());
        let directory = tempfile::tempdir().unwrap();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", base64(&info));
        std::fs::write(directory.path().join("cosign.pub"), pem).unwrap();
        Self { pair, directory }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("cosign.pub")
    }

    /// A bundle of Sigstore around a signed statement.
    fn bundle(&self, statement: &str) -> String {
        let message = format!("DSSEv1 {} {STATEMENT} {} {statement}", STATEMENT.len(), statement.len());
        let sig = self.pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        let envelope = json!({
            "payloadType": STATEMENT,
            "payload": base64(statement.as_bytes()),
            "signatures": [{"sig": base64(sig.as_ref())}],
        });
        let material = json!({"publicKey": {"hint": "x"}});
        json!({"mediaType": BUNDLE, "verificationMaterial": material, "dsseEnvelope": envelope}).to_string()
    }
}

fn statement(about: &Value, predicate_type: &str, predicate: &Value) -> String {
    let hex = about["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "web", "digest": {"sha256": hex}}],
        "predicateType": predicate_type,
        "predicate": predicate,
    })
    .to_string()
}

fn not_affected() -> Value {
    json!({
        "@context": OF_VEX, "@id": "https://vex.example/1", "author": "Base Makers",
        "timestamp": "2026-05-01T00:00:00Z", "version": 1,
        "statements": [{
            "vulnerability": {"name": GLIBC}, "products": [{"@id": "pkg:deb/debian/libc6"}],
            "status": "not_affected", "justification": "vulnerable_code_not_present",
        }],
    })
}

/// The sample between other layers.
fn sample(below: &[Layer], above: &[Layer]) -> TestImage {
    let sample = debian();
    let layers = below.iter().chain(sample.layers()).chain(above);
    let tars: Vec<_> = layers.map(|layer| layer.tar().unwrap()).collect();
    TestImage::plain(&tars.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

fn push(registry: &Registry, repository: &str, image: &TestImage) -> Value {
    let descriptor = registry.push(repository, image);
    registry.tag(repository, "1", descriptor["digest"].as_str().unwrap());
    descriptor
}

fn attach(registry: &Registry, artifact_type: &str, document: &str, to: &Value) {
    registry.push_artifact("base", artifact_type, (artifact_type, document.as_bytes(), json!({})), to);
}

fn setup(registry: &Registry) -> Setup {
    Setup::new().with("LIMPID_REGISTRIES", format!("{{\"{}\" = {{}}}}", registry.host()))
}

fn with_keys(setup: Setup, keys: &[&Key]) -> Setup {
    let keys: Vec<_> = keys.iter().map(|key| key.file()).collect();
    setup.with("LIMPID_ATTACHED__KEYS", format!("{keys:?}"))
}

fn started(setup: Setup) -> Service {
    let service = Service::with(setup);
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    service
}

/// Submits an image of the registry, and returns its report.
fn submit(service: &Service, registry: &Registry, repository: &str) -> Value {
    let reference = format!("{}/{repository}:1", registry.host());
    let job = service.api.submit_json(&json!({"reference": reference})).ok();
    service.api.report_now(job["images"][0].as_str().unwrap_or_else(|| panic!("{job:#}")))
}

fn digest_of(report: &Value) -> &str {
    report["image"]["digest"].as_str().unwrap()
}

fn suppressed(report: &Value) -> Vec<&str> {
    let all = report["suppressed"].as_array().unwrap().iter();
    all.map(|it| it["vulnerability"].as_str().unwrap()).collect()
}

#[test]
fn vex_that_a_key_has_signed_holds_for_its_image_and_what_is_built_upon_it() {
    let (registry, key) = (Registry::start(), Key::new());
    registry.list_referrers();
    let base = push(&registry, "base", &sample(&[], &[]));
    attach(&registry, BUNDLE, &key.bundle(&statement(&base, OF_VEX, &not_affected())), &base);
    push(&registry, "app", &sample(&[], &[Layer::new("COPY").file("srv/app", "app")]));
    push(&registry, "other", &sample(&[Layer::new("ADD").file("a", "a")], &[]));
    let service = started(with_keys(setup(&registry), &[&key]));

    let report = submit(&service, &registry, "base");
    assert_eq!(suppressed(&report), [GLIBC]);
    let suppression = &report["suppressed"][0]["suppression"];
    assert_eq!([&suppression["by"], &suppression["author"]], ["vex-not-affected", "Base Makers"]);
    let attached = &suppression["attached"];
    assert_eq!([&attached["signed_by"]["key"], &attached["about"]], [&json!("cosign.pub"), &base["digest"]]);
    let listed = &report["attached"];
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed:#}");
    assert_eq!([&listed[0]["kind"], &listed[0]["unused"]], [&json!("vex"), &Value::Null]);
    assert_eq!(listed[0]["signed_by"], attached["signed_by"]);

    let explained =
        service.api.get(&format!("/v1/images/{}/explain?vulnerability={GLIBC}", digest_of(&report))).ok();
    assert_eq!([&explained["affected"], &explained["counts"]], [true, false]);

    let app = submit(&service, &registry, "app");
    assert_eq!(suppressed(&app), [GLIBC]);
    assert_eq!(app["suppressed"][0]["suppression"]["attached"]["about"], base["digest"]);
    assert_eq!(app.get("attached"), None, "nothing is attached to the image itself");
    // The package is the same one, but nobody states anything of this image.
    let other = submit(&service, &registry, "other");
    assert_eq!((suppressed(&other), other.get("attached")), (vec![], None));

    // Who takes a key out of the settings takes back what it vouches for, also for what is stored.
    let image = report["image"]["digest"].as_str().unwrap().to_owned();
    let service = Service::with(service.stop().with("LIMPID_ATTACHED__KEYS", "[]"));
    let report = service.api.report_now(&image);
    assert_eq!(suppressed(&report), [] as [&str; 0]);
    assert!(report["attached"][0]["unused"].as_str().unwrap().contains("`attached.keys`"), "{report:#}");
}

#[test]
fn vex_that_is_signed_without_a_key_holds_where_the_settings_name_who_signs() {
    const ISSUER: &str = "https://tokens.example";
    const SUBJECT: &str = "https://ci.example/base/build.yml@refs/heads/main";
    let (registry, sigstore, folder) = (Registry::start(), Instance::new(), tempfile::tempdir().unwrap());
    registry.list_referrers();
    let base = push(&registry, "base", &sample(&[], &[]));
    let signed = sigstore.sign(SUBJECT, ISSUER, &statement(&base, OF_VEX, &not_affected()));
    attach(&registry, BUNDLE, &signed.bundle().to_string(), &base);
    let root = folder.path().join("trusted_root.json");
    std::fs::write(&root, sigstore.trusted_root()).unwrap();
    let trusting = |setup: Setup, subject: &str| {
        let identities = format!("[{{issuer = \"{ISSUER}\", subject = \"{subject}\"}}]");
        let setup = setup.with("LIMPID_ATTACHED__TRUSTED_ROOT", root.display());
        setup.with("LIMPID_ATTACHED__IDENTITIES", identities)
    };
    let service = started(trusting(setup(&registry), "https://ci.example/base/*@refs/heads/*"));
    let report = submit(&service, &registry, "base");
    assert_eq!(suppressed(&report), [GLIBC]);
    let signed_by = json!({"identity": SUBJECT, "issuer": ISSUER});
    assert_eq!(report["suppressed"][0]["suppression"]["attached"]["signed_by"], signed_by);
    assert_eq!(report["attached"][0]["signed_by"], signed_by);

    // Whom the settings no longer name vouches for nothing, and who was never named neither.
    let image = digest_of(&report).to_owned();
    let service = Service::with(trusting(service.stop(), "https://ci.example/other/*"));
    let report = service.api.report_now(&image);
    assert_eq!(suppressed(&report), [] as [&str; 0]);
    let report = submit(&service, &registry, "base");
    let why = report["attached"][0]["unused"].as_str().unwrap();
    assert!(why.contains(SUBJECT) && why.contains("`attached.identities` does not name"), "{why}");

    let scanned = |subject: &str| {
        let name = format!("registry://{}/base:1", registry.host());
        let flags = ["--attached-identity", ISSUER, subject, "--trusted-root", root.to_str().unwrap()];
        let setup = setup(&registry);
        let tracker = folder.path().join("tracker.json");
        std::fs::write(&tracker, advisories::debian_tracker()).unwrap();
        setup.run(["feed", "add", "debian", tracker.to_str().unwrap()]).ok();
        let output = setup.run(["scan", &name, "--format", "json"].into_iter().chain(flags)).json();
        suppressed(&output[0]).len()
    };
    assert_eq!([scanned("https://ci.example/**"), scanned("https://ci.example/*")], [1, 0]);
}

#[test]
fn vex_that_nobody_vouches_for_is_told_and_changes_nothing() {
    let (registry, key, stranger) = (Registry::start(), Key::new(), Key::new());
    let base = push(&registry, "base", &sample(&[], &[]));
    // Without the API of referrers, under Cosign's tag.
    let text = stranger.bundle(&statement(&base, OF_VEX, &not_affected()));
    let blob = (BUNDLE, text.as_bytes(), json!({}));
    let artifact = registry.push_artifact("base", "", blob, &Value::Null);
    let tag = format!("{}.att", base["digest"].as_str().unwrap().replace(':', "-"));
    registry.tag("base", &tag, artifact["digest"].as_str().unwrap());
    let service = started(with_keys(setup(&registry), &[&key]));
    let report = submit(&service, &registry, "base");
    assert_eq!(suppressed(&report), [] as [&str; 0]);
    let unused = |report: &Value| report["attached"][0]["unused"].clone();
    assert_eq!(unused(&report), "no key of setting `attached.keys` has signed it");

    // Settings may say otherwise; what was not believed before is fetched with the image.
    let service = Service::with(service.stop().with("LIMPID_ATTACHED__VEX", "any"));
    let report = submit(&service, &registry, "base");
    assert_eq!((suppressed(&report), unused(&report)), (vec![GLIBC], Value::Null));
    assert_eq!(report["suppressed"][0]["suppression"]["attached"]["signed_by"], Value::Null);

    // What is no longer attached holds no longer.
    registry.untag("base", &tag);
    let report = submit(&service, &registry, "base");
    assert_eq!((suppressed(&report), report.get("attached")), (vec![], None));
}

#[test]
fn a_bill_of_materials_adds_declared_packages_and_is_told_apart_by_its_file() {
    let registry = Registry::start();
    let base = registry.push("base", &sample(&[], &[]));
    let sbom = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6",
        "components": [
            {"type": "library", "name": "lodash", "version": "4.17.4", "purl": "pkg:npm/lodash@4.17.4"},
            // That is detected, and counts once.
            {"type": "library", "name": "libc6", "version": "2.36-9+deb12u4",
             "purl": "pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12"},
        ],
    });
    // As BuildKit leaves it: in the index, beside the image.
    let text = statement(&base, OF_SBOM, &sbom);
    let blob = (STATEMENT, text.as_bytes(), json!({"in-toto.io/predicate-type": OF_SBOM}));
    let mut beside = registry.push_artifact("base", "", blob, &Value::Null);
    beside["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    beside["annotations"] = json!({
        "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": base["digest"],
    });
    let index = registry.push_index("base", media_types::INDEX, &[base.clone(), beside]);
    registry.tag("base", "1", index["digest"].as_str().unwrap());

    let service = started(setup(&registry));
    let without = submit(&service, &registry, "base");
    assert_eq!(without.get("attached"), None, "nobody asked for it");
    let image = without["image"]["digest"].as_str().unwrap().to_owned();
    let packages = |service: &Service| {
        let inventory = service.api.get(&format!("/v1/images/{image}/packages")).ok();
        let all = inventory["packages"].as_array().unwrap().clone();
        let (attached, own): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|it| it["path"].as_str().unwrap().starts_with(".limpid/attached/"));
        (attached, own)
    };
    let (none, own) = packages(&service);
    assert_eq!(none, [] as [Value; 0]);

    let service = Service::with(service.stop().with("LIMPID_ATTACHED__SBOMS", "any"));
    let with = submit(&service, &registry, "base");
    assert_eq!(
        [&with["attached"][0]["kind"], &with["attached"][0]["unused"]],
        [&json!("sbom"), &Value::Null]
    );
    let (attached, others) = packages(&service);
    let [lodash] = attached.as_slice() else { panic!("{attached:#?}") };
    assert_eq!([&lodash["purl"], &lodash["evidence"]], ["pkg:npm/lodash@4.17.4", "declared"]);
    assert_eq!(others, own, "what is detected stays as it is");
    assert_eq!(with["findings"], without["findings"]);
    let layers = with["image"]["layers"].as_array().unwrap().len();
    assert_eq!(lodash["layer"]["index"], layers - 1);
    // Submitted again, all of it is known.
    let reference = format!("{}/base:1", registry.host());
    let again = service.api.submit_json(&json!({"reference": reference})).ok();
    assert_eq!(again["layers_read"], 0);
    assert_eq!(packages(&service).0, attached);

    let service = Service::with(service.stop().with("LIMPID_ATTACHED__SBOMS", "off"));
    let report = submit(&service, &registry, "base");
    assert_eq!(packages(&service), (vec![], own));
    assert_eq!(report["attached"][0]["unused"], "setting `attached.sboms` is `off`");
    assert_eq!(service.api.delete(&format!("/v1/images/{image}")).status, 204);
    let report = submit(&service, &registry, "base");
    assert_eq!(report.get("attached"), None);
}

#[test]
fn a_scan_may_name_keys_and_says_who_vouches() {
    let (registry, key) = (Registry::start(), Key::new());
    registry.list_referrers();
    let base = push(&registry, "base", &sample(&[], &[]));
    attach(&registry, BUNDLE, &key.bundle(&statement(&base, OF_VEX, &not_affected())), &base);
    let setup = Setup::new();
    let tracker = setup.data().join("tracker.json");
    std::fs::write(&tracker, advisories::debian_tracker()).unwrap();
    setup.run(["feed", "add", "debian", tracker.to_str().unwrap()]).ok();
    let name = format!("{}/base:1", registry.host());
    let file = key.file();
    let file = file.to_str().unwrap();
    let plain = setup.run(["scan", &name]).ok();
    assert!(!plain.contains("ttached"), "{plain}");
    let signed = setup.run(["scan", &name, "--attached-key", file]).ok();
    assert!(signed.contains("VEX of Base Makers, attached, signed by `cosign.pub`"), "{signed}");
    assert!(signed.contains("Attached: 1 VEX document counts (signed by `cosign.pub`)"), "{signed}");
    let stranger = Key::new();
    let other = setup.run(["scan", &name, "--attached-key", stranger.file().to_str().unwrap()]).ok();
    assert!(other.contains("Attached, not believed: VEX referrer `sha256:"), "{other}");
    assert!(!other.contains("VEX of Base Makers"), "{other}");
    let any = setup.run(["scan", &format!("registry://{name}"), "--attached", "any"]).ok();
    assert!(any.contains("VEX of Base Makers, attached, not verified"), "{any}");

    let error = setup.run(["scan", "/dev/null", "--attached", "any"]).failed();
    assert!(!error.is_empty());
    let error = setup.run(["scan", &name, "--attached-key", "/nowhere.pub"]).failed();
    assert!(error.contains("`/nowhere.pub` of setting `attached.keys` cannot be read"), "{error}");
}
