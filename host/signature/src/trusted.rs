//! Public keys in PEM, as `openssl pkey -pubout` and `cosign public-key` write them.

use base64::Engine as _;
use ring::digest::{SHA256, digest};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};

use crate::BASE64;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// Longest key, in bytes of text: that of RSA with 8,192 bits has 1,500.
const KEY_TEXT: usize = 4_096;

/// Most keys: each signature is held against each.
const KEYS: usize = 64;

// Algorithms as a `SubjectPublicKeyInfo` names them, in DER without the sequence around it: RFC 5480, RFC 8410 and
// RFC 8017.
const P256: &[u8] = &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384: &[u8] = &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x22];
const ED25519: &[u8] = &[6, 3, 0x2b, 0x65, 0x70];
const RSA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 3;

/// Why a file of keys is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustedKeysError {
    /// It has no public key.
    #[error("it has no public key in PEM (`{BEGIN}`)")]
    None,
    /// What stands there cannot be read.
    #[error("a public key of it is damaged")]
    Damaged,
    /// By such a key anything might be signed.
    #[error("a public key of it proves nothing")]
    Weak,
    /// The key is of a kind that is not verified.
    #[error("a public key of it is neither ECDSA (P-256, P-384), nor Ed25519, nor RSA")]
    Unsupported,
    /// There are too many.
    #[error("there are more than {KEYS} keys")]
    Many,
}

/// The keys of those whose signatures count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedKeys(Vec<TrustedKey>);

/// A public key, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    name: String,
    fingerprint: String,
    kind: Kind,
    /// As `ring` takes it, or for Ed25519 its 32 bytes.
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    P256,
    P384,
    Ed25519,
    Rsa,
}

impl TrustedKeys {
    /// Adds all keys of a text in PEM; `name` is what they are called where they are told of.
    ///
    /// # Errors
    /// The first key that cannot be used, or that there is none.
    pub fn add(&mut self, name: &str, pem: &str) -> Result<(), TrustedKeysError> {
        let mut rest = pem;
        let mut count = 0;
        while let Some((_, begun)) = rest.split_once(BEGIN) {
            let (text, after) = begun.split_once(END).ok_or(TrustedKeysError::Damaged)?;
            if self.0.len() >= KEYS {
                return Err(TrustedKeysError::Many);
            }
            self.0.push(TrustedKey::read(name, text)?);
            count += 1;
            rest = after;
        }
        if count == 0 { Err(TrustedKeysError::None) } else { Ok(()) }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &TrustedKey> {
        self.0.iter()
    }

    /// The key of a fingerprint.
    pub fn find(&self, fingerprint: &str) -> Option<&TrustedKey> {
        self.iter().find(|key| key.fingerprint == fingerprint)
    }
}

impl TrustedKey {
    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which key it is, whatever it is called: `sha256:` and the digest of its `SubjectPublicKeyInfo` in hex.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn read(name: &str, text: &str) -> Result<Self, TrustedKeysError> {
        let damaged = TrustedKeysError::Damaged;
        if text.len() > KEY_TEXT {
            return Err(damaged);
        }
        let text: String = text.split_ascii_whitespace().collect();
        let der = BASE64.decode(text).map_err(|_| TrustedKeysError::Damaged)?;
        let (algorithm, bytes) = subject_public_key_info(&der).ok_or(TrustedKeysError::Damaged)?;
        let (kind, is_whole) = match algorithm {
            P256 => (Kind::P256, is_point(bytes, 32)),
            P384 => (Kind::P384, is_point(bytes, 48)),
            ED25519 => (Kind::Ed25519, bytes.len() == 32),
            RSA => (Kind::Rsa, true),
            _ => return Err(TrustedKeysError::Unsupported),
        };
        if !is_whole {
            return Err(damaged);
        }
        if kind == Kind::Ed25519 {
            let key = ed25519_compact::PublicKey::from_slice(bytes).map_err(|_| TrustedKeysError::Damaged)?;
            key.validate().map_err(|_| TrustedKeysError::Weak)?;
        }
        let fingerprint = format!("sha256:{}", hex::encode(digest(&SHA256, &der)));
        Ok(Self { name: name.to_owned(), fingerprint, kind, bytes: bytes.to_vec() })
    }

    /// Whether it has signed a message.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let holds = |algorithm: &'static dyn VerificationAlgorithm| {
            UnparsedPublicKey::new(algorithm, &self.bytes).verify(message, signature).is_ok()
        };
        match self.kind {
            // Tools differ in how they write the two numbers, and in the digest that they take with P-384.
            Kind::P256 => holds(&ECDSA_P256_SHA256_ASN1) || holds(&ECDSA_P256_SHA256_FIXED),
            Kind::P384 => {
                holds(&ECDSA_P384_SHA384_ASN1)
                    || holds(&ECDSA_P384_SHA384_FIXED)
                    || holds(&ECDSA_P384_SHA256_ASN1)
            }
            Kind::Rsa => holds(&RSA_PKCS1_2048_8192_SHA256),
            Kind::Ed25519 => {
                let key = ed25519_compact::PublicKey::from_slice(&self.bytes);
                let signature = ed25519_compact::Signature::from_slice(signature);
                key.is_ok_and(|key| signature.is_ok_and(|signature| key.verify(message, &signature).is_ok()))
            }
        }
    }
}

/// Whether these are the bytes of an uncompressed point, of two coordinates of so many bytes.
fn is_point(bytes: &[u8], coordinate: usize) -> bool {
    bytes.len() == 1 + 2 * coordinate && bytes.first() == Some(&4)
}

/// Algorithm and key of a `SubjectPublicKeyInfo`
/// ([RFC 5280, section 4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1)).
fn subject_public_key_info(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (info, after) = element(SEQUENCE, der)?;
    let (algorithm, rest) = element(SEQUENCE, info)?;
    let (bits, rest) = element(BIT_STRING, rest)?;
    // The first byte says how many of the last bits do not count.
    let (0, key) = bits.split_first()? else { return None };
    (after.is_empty() && rest.is_empty()).then_some((algorithm, key))
}

/// The content of an element of DER, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x82 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)), rest)
        }
        // No key is as long as that.
        _ => return None,
    };
    (found == tag).then(|| rest.split_at_checked(length))?
}

#[cfg(test)]
mod tests;
