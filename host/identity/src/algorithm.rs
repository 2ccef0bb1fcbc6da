//! By what tokens are signed ([RFC 7518](https://www.rfc-editor.org/rfc/rfc7518#section-3.1)).

use std::fmt;
use std::str::FromStr;

use ring::{hmac, signature};

/// An algorithm by which a token may be signed. There is none for tokens that are not (`none`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// The same with SHA-384.
    Rs384,
    /// The same with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// The same with SHA-384.
    Ps384,
    /// The same with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
    /// HMAC with SHA-256: by a key that both sides have.
    Hs256,
    /// The same with SHA-384.
    Hs384,
    /// The same with SHA-512.
    Hs512,
}

/// What kind of key an algorithm needs. A key of one kind is never used as one of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
    Shared,
}

impl Algorithm {
    /// All of them.
    const ALL: [Self; 12] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
    ];

    /// How tokens name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => Kind::Rsa,
            Self::Es256 => Kind::P256,
            Self::Es384 => Kind::P384,
            Self::EdDsa => Kind::Ed25519,
            Self::Hs256 | Self::Hs384 | Self::Hs512 => Kind::Shared,
        }
    }

    /// Whether only an issuer has what signs by it, and others have what checks it.
    pub(crate) fn is_public(self) -> bool {
        self.kind() != Kind::Shared
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text);
        found.ok_or_else(|| format!("`{}` is no algorithm that is known here", crate::shown(text)))
    }
}

/// What checks signatures.
pub(crate) enum Key {
    /// Modulus and exponent.
    Rsa(signature::RsaPublicKeyComponents<Vec<u8>>),
    /// A point of P-256, as an octet string.
    P256(Vec<u8>),
    /// One of P-384.
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
    Shared(Vec<u8>),
}

impl Key {
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Rsa(_) => Kind::Rsa,
            Self::P256(_) => Kind::P256,
            Self::P384(_) => Kind::P384,
            Self::Ed25519(_) => Kind::Ed25519,
            Self::Shared(_) => Kind::Shared,
        }
    }

    /// Whether whoever has the key has signed a message. Never by an algorithm of another kind of key.
    pub(crate) fn has_signed(&self, algorithm: Algorithm, message: &[u8], signed: &[u8]) -> bool {
        let point = |by: &'static dyn signature::VerificationAlgorithm, key: &[u8]| {
            signature::UnparsedPublicKey::new(by, key).verify(message, signed)
        };
        let shared =
            |by: hmac::Algorithm, key: &[u8]| hmac::verify(&hmac::Key::new(by, key), message, signed);
        let verified = match (self, algorithm) {
            (Self::Rsa(key), Algorithm::Rs256) => {
                key.verify(&signature::RSA_PKCS1_2048_8192_SHA256, message, signed)
            }
            (Self::Rsa(key), Algorithm::Rs384) => {
                key.verify(&signature::RSA_PKCS1_2048_8192_SHA384, message, signed)
            }
            (Self::Rsa(key), Algorithm::Rs512) => {
                key.verify(&signature::RSA_PKCS1_2048_8192_SHA512, message, signed)
            }
            (Self::Rsa(key), Algorithm::Ps256) => {
                key.verify(&signature::RSA_PSS_2048_8192_SHA256, message, signed)
            }
            (Self::Rsa(key), Algorithm::Ps384) => {
                key.verify(&signature::RSA_PSS_2048_8192_SHA384, message, signed)
            }
            (Self::Rsa(key), Algorithm::Ps512) => {
                key.verify(&signature::RSA_PSS_2048_8192_SHA512, message, signed)
            }
            (Self::P256(key), Algorithm::Es256) => point(&signature::ECDSA_P256_SHA256_FIXED, key),
            (Self::P384(key), Algorithm::Es384) => point(&signature::ECDSA_P384_SHA384_FIXED, key),
            (Self::Ed25519(key), Algorithm::EdDsa) => point(&signature::ED25519, key),
            (Self::Shared(key), Algorithm::Hs256) => shared(hmac::HMAC_SHA256, key),
            (Self::Shared(key), Algorithm::Hs384) => shared(hmac::HMAC_SHA384, key),
            (Self::Shared(key), Algorithm::Hs512) => shared(hmac::HMAC_SHA512, key),
            _ => Err(ring::error::Unspecified),
        };
        verified.is_ok()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("kind", &self.kind()).finish_non_exhaustive()
    }
}
