//! Envelopes of [DSSE](https://github.com/secure-systems-lab/dsse/blob/master/envelope.md): what is signed, its type,
//! and the signatures.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use crate::BASE64;
use crate::trusted::{TrustedKey, TrustedKeys};

/// Most signatures of one envelope: each is held against each key.
const SIGNATURES: usize = 16;

/// Longest signature, in bytes of text: that of RSA with 8,192 bits has 1,368.
const SIGNATURE_TEXT: usize = 2_048;

/// Base64 for addresses, which the specification allows as well.
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What somebody signs, with its type. Until [`verified`](Self::verified) has named a key, nobody vouches for it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Envelope {
    payload_type: String,
    payload: Vec<u8>,
    signatures: Vec<Vec<u8>>,
}

/// Why an envelope cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The payload is not in base64.
    #[error("its payload is not in base64")]
    Payload,
    /// A signature is not in base64, or is longer than any.
    #[error("a signature of it is not in base64, or longer than {SIGNATURE_TEXT} characters")]
    Signature,
    /// There are too many signatures.
    #[error("it has more than {SIGNATURES} signatures")]
    Many,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    payload_type: String,
    payload: String,
    signatures: Vec<StoredSignature>,
}

#[derive(Deserialize)]
struct StoredSignature {
    sig: String,
}

impl TryFrom<Stored> for Envelope {
    type Error = EnvelopeError;

    fn try_from(stored: Stored) -> Result<Self, EnvelopeError> {
        if stored.signatures.len() > SIGNATURES {
            return Err(EnvelopeError::Many);
        }
        let payload = decoded(&stored.payload).ok_or(EnvelopeError::Payload)?;
        let signature = |stored: StoredSignature| {
            let sig = Some(stored.sig).filter(|sig| sig.len() <= SIGNATURE_TEXT);
            sig.and_then(|sig| decoded(&sig)).ok_or(EnvelopeError::Signature)
        };
        let signatures = stored.signatures.into_iter().map(signature).collect::<Result<_, _>>()?;
        Ok(Self { payload_type: stored.payload_type, payload, signatures })
    }
}

impl Envelope {
    /// The type of what is signed, such as `application/vnd.in-toto+json`.
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// What is signed.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Whether anybody has signed it at all.
    pub const fn is_signed(&self) -> bool {
        !self.signatures.is_empty()
    }

    /// The first of these keys that has signed type and payload; none where none has. What the envelope itself
    /// calls its keys does not count.
    pub fn verified<'k>(&self, keys: &'k TrustedKeys) -> Option<&'k TrustedKey> {
        let message = pre_authentication_encoding(&self.payload_type, &self.payload);
        let signed = |key: &&TrustedKey| self.signatures.iter().any(|sig| key.has_signed(&message, sig));
        keys.iter().find(signed)
    }
}

/// What is signed of a type and a payload
/// ([definition](https://github.com/secure-systems-lab/dsse/blob/master/protocol.md#signature-definition)).
fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the
    /// [protocol](https://github.com/secure-systems-lab/dsse/blob/master/protocol.md#test-vectors).
    const EXAMPLE: &str = r#"{"payload": "aGVsbG8gd29ybGQ=",
        "payloadType": "http://example.com/HelloWorld",
        "signatures": [{"sig":
            "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}]}"#;

    #[test]
    fn what_is_signed_is_the_encoding_of_type_and_payload() {
        let expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(pre_authentication_encoding("http://example.com/HelloWorld", b"hello world"), expected);
    }

    #[test]
    fn an_envelope_is_opened_in_either_base64_and_vouched_for_by_nobody() {
        let envelope: Envelope = serde_json::from_str(EXAMPLE).unwrap();
        assert_eq!(
            (envelope.payload_type(), envelope.payload(), envelope.is_signed()),
            ("http://example.com/HelloWorld", &b"hello world"[..], true)
        );
        assert!(envelope.verified(&TrustedKeys::default()).is_none());
        let other = EXAMPLE
            .replace("A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88", "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F-FnZ-O88");
        let other = other.replace("ZA==", "ZA");
        assert_eq!(serde_json::from_str::<Envelope>(&other).unwrap(), envelope);
    }

    #[test]
    fn what_is_no_envelope_is_told() {
        let check = |text: String, expected: &str| {
            let why = serde_json::from_str::<Envelope>(&text).unwrap_err().to_string();
            assert!(why.contains(expected), "{why}");
        };
        check(EXAMPLE.replace("aGVsbG8gd29ybGQ=", "%"), "payload");
        check(EXAMPLE.replace("A3Jq", "%"), "a signature of it is not in base64");
        check(EXAMPLE.replace("A3Jq", &"A".repeat(SIGNATURE_TEXT)), "longer than 2048 characters");
        let many = vec![r#"{"sig": ""}"#; SIGNATURES + 1].join(",");
        check(
            format!(r#"{{"payload": "", "payloadType": "", "signatures": [{many}]}}"#),
            "more than 16 signatures",
        );
        check("{}".to_owned(), "missing field");
    }
}
