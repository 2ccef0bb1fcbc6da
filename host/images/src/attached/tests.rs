use limpid_bytes::Stop;
use limpid_fetch::{Logins, PlainHttp, Reference, Registries, RegistrySettings};
use limpid_model::Digest;
use limpid_signature::PrivateKey;
use limpid_test_registry::{Fault, Registry, TestImage, media_types};
use serde_json::{Value, json};

use super::*;

// The second example of [RFC 8032, section 7.1](https://www.rfc-editor.org/rfc/rfc8032#section-7.1), and of the third
// the private key.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n\
    -----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n\
    -----END PUBLIC KEY-----\n";
const STRANGER: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIMWqjfQ/n4N77bdELzHct7Fm04U1B28JS4XOOi4LRFj3\n\
    -----END PRIVATE KEY-----\n";

const REPOSITORY: &str = "shop/web";

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const STATEMENT: &str = "application/vnd.in-toto+json";
const OF_VEX: &str = "https://openvex.dev/ns/v0.2.0";
const OF_SBOM: &str = "https://cyclonedx.org/bom";

/// A registry with an image, and the descriptor of its manifest.
struct Fixture {
    registry: Registry,
    image: Value,
}

impl Fixture {
    fn new() -> Self {
        let registry = Registry::start();
        registry.list_referrers();
        let image = registry.push(REPOSITORY, &TestImage::plain(&[b"tar"]));
        Self { registry, image }
    }

    fn about(&self) -> Digest {
        self.image["digest"].as_str().unwrap().parse().unwrap()
    }

    fn statement(&self, predicate_type: &str, predicate: &Value) -> String {
        statement(&self.about(), predicate_type, predicate)
    }

    /// Pushes an artifact that refers to the image.
    fn refer(&self, artifact_type: &str, document: &str, annotations: Value) -> Value {
        let blob = (artifact_type, document.as_bytes(), annotations);
        self.registry.push_artifact(REPOSITORY, artifact_type, blob, &self.image)
    }

    fn search(&self, attaching: &Attaching) -> Vec<FoundAttachment> {
        self.search_with(attaching, &[])
    }

    fn search_with(&self, attaching: &Attaching, beside: &[BesideImage]) -> Vec<FoundAttachment> {
        let settings = RegistrySettings { attempts: 1, ..RegistrySettings::default() };
        let registries = Registries::by_hand(settings, Logins::Anonymous, PlainHttp::Loopback).unwrap();
        let reference = Reference::of_repository(&self.registry.host(), REPOSITORY).unwrap();
        let repository = registries.repository(&reference, None).unwrap();
        Search::new(&repository, attaching, &Stop::default()).run(&[self.about()], beside).unwrap()
    }
}

fn statement(about: &Digest, predicate_type: &str, predicate: &Value) -> String {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "web", "digest": {"sha256": about.hex()}}],
        "predicateType": predicate_type,
        "predicate": predicate,
    })
    .to_string()
}

fn vex() -> Value {
    json!({"@context": OF_VEX, "@id": "https://vex.example/1", "author": "maker", "statements": []})
}

fn sbom() -> Value {
    json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "a"}]})
}

fn envelope(key: &str, payload_type: &str, payload: &str) -> Value {
    let message = format!("DSSEv1 {} {payload_type} {} {payload}", payload_type.len(), payload.len());
    let sig = PrivateKey::from_pem(key).unwrap().sign(message.as_bytes());
    let encoded = limpid_test_registry::base64(payload.as_bytes());
    json!({"payloadType": payload_type, "payload": encoded, "signatures": [{"keyid": "", "sig": sig}]})
}

fn bundle(envelope: &Value) -> String {
    json!({
        "mediaType": BUNDLE,
        "verificationMaterial": {"publicKey": {"hint": "whoever"}, "tlogEntries": []},
        "dsseEnvelope": envelope,
    })
    .to_string()
}

fn attaching(settings: AttachedSettings) -> Attaching {
    let mut trusted = Trusted::default();
    trusted.keys.add("cosign.pub", PUBLIC).unwrap();
    Attaching { settings, trusted }
}

fn verified() -> Attaching {
    attaching(AttachedSettings::default())
}

fn any() -> Attaching {
    attaching(AttachedSettings { vex: Belief::Any, sboms: Belief::Any, ..AttachedSettings::default() })
}

/// What each document is, the key that vouches for it, and why it does not count.
fn told(found: &[FoundAttachment]) -> Vec<(AttachmentKind, &str, &str)> {
    let told = |found: &'_ FoundAttachment| {
        // What counts is there, and nothing else.
        assert_eq!(found.bytes.is_empty(), found.attachment.unused.is_some());
    };
    found.iter().for_each(told);
    let told = found.iter().map(|FoundAttachment { attachment, .. }| {
        let signer = attachment.signer.as_ref().map_or("", |signer| signer.name());
        (attachment.kind, signer, attachment.unused.as_deref().unwrap_or_default())
    });
    let mut told: Vec<_> = told.collect();
    told.sort_unstable();
    told
}

const NO_KEY: &str = "no key of setting `attached.keys` has signed it";
const UNSIGNED: &str = "nobody has signed it";

#[test]
fn what_a_key_of_the_settings_has_signed_counts_wherever_it_is_attached() {
    let signed = |fixture: &Fixture| envelope(PRIVATE, STATEMENT, &fixture.statement(OF_VEX, &vex()));
    let expected = [(AttachmentKind::Vex, "cosign.pub", "")];

    let fixture = Fixture::new();
    fixture.refer(BUNDLE, &bundle(&signed(&fixture)), json!({"dev.sigstore.bundle.predicateType": OF_VEX}));
    let found = fixture.search(&verified());
    assert_eq!(told(&found), expected);
    let [found] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(serde_json::from_slice::<Value>(&found.bytes).unwrap(), vex());
    assert_eq!(found.attachment.about, fixture.about());
    assert!(found.attachment.from.starts_with("referrer `sha256:"), "{}", found.attachment.from);

    let fixture = Fixture::new();
    let text = signed(&fixture).to_string();
    let blob = (ENVELOPE, text.as_bytes(), json!({"predicateType": OF_VEX}));
    let artifact = fixture.registry.push_artifact(REPOSITORY, "", blob, &Value::Null);
    let tag = format!("sha256-{}.att", fixture.about().hex());
    fixture.registry.tag(REPOSITORY, &tag, artifact["digest"].as_str().unwrap());
    let found = fixture.search(&verified());
    assert_eq!(told(&found), expected);
    assert_eq!(found[0].attachment.from, format!("tag `{tag}`"));

    let fixture = Fixture::new();
    let text = signed(&fixture).to_string();
    let blob = (STATEMENT, text.as_bytes(), json!({"in-toto.io/predicate-type": OF_VEX}));
    let artifact = fixture.registry.push_artifact(REPOSITORY, "", blob, &Value::Null);
    let manifest = artifact["digest"].as_str().unwrap().parse().unwrap();
    let beside = |about| BesideImage { about, manifest };
    assert_eq!(told(&fixture.search_with(&verified(), &[beside(fixture.about())])), expected);
    assert_eq!(fixture.search_with(&verified(), &[beside(Digest::of(b"other"))]), []);
}

#[test]
fn what_nobody_vouches_for_is_told_and_does_not_count() {
    let fixture = Fixture::new();
    let vexed = fixture.statement(OF_VEX, &vex());
    fixture.refer("application/vnd.openvex+json", &vex().to_string(), json!({}));
    fixture.refer(STATEMENT, &vexed, json!({}));
    fixture.refer(BUNDLE, &bundle(&envelope(STRANGER, STATEMENT, &vexed)), json!({}));
    let mut forged = envelope(PRIVATE, STATEMENT, &vexed);
    let other = fixture.statement(OF_VEX, &json!({"@context": OF_VEX, "statements": [1]}));
    forged["payload"] = json!(limpid_test_registry::base64(other.as_bytes()));
    fixture.refer(ENVELOPE, &forged.to_string(), json!({}));
    // A signature of a document alone says nothing of the image.
    fixture.refer(
        ENVELOPE,
        &envelope(PRIVATE, "application/json", &vex().to_string()).to_string(),
        json!({}),
    );
    let not_named = "what is signed does not name the image";
    let expected = [NO_KEY, NO_KEY, UNSIGNED, UNSIGNED, not_named].map(|why| (AttachmentKind::Vex, "", why));
    assert_eq!(told(&fixture.search(&verified())), expected);
    // Whoever believes everybody does so knowingly.
    let found = fixture.search(&any());
    assert_eq!(told(&found), [(AttachmentKind::Vex, "", ""); 5]);
    let off = AttachedSettings { vex: Belief::Off, ..AttachedSettings::default() };
    assert_eq!(fixture.search(&attaching(off)), []);
}

#[test]
fn what_is_about_another_image_does_not_count_even_where_everybody_is_believed() {
    let fixture = Fixture::new();
    let other = statement(&Digest::of(b"other"), OF_VEX, &vex());
    fixture.refer(BUNDLE, &bundle(&envelope(PRIVATE, STATEMENT, &other)), json!({}));
    for attaching in [verified(), any()] {
        let found = fixture.search(&attaching);
        let [(AttachmentKind::Unknown, "", why)] = told(&found)[..] else { panic!("{found:?}") };
        assert!(why.contains("its statement is not about `sha256:"), "{why}");
    }
    // A registry that names what refers to another image.
    let fixture = Fixture::new();
    let stranger = fixture.registry.push(REPOSITORY, &TestImage::plain(&[b"other"]));
    let text = envelope(PRIVATE, STATEMENT, &fixture.statement(OF_VEX, &vex())).to_string();
    let blob = (ENVELOPE, text.as_bytes(), json!({}));
    let artifact = fixture.registry.push_artifact(REPOSITORY, ENVELOPE, blob, &stranger);
    let list = json!({"manifests": [{"digest": artifact["digest"], "artifactType": ENVELOPE}]});
    fixture.registry.plan("/referrers/", 1, Fault::Lie(list.to_string().into_bytes()));
    let found = fixture.search(&any());
    let [(AttachmentKind::Unknown, "", why)] = told(&found)[..] else { panic!("{found:?}") };
    assert!(why.contains("it does not refer to"), "{why}");
}

#[test]
fn a_document_may_be_vex_and_a_bill_of_materials_and_each_is_believed_by_its_own_setting() {
    let fixture = Fixture::new();
    let mut both = sbom();
    both["vulnerabilities"] = json!([{"id": "CVE-2026-1", "analysis": {"state": "not_affected"}}]);
    fixture.refer(STATEMENT, &fixture.statement(OF_SBOM, &both), json!({}));
    let settings = AttachedSettings { sboms: Belief::Any, ..AttachedSettings::default() };
    let found = fixture.search(&attaching(settings));
    assert_eq!(told(&found), [(AttachmentKind::Vex, "", UNSIGNED), (AttachmentKind::Sbom, "", "")]);
    assert!(found.iter().all(|found| found.extension == "cdx.json"));
}

#[test]
fn artifacts_of_other_kinds_are_not_even_fetched() {
    let fixture = Fixture::new();
    fixture.refer("application/vnd.cncf.notary.signature", "x", json!({}));
    let signature = json!({"dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1"});
    fixture.refer(BUNDLE, "y", signature);
    let provenance = fixture.statement("https://slsa.dev/provenance/v1", &json!({}));
    fixture.refer(
        STATEMENT,
        &provenance,
        json!({"in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"}),
    );
    fixture.registry.take_asked();
    assert_eq!(fixture.search(&any()), []);
    let asked = fixture.registry.take_asked();
    assert!(!asked.iter().any(limpid_test_registry::Asked::is_blob), "{asked:?}");
    // Nor is what does not say so believed to be another kind.
    fixture.refer(
        STATEMENT,
        &fixture.statement("https://slsa.dev/provenance/v1", &json!({"a": 1})),
        json!({}),
    );
    assert_eq!(fixture.search(&any()), []);
}

#[test]
fn what_cannot_be_had_or_read_is_told_and_costs_only_itself() {
    let fixture = Fixture::new();
    fixture.refer("application/vnd.openvex+json", &vex().to_string(), json!({}));
    fixture.refer("application/spdx+json", "{}", json!({}));
    let found = fixture.search(&any());
    let why = "it is neither VEX nor a bill of materials in a form that is read";
    assert_eq!(told(&found), [(AttachmentKind::Vex, "", ""), (AttachmentKind::Unknown, "", why)]);
    fixture.registry.plan("/referrers/", 1, Fault::Status(500, None));
    let found = fixture.search(&any());
    let [(AttachmentKind::Unknown, "", why)] = told(&found)[..] else { panic!("{found:?}") };
    assert!(why.contains("answers 500"), "{why}");
    fixture.registry.plan("/blobs/", 1, Fault::Status(404, None));
    let found = fixture.search(&any());
    assert!(told(&found).iter().any(|(_, _, why)| why.contains("answers 404")), "{found:?}");
    let stop = Stop::default();
    stop.stop();
    let registries = Registries::by_hand(RegistrySettings::default(), Logins::Anonymous, PlainHttp::Loopback);
    let reference = Reference::of_repository(&fixture.registry.host(), REPOSITORY).unwrap();
    let repository = registries.unwrap().repository(&reference, None).unwrap();
    Search::new(&repository, &any(), &stop).run(&[fixture.about()], &[]).unwrap_err();
}

#[test]
fn what_is_over_a_limit_is_told_with_the_setting() {
    let fixture = Fixture::new();
    for number in 0..3 {
        let mut vex = vex();
        vex["@id"] = json!(number);
        fixture.refer("application/vnd.openvex+json", &vex.to_string(), json!({}));
    }
    let check = |settings: AttachedSettings, used: usize, setting: &str| {
        let settings = AttachedSettings { vex: Belief::Any, ..settings };
        let found = fixture.search(&attaching(settings));
        let (counting, not): (Vec<_>, Vec<_>) =
            found.iter().partition(|found| found.attachment.unused.is_none());
        assert_eq!(counting.len(), used, "{found:?}");
        let why = |found: &&FoundAttachment| found.attachment.unused.as_ref().unwrap().contains(setting);
        assert!(!not.is_empty() && not.iter().all(why), "{found:?}");
    };
    let limits = AttachedSettings::default;
    check(AttachedSettings { documents: 2, ..limits() }, 2, "`attached.documents`");
    check(AttachedSettings { referrers: 2, ..limits() }, 0, "`attached.referrers`");
    check(AttachedSettings { document_bytes: 10, ..limits() }, 0, "`attached.document_bytes`");
    check(AttachedSettings { total_bytes: 200, ..limits() }, 2, "`attached.total_bytes`");
    check(AttachedSettings { time: Duration::ZERO, ..limits() }, 0, "`attached.time`");
}

#[test]
fn registries_are_asked_only_where_something_could_count() {
    let asks = |vex, sboms, has_keys: bool| {
        let settings = AttachedSettings { vex, sboms, ..AttachedSettings::default() };
        let mut attaching = attaching(settings);
        if !has_keys {
            attaching.trusted = Trusted::default();
        }
        attaching.asks()
    };
    assert!(!asks(Belief::Verified, Belief::Verified, false));
    assert!(asks(Belief::Verified, Belief::Off, true));
    assert!(asks(Belief::Off, Belief::Any, false));
    assert!(!asks(Belief::Off, Belief::Off, true));
    assert!(!Attaching::default().asks());
}

#[test]
fn a_key_that_is_taken_out_of_the_settings_vouches_for_nothing() {
    let fixture = Fixture::new();
    fixture.refer(
        BUNDLE,
        &bundle(&envelope(PRIVATE, STATEMENT, &fixture.statement(OF_VEX, &vex()))),
        json!({}),
    );
    let found = fixture.search(&verified()).remove(0).attachment;
    assert_eq!(verified().why_unused(&found), None);
    let without = Attaching { trusted: Trusted::default(), ..verified() };
    assert!(without.why_unused(&found).unwrap().contains("`attached.keys`"));
    let off = AttachedSettings { vex: Belief::Off, ..AttachedSettings::default() };
    assert!(attaching(off).why_unused(&found).unwrap().contains("`attached.vex` is `off`"));
}

#[test]
fn files_of_keys_that_cannot_be_used_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cosign.pub");
    let of = |path: &std::path::Path| {
        Attaching::new(AttachedSettings { keys: vec![path.to_owned()], ..AttachedSettings::default() })
    };
    assert!(
        of(&path).unwrap_err().to_string().contains("cosign.pub` of setting `attached.keys` cannot be read")
    );
    std::fs::write(&path, "no key").unwrap();
    assert!(of(&path).unwrap_err().to_string().contains("it has no public key in PEM"));
    std::fs::write(&path, PUBLIC).unwrap();
    assert!(of(&path).unwrap().asks());
}

#[test]
fn an_index_leads_to_what_is_attached_to_it_and_to_its_images() {
    use crate::{ImageSource as _, RegistryImages};
    use limpid_model::{ImageReference, Platforms};

    let fixture = Fixture::new();
    let text = fixture.statement(OF_SBOM, &sbom());
    let blob = (STATEMENT, text.as_bytes(), json!({"in-toto.io/predicate-type": OF_SBOM}));
    let mut beside = fixture.registry.push_artifact(REPOSITORY, "", blob, &Value::Null);
    beside["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    beside["annotations"] = json!({
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": fixture.image["digest"],
    });
    let other = fixture.registry.push(REPOSITORY, &TestImage::plain(&[b"arm"]).on("arm64"));
    let all = [fixture.image.clone(), other, beside];
    let index = fixture.registry.push_index(REPOSITORY, media_types::INDEX, &all);
    fixture.registry.tag(REPOSITORY, "1", index["digest"].as_str().unwrap());
    let of_index = statement(&index["digest"].as_str().unwrap().parse().unwrap(), OF_VEX, &vex());
    let blob = (BUNDLE, bundle(&envelope(PRIVATE, STATEMENT, &of_index)), json!({}));
    fixture.registry.push_artifact(REPOSITORY, BUNDLE, (blob.0, blob.1.as_bytes(), blob.2), &index);

    let settings = RegistrySettings { attempts: 1, ..RegistrySettings::default() };
    let registries = Registries::by_hand(settings, Logins::Anonymous, PlainHttp::Loopback).unwrap();
    let reference = format!("{}/{REPOSITORY}:1", fixture.registry.host());
    let reference = ImageReference { reference, platforms: Platforms::All };
    let source =
        RegistryImages::new(&registries, reference, None, &limpid_layers::Limits::default()).unwrap();
    let stop = Stop::default();
    let images = source.images(&stop).unwrap();
    let attached: Vec<_> =
        images.iter().map(|image| source.attached(image, &verified(), &stop).unwrap().unwrap()).collect();
    let (vex, sbom) = ((AttachmentKind::Vex, "cosign.pub", ""), (AttachmentKind::Sbom, "", UNSIGNED));
    assert_eq!(told(&attached[0]), [vex, sbom]);
    assert_eq!(told(&attached[1]), [vex]);
    fixture.registry.take_asked();
    assert_eq!(source.attached(&images[0], &Attaching::default(), &stop).unwrap(), None);
    assert_eq!(fixture.registry.take_asked(), []);
}

#[test]
fn what_names_very_many_documents_is_bounded_as_well() {
    let fixture = Fixture::new();
    let layer = json!({"mediaType": "application/vnd.openvex+json", "digest": "sha512:00", "size": 1});
    let manifest = json!({
        "artifactType": "application/vnd.openvex+json", "subject": fixture.image, "layers": vec![layer; 1_000],
    });
    fixture.registry.push_document(REPOSITORY, media_types::MANIFEST, &manifest);
    let found = fixture.search(&any());
    assert_eq!(found.len(), 65, "64 documents, and that there are more");
    let last = found.last().unwrap().attachment.unused.as_deref().unwrap();
    assert!(last.contains("`attached.documents`"), "{last}");
}
