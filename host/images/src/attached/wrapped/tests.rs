use serde_json::{Value, json};

use super::*;

const VEX: &str = r#"{"@context":"https://openvex.dev/ns/v0.2.0","statements":[]}"#;
const PREDICATE: &str = "https://openvex.dev/ns/v0.2.0";

fn about() -> Digest {
    Digest::of(b"manifest")
}

fn statement(about: &Digest) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "other", "digest": {"sha512": "00"}}, {"name": "_", "digest": {"sha256": about.hex()}}],
        "predicateType": PREDICATE,
        "predicate": serde_json::from_str::<Value>(VEX).unwrap(),
    })
}

fn envelope(payload_type: &str, payload: &str, signatures: &[&str]) -> Value {
    let signatures: Vec<_> = signatures.iter().map(|sig| json!({"sig": sig})).collect();
    json!({"payloadType": payload_type, "payload": limpid_test_registry::base64(payload.as_bytes()), "signatures": signatures})
}

fn opened(document: &str) -> Result<Unwrapped, Unusable> {
    unwrap(document.as_bytes(), &about(), &Trusted::default(), None, |kind| kind == PREDICATE)
}

#[track_caller]
fn check(document: &Value, expected: &str) {
    let opened = opened(&document.to_string()).unwrap();
    assert_eq!(String::from_utf8(opened.document).unwrap(), VEX);
    assert_eq!((opened.signer, &*opened.why_unsigned), (None, expected));
}

#[test]
fn a_document_is_found_in_all_that_it_is_wrapped_in() {
    let plain: Value = serde_json::from_str(VEX).unwrap();
    check(&plain, UNSIGNED);
    let statement = statement(&about());
    check(&statement, UNSIGNED);
    let text = statement.to_string();
    check(&envelope(STATEMENT, &text, &[]), UNSIGNED);
    let signed = envelope(STATEMENT, &text, &["AAAA"]);
    check(&signed, OTHER_KEY);
    check(&envelope("application/json", VEX, &["AAAA"]), NOT_NAMED);
    let bundle = |material: Value| {
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": material,
            "dsseEnvelope": signed,
        })
    };
    check(&bundle(json!({"publicKey": {"hint": "x"}})), OTHER_KEY);
    check(&bundle(json!({"certificate": {"rawBytes": "AAAA"}})), KEYLESS);
    check(&bundle(json!({"x509CertificateChain": {"certificates": []}})), KEYLESS);
    let beside = Some(Beside { certificate: "AAAA", chain: None, log: None });
    let keyless = unwrap(signed.to_string().as_bytes(), &about(), &Trusted::default(), beside, |_| true);
    assert_eq!(keyless.unwrap().why_unsigned, KEYLESS);
}

#[test]
fn a_predicate_that_is_a_text_is_a_document_that_is_no_json() {
    let mut statement = statement(&about());
    statement["predicate"] = json!("SPDXVersion: SPDX-2.3\n");
    assert_eq!(opened(&statement.to_string()).unwrap().document, b"SPDXVersion: SPDX-2.3\n");
    assert_eq!(opened("SPDXVersion: SPDX-2.3\n").unwrap().document, b"SPDXVersion: SPDX-2.3\n");
}

#[test]
fn a_statement_that_does_not_name_the_image_is_not_about_it() {
    let mut none = statement(&about());
    none["subject"] = json!([]);
    let mut elsewhere = statement(&about());
    elsewhere["subject"] = json!([{"digest": {"sha512": about().hex()}}]);
    for statement in [statement(&Digest::of(b"other")), none, elsewhere] {
        let envelope = envelope(STATEMENT, &statement.to_string(), &["AAAA"]);
        for document in [statement, envelope] {
            let Err(Unusable::Wrong(why)) = opened(&document.to_string()) else { panic!("{document}") };
            assert!(why.contains("its statement is not about `sha256:"), "{why}");
        }
    }
}

#[test]
fn what_is_no_statement_of_a_kind_that_is_read_is_passed_over() {
    let mut provenance = statement(&about());
    provenance["predicateType"] = json!("https://slsa.dev/provenance/v1");
    assert_eq!(opened(&provenance.to_string()), Err(Unusable::Other));
    let envelope = envelope(STATEMENT, &provenance.to_string(), &["AAAA"]);
    assert_eq!(opened(&envelope.to_string()), Err(Unusable::Other));
    let signature =
        json!({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "messageSignature": {}});
    assert_eq!(opened(&signature.to_string()), Err(Unusable::Other));
}

#[test]
fn what_is_damaged_is_told() {
    let check = |document: &str, expected: &str| {
        let Err(Unusable::Wrong(why)) = opened(document) else { panic!("{document}") };
        assert!(why.contains(expected), "{why}");
    };
    check("{", "it cannot be read");
    check(r#"{"dsseEnvelope": {}}"#, "it cannot be read: missing field");
    check(r#"{"payloadType": 1}"#, "its envelope cannot be read");
    check(&envelope(STATEMENT, "{}", &[]).to_string(), "its statement cannot be read");
    check(r#"{"predicateType": 1}"#, "its statement cannot be read");
}

proptest::proptest! {
    #[test]
    fn no_document_is_too_odd_to_be_opened(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        key in proptest::sample::select(vec!["", "{\"dsseEnvelope\":", "{\"payloadType\":", "{\"predicateType\":"]),
    ) {
        let document = [key.as_bytes(), &bytes].concat();
        let _outcome = unwrap(&document, &about(), &Trusted::default(), None, |_| true);
        let _forms = super::super::contents::forms(&document);
    }
}
