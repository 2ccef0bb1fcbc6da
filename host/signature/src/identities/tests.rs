use limpid_test_sigstore::{Instance, Signed};
use serde_json::Value;

use super::*;

const SUBJECT: &str = "https://ci.example/shop/web/build.yml@refs/heads/main";
const ISSUER: &str = "https://tokens.example";
const ABOUT: [u8; 32] = [7; 32];

fn statement() -> String {
    let subject = json!([{"name": "web", "digest": {"sha256": hex::encode(ABOUT)}}]);
    json!({"_type": "https://in-toto.io/Statement/v1", "subject": subject, "predicateType": "t", "predicate": {}})
        .to_string()
}

fn signed(instance: &Instance) -> Signed {
    instance.sign(SUBJECT, ISSUER, &statement())
}

fn trusting(instance: &Instance, issuer: &str, subject: &str) -> TrustedIdentities {
    TrustedIdentities::new([(issuer, subject)], Some(&instance.trusted_root())).unwrap()
}

fn beside<'a>(signed: &'a Signed, log: Option<&'a str>) -> Beside<'a> {
    Beside { certificate: &signed.certificate, chain: None, log }
}

fn identity() -> Identity {
    Identity { subject: SUBJECT.to_owned(), issuer: ISSUER.to_owned() }
}

#[test]
fn whom_the_settings_name_is_found_by_the_bundle_and_by_what_stands_beside_an_envelope() {
    let instance = Instance::new();
    let signed = signed(&instance);
    let bundle = signed.bundle().to_string();
    for subject in [SUBJECT, "https://ci.example/shop/web/*@refs/heads/main", "https://ci.example/shop/**"] {
        let trusted = trusting(&instance, ISSUER, subject);
        assert_eq!(trusted.verify_bundle(bundle.as_bytes(), ABOUT), Ok(identity()), "{subject}");
        assert!(trusted.trust(&identity()));
        let (envelope, log) = (signed.envelope.to_string(), signed.noted().to_string());
        let verified = trusted.verify_envelope(envelope.as_bytes(), beside(&signed, Some(&log)), ABOUT);
        assert_eq!(verified, Ok(identity()), "{subject}");
    }
}

#[test]
fn a_good_signature_of_somebody_else_is_told_and_does_not_count() {
    let instance = Instance::new();
    let bundle = signed(&instance).bundle().to_string();
    for (issuer, subject) in [
        (ISSUER, "https://ci.example/*"),
        ("https://tokens.example.evil", "**"),
        ("https://tokens", "**"),
        (ISSUER, "https://ci.example/shop/web/build.yml@refs/heads/mai?x"),
    ] {
        let trusted = trusting(&instance, issuer, subject);
        let refused = trusted.verify_bundle(bundle.as_bytes(), ABOUT);
        assert_eq!(refused, Err(Unverified::Other(identity())), "{issuer} {subject}");
        assert!(!trusted.trust(&identity()));
    }
    assert_eq!(TrustedIdentities::default().verify_bundle(bundle.as_bytes(), ABOUT), Err(Unverified::Nobody));
}

/// Takes a bundle apart and puts it together again, and returns why it does not count then.
fn why(instance: &Instance, trusted: &Instance, change: impl FnOnce(&mut Value)) -> String {
    let mut bundle = signed(instance).bundle();
    change(&mut bundle);
    let trusted = trusting(trusted, ISSUER, SUBJECT);
    match trusted.verify_bundle(bundle.to_string().as_bytes(), ABOUT) {
        Err(Unverified::Wrong(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn whatever_is_changed_in_a_bundle_it_does_not_hold_any_more() {
    let instance = Instance::new();
    let entry = "/verificationMaterial/tlogEntries/0";
    let at = |path: &str| format!("{entry}/{path}");
    let other = signed(&Instance::new()).bundle();
    let another = instance.sign(SUBJECT, ISSUER, &statement().replace("\"t\"", "\"u\"")).bundle();
    for (path, value) in [
        ("/dsseEnvelope/payload".to_owned(), another["dsseEnvelope"]["payload"].clone()),
        ("/dsseEnvelope/signatures".to_owned(), another["dsseEnvelope"]["signatures"].clone()),
        ("/dsseEnvelope/signatures".to_owned(), json!([])),
        ("/dsseEnvelope".to_owned(), another["dsseEnvelope"].clone()),
        (
            "/verificationMaterial/certificate".to_owned(),
            another["verificationMaterial"]["certificate"].clone(),
        ),
        (
            "/verificationMaterial/certificate".to_owned(),
            other["verificationMaterial"]["certificate"].clone(),
        ),
        (entry.to_owned(), another["verificationMaterial"]["tlogEntries"][0].clone()),
        (entry.to_owned(), other["verificationMaterial"]["tlogEntries"][0].clone()),
        ("/verificationMaterial/tlogEntries".to_owned(), json!([])),
        // In the time of the log alone the certificate was good.
        (at("integratedTime"), json!("1777593601")),
        (at("inclusionPromise"), Value::Null),
        (at("inclusionProof/rootHash"), json!(BASE64.encode([1; 32]))),
        (at("inclusionProof/hashes"), json!([BASE64.encode([1; 32])])),
        (at("inclusionProof"), Value::Null),
        (at("logId/keyId"), json!(BASE64.encode([1; 32]))),
    ] {
        let why = why(&instance, &instance, |bundle| *bundle.pointer_mut(&path).unwrap() = value);
        assert!(!why.is_empty(), "{path}");
    }
}

#[test]
fn another_instance_and_another_image_are_not_believed() {
    let (instance, other) = (Instance::new(), Instance::new());
    why(&other, &instance, |_| ());
    let trusted = trusting(&instance, ISSUER, SUBJECT);
    let bundle = signed(&instance).bundle().to_string();
    assert!(matches!(trusted.verify_bundle(bundle.as_bytes(), [8; 32]), Err(Unverified::Wrong(_))));
    // Nobody has built with the public instance's root what this one has signed.
    let public = TrustedIdentities::new([(ISSUER, SUBJECT)], None).unwrap();
    assert!(matches!(public.verify_bundle(bundle.as_bytes(), ABOUT), Err(Unverified::Wrong(_))));
}

#[test]
fn what_stands_beside_an_envelope_must_be_about_it() {
    let instance = Instance::new();
    let (one, another) = (signed(&instance), signed(&instance));
    let trusted = trusting(&instance, ISSUER, SUBJECT);
    let envelope = one.envelope.to_string();
    let check = |beside: Beside<'_>| {
        let refused = trusted.verify_envelope(envelope.as_bytes(), beside, ABOUT);
        assert!(matches!(refused, Err(Unverified::Wrong(_))), "{refused:?}");
    };
    let (log, other) = (one.noted().to_string(), another.noted().to_string());
    check(beside(&one, None));
    check(beside(&one, Some("")));
    check(beside(&one, Some(&other)));
    check(beside(&another, Some(&log)));
    check(Beside { certificate: "", chain: None, log: Some(&log) });
}

#[test]
fn what_cannot_be_used_is_named() {
    let root = Instance::new().trusted_root();
    let new =
        |issuer, subject, root: &str| TrustedIdentities::new([(issuer, subject)], Some(root)).unwrap_err();
    assert_eq!(new("", "a", &root), IdentitiesError::Incomplete);
    assert_eq!(new("a", "", &root), IdentitiesError::Incomplete);
    let long = "a".repeat(PATTERN_BYTES + 1);
    assert_eq!(new("a", &long, &root), IdentitiesError::Incomplete);
    assert!(matches!(new("a", "[", &root), IdentitiesError::Glob { .. }));
    let without = |member: &str| {
        let mut root: Value = serde_json::from_str(&root).unwrap();
        root[member] = json!([]);
        new("a", "b", &root.to_string()).to_string()
    };
    assert!(new("a", "b", "{").to_string().contains("trusted root"));
    assert!(without("certificateAuthorities").contains("no certificate authority"));
    assert!(without("tlogs").contains("neither a log nor an authority"));
    let many = vec![("a", "b"); IDENTITIES + 1];
    assert_eq!(TrustedIdentities::new(many, None).unwrap_err(), IdentitiesError::Many);
    assert!(TrustedIdentities::new([], Some("{")).is_err());
    assert!(TrustedIdentities::new([], None).unwrap().is_empty());
}
