//! An instance of Sigstore for tests: an authority that issues certificates to whoever it is told, as Fulcio does, and
//! a log of what is signed, as Rekor (version 1) is one. It has no log of certificates and no authority for timestamps,
//! and its trusted root says so.
//!
//! It knows no crate of the host, so that all of them can be tested with it.

#![allow(clippy::unwrap_used, reason = "only tests call this, and are to fail here")]

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PublicKeyData as _, SanType,
};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The type of statements in envelopes.
const STATEMENT: &str = "application/vnd.in-toto+json";

/// The media type of bundles.
pub const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// When everything is logged: the first of May 2026, in seconds since 1970.
const LOGGED: i64 = 1_777_593_600;

/// The extension that names who vouches for the subject
/// ([list](https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md)).
const OIDC_ISSUER: [u64; 9] = [1, 3, 6, 1, 4, 1, 57_264, 1, 8];

/// An instance.
pub struct Instance {
    authority: CertifiedIssuer<'static, KeyPair>,
    log: KeyPair,
}

/// What somebody has signed and had logged.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The envelope (DSSE).
    pub envelope: Value,
    /// The certificate of the key, in PEM.
    pub certificate: String,
    der: Vec<u8>,
    entry: Entry,
}

#[derive(Clone, Debug)]
struct Entry {
    body: Vec<u8>,
    log_id: Vec<u8>,
    promise: Vec<u8>,
    checkpoint: String,
}

impl Default for Instance {
    fn default() -> Self {
        Self::new()
    }
}

impl Instance {
    /// An instance of which nobody has heard yet.
    ///
    /// # Panics
    /// No key can be had.
    pub fn new() -> Self {
        let mut authority = CertificateParams::new([]).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        Self { authority, log: KeyPair::generate().unwrap() }
    }

    /// What others must have to believe it: the file `trusted_root.json`.
    pub fn trusted_root(&self) -> String {
        let valid = json!({"start": "2020-01-01T00:00:00Z"});
        let authority = BASE64_STANDARD.encode(self.authority.der());
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [{
                "baseUrl": "https://log.example",
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": BASE64_STANDARD.encode(self.log.subject_public_key_info()),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": valid,
                },
                "logId": {"keyId": BASE64_STANDARD.encode(self.log_id())},
            }],
            "certificateAuthorities": [{
                "subject": {"organization": "example", "commonName": "authority"},
                "uri": "https://authority.example",
                "certChain": {"certificates": [{"rawBytes": authority}]},
                "validFor": valid,
            }],
            "ctlogs": [],
            "timestampAuthorities": [],
        })
        .to_string()
    }

    /// Issues a certificate to a subject (an address of the web) for whom `issuer` vouches, signs a statement by its key
    /// and logs it.
    ///
    /// # Panics
    /// The subject cannot be in a certificate.
    pub fn sign(&self, subject: &str, issuer: &str, statement: &str) -> Signed {
        let key = KeyPair::generate().unwrap();
        let mut leaf = CertificateParams::new([]).unwrap();
        leaf.subject_alt_names = vec![SanType::URI(subject.try_into().unwrap())];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.custom_extensions = vec![CustomExtension::from_oid_content(&OIDC_ISSUER, utf8_string(issuer))];
        let leaf = leaf.signed_by(&key, &self.authority).unwrap();
        let (certificate, der) = (leaf.pem(), leaf.der().to_vec());

        let message = format!("DSSEv1 {} {STATEMENT} {} {statement}", STATEMENT.len(), statement.len());
        let signature = BASE64_STANDARD.encode(signed(&key, message.as_bytes()));
        let envelope = json!({
            "payloadType": STATEMENT,
            "payload": BASE64_STANDARD.encode(statement),
            "signatures": [{"sig": signature}],
        });
        let verifier = BASE64_STANDARD.encode(&certificate);
        let sha256 =
            |bytes: &[u8]| json!({"algorithm": "sha256", "value": hex::encode(Sha256::digest(bytes))});
        let body = json!({
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": sha256(envelope.to_string().as_bytes()),
                "payloadHash": sha256(statement.as_bytes()),
                "signatures": [{"signature": signature, "verifier": verifier}],
            },
        });
        let entry = self.logged(body.to_string().into_bytes());
        Signed { envelope, certificate, der, entry }
    }

    /// The only entry of its log.
    fn logged(&self, body: Vec<u8>) -> Entry {
        let log_id = self.log_id();
        // Canonical JSON: members in order, no spaces.
        let promised = format!(
            r#"{{"body":"{}","integratedTime":{LOGGED},"logID":"{}","logIndex":0}}"#,
            BASE64_STANDARD.encode(&body),
            hex::encode(&log_id)
        );
        let promise = signed(&self.log, promised.as_bytes());
        let note = format!("log.example\n1\n{}\n", BASE64_STANDARD.encode(root_of(&body)));
        let mut signature = log_id.get(..4).unwrap_or_default().to_vec();
        signature.extend(signed(&self.log, note.as_bytes()));
        let checkpoint = format!("{note}\n\u{2014} log.example {}\n", BASE64_STANDARD.encode(signature));
        Entry { body, log_id, promise, checkpoint }
    }

    fn log_id(&self) -> Vec<u8> {
        Sha256::digest(self.log.subject_public_key_info()).to_vec()
    }
}

impl Signed {
    /// The bundle of all of it, as Cosign 3 attaches it.
    pub fn bundle(&self) -> Value {
        let Entry { body, log_id, promise, checkpoint } = &self.entry;
        json!({
            "mediaType": BUNDLE,
            "verificationMaterial": {
                "certificate": {"rawBytes": BASE64_STANDARD.encode(&self.der)},
                "tlogEntries": [{
                    "logIndex": "0",
                    "logId": {"keyId": BASE64_STANDARD.encode(log_id)},
                    "kindVersion": {"kind": "dsse", "version": "0.0.1"},
                    "integratedTime": LOGGED.to_string(),
                    "inclusionPromise": {"signedEntryTimestamp": BASE64_STANDARD.encode(promise)},
                    "inclusionProof": {
                        "logIndex": "0",
                        "rootHash": BASE64_STANDARD.encode(root_of(body)),
                        "treeSize": "1",
                        "hashes": [],
                        "checkpoint": {"envelope": checkpoint},
                    },
                    "canonicalizedBody": BASE64_STANDARD.encode(body),
                }],
            },
            "dsseEnvelope": self.envelope,
        })
    }

    /// What Cosign 2 notes of the log beside an envelope: the annotation `dev.sigstore.cosign/bundle`.
    pub fn noted(&self) -> Value {
        let Entry { body, log_id, promise, .. } = &self.entry;
        json!({
            "SignedEntryTimestamp": BASE64_STANDARD.encode(promise),
            "Payload": {
                "body": BASE64_STANDARD.encode(body),
                "integratedTime": LOGGED,
                "logIndex": 0,
                "logID": hex::encode(log_id),
            },
        })
    }
}

/// The root of a tree of one leaf ([RFC 6962, section 2.1](https://www.rfc-editor.org/rfc/rfc6962#section-2.1)).
fn root_of(leaf: &[u8]) -> Vec<u8> {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().to_vec()
}

fn utf8_string(text: &str) -> Vec<u8> {
    let mut der = vec![0x0c, u8::try_from(text.len()).unwrap()];
    der.extend_from_slice(text.as_bytes());
    der
}

fn signed(key: &KeyPair, message: &[u8]) -> Vec<u8> {
    let random = SystemRandom::new();
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.serialized_der(), &random).unwrap();
    pair.sign(&random, message).unwrap().as_ref().to_vec()
}
