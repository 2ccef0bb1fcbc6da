//! Who vouches for something: [ed25519](https://www.rfc-editor.org/rfc/rfc8032) keys and signatures, as
//! operators write them in settings and files, and envelopes that other tools sign.
//!
//! A public key is `ed25519:` and 32 bytes in hex or base64; a signature is 64 bytes in hex or base64; a
//! private key is a file in PEM, as `openssl genpkey -algorithm ed25519` writes it. [`TrustedKeys`] are public
//! keys in PEM, by which [`Envelope`]s are verified, and [`TrustedIdentities`] those who sign with certificates of
//! Sigstore. This crate knows nothing of what is signed.

mod envelope;
mod identities;
mod trusted;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ed25519_compact::{KeyPair, PublicKey, Signature};

pub use envelope::{Envelope, EnvelopeError};
pub use identities::{Beside, IdentitiesError, Identity, TrustedIdentities, Unverified};
pub use trusted::{TrustedKey, TrustedKeys, TrustedKeysError};

/// With and without the padding that some tools leave out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What stands before a public key.
const ALGORITHM: &str = "ed25519:";

/// Longest signature that is looked at, in bytes of text.
pub const SIGNATURE_BYTES: usize = 256;

/// Why a key is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It does not begin with its algorithm.
    #[error("a key is written `ed25519:<hex or base64>`")]
    OtherForm,
    /// It does not have the length of one.
    #[error("a key is 32 bytes in hex or base64")]
    Length,
    /// By such a key anything might be signed.
    #[error("these bytes are no key, or one that proves nothing")]
    Weak,
    /// The file holds something else.
    #[error("this is no private key of ed25519 in PEM, as `openssl genpkey -algorithm ed25519` writes it")]
    NotPrivate,
}

/// Why nobody vouches for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// The text is no signature.
    #[error("its signature is not 64 bytes in hex or base64")]
    Unreadable,
    /// It is that of somebody else, or of something else.
    #[error("no key there signed it")]
    Unknown,
}

/// The keys of those who may vouch.
#[derive(Clone, Debug, Default)]
pub struct PublicKeys(Vec<PublicKey>);

impl PublicKeys {
    /// Reads keys as they stand in settings.
    ///
    /// # Errors
    /// The first that is none, and why.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, (String, KeyError)> {
        let mut keys = Self::default();
        for entry in entries {
            keys.add(entry).map_err(|why| (entry.chars().take(100).collect(), why))?;
        }
        Ok(keys)
    }

    /// Adds a key as it stands in settings.
    ///
    /// # Errors
    /// It is none.
    pub fn add(&mut self, entry: &str) -> Result<(), KeyError> {
        let key = entry.strip_prefix(ALGORITHM).ok_or(KeyError::OtherForm)?;
        let key = PublicKey::new(decode::<32>(key).ok_or(KeyError::Length)?);
        key.validate().map_err(|_| KeyError::Weak)?;
        self.0.push(key);
        Ok(())
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks that one of these keys signed a message.
    ///
    /// # Errors
    /// None did.
    pub fn verify(&self, message: &[u8], signature: &str) -> Result<(), Unsigned> {
        let signature = decode::<64>(signature.trim()).ok_or(Unsigned::Unreadable)?;
        let signature = Signature::new(signature);
        let signed = self.0.iter().any(|key| key.verify(message, &signature).is_ok());
        if signed { Ok(()) } else { Err(Unsigned::Unknown) }
    }
}

/// Whether an entry of settings is meant to be a key.
pub fn is_key(entry: &str) -> bool {
    entry.starts_with(ALGORITHM)
}

/// A key by which somebody vouches.
pub struct PrivateKey(KeyPair);

impl PrivateKey {
    /// Reads a file in PEM.
    ///
    /// # Errors
    /// It holds no such key.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        KeyPair::from_pem(pem).map(Self).map_err(|_| KeyError::NotPrivate)
    }

    /// Signs a message; in base64.
    pub fn sign(&self, message: &[u8]) -> String {
        BASE64.encode(*self.0.sk.sign(message, None))
    }

    /// The public key, as it is written in settings.
    pub fn public(&self) -> String {
        format!("{ALGORITHM}{}", BASE64.encode(*self.0.pk))
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey")
    }
}

/// Bytes from hex or base64; none where there are not exactly so many.
fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() > SIGNATURE_BYTES {
        return None;
    }
    let bytes = if text.len() == N * 2 { hex::decode(text).ok() } else { BASE64.decode(text).ok() };
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `openssl genpkey -algorithm ed25519` writes it; the seed is that of
    /// [RFC 8032, section 7.1, test 2](https://www.rfc-editor.org/rfc/rfc8032#section-7.1).
    fn pem() -> String {
        let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
        let der = format!("302e020100300506032b657004220420{seed}");
        let body = BASE64.encode(hex::decode(der).unwrap());
        format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
    }

    const PUBLIC: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    const SIGNATURE: &str = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

    #[test]
    fn the_published_vector_holds() {
        let key = format!("ed25519:{PUBLIC}");
        let keys = PublicKeys::parse([key.as_str()]).unwrap();
        assert_eq!(keys.verify(&[0x72], SIGNATURE), Ok(()));
        assert_eq!(keys.verify(&[0x73], SIGNATURE), Err(Unsigned::Unknown));
        assert_eq!(PublicKeys::default().verify(&[0x72], SIGNATURE), Err(Unsigned::Unknown));
    }

    #[test]
    fn what_a_private_key_signs_its_public_key_verifies() {
        let key = PrivateKey::from_pem(&pem()).unwrap();
        let signature = key.sign(&[0x72]);
        assert_eq!(BASE64.decode(&signature).unwrap(), hex::decode(SIGNATURE).unwrap());
        let keys = PublicKeys::parse([key.public().as_str()]).unwrap();
        assert_eq!(keys.verify(&[0x72], &format!("{signature}\n")), Ok(()));
        assert_eq!(keys.verify(&[0x72], signature.trim_end_matches('=')), Ok(()));
        assert_eq!(keys.verify(&[0x72], "c2lnbmF0dXJl"), Err(Unsigned::Unreadable));
        assert_eq!(keys.verify(&[0x72], &"a".repeat(1 << 20)), Err(Unsigned::Unreadable));
        assert_eq!(format!("{key:?}"), "PrivateKey");
    }

    #[test]
    fn what_is_no_key_is_named() {
        let why = |entry: &str| PublicKeys::parse([entry]).unwrap_err().1;
        assert_eq!(why(PUBLIC), KeyError::OtherForm);
        assert_eq!(why("ed25519:zz"), KeyError::Length);
        assert_eq!(why(&format!("ed25519:02{}", "00".repeat(31))), KeyError::Weak);
        assert_eq!(why(&format!("ed25519:01{}", "00".repeat(31))), KeyError::Weak);
        assert_eq!(PrivateKey::from_pem("").unwrap_err(), KeyError::NotPrivate);
        let rsa = pem().replace("MC4", "MIIE");
        assert_eq!(PrivateKey::from_pem(&rsa).unwrap_err(), KeyError::NotPrivate);
    }
}
