use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// The SHA-256 of some bytes, written `sha256:<64 hex digits>` as in the OCI image specification
/// ([descriptor digests](https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests)).
///
/// Whoever holds one for a layer or an image may rely on it: only what was read whole and hashed
/// is keyed by a `Digest`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

/// Why a text is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// An algorithm other than `sha256`.
    #[error("digest algorithm `{0}` is not supported, only `sha256` is")]
    Algorithm(String),
    /// Not `sha256:` and 64 lower-case hex digits.
    #[error("`{0}` is not a digest of the form `sha256:<64 lower-case hex digits>`")]
    Form(String),
}

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// A digest from its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 hex digits without the algorithm.
    pub fn hex(&self) -> String {
        self.digits(|digits| digits.to_owned())
    }

    fn digits<T>(&self, use_them: impl FnOnce(&str) -> T) -> T {
        let mut digits = [0; 64];
        // There is room for just so many.
        _ = hex::encode_to_slice(self.0, &mut digits);
        use_them(str::from_utf8(&digits).unwrap_or_default())
    }

    /// The first 12 hex digits, for people.
    pub fn short(&self) -> String {
        let mut text = self.hex();
        text.truncate(12);
        text
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.digits(|digits| {
            f.write_str("sha256:")?;
            f.write_str(digits)
        })
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let form = || DigestError::Form(text.chars().take(100).collect());
        let (algorithm, digits) = text.split_once(':').ok_or_else(form)?;
        if algorithm != "sha256" {
            return Err(DigestError::Algorithm(algorithm.chars().take(32).collect()));
        }
        if digits.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(form());
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| form())?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// Hashes what streams by.
#[derive(Clone, Default)]
pub struct Hasher(sha2::Sha256);

impl Hasher {
    /// Ingests the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all that was ingested.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_no_digest_is_refused_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let error = text.parse::<Digest>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        };
        check("", "is not a digest");
        check("sha512:abcd", "algorithm `sha512`");
        check("sha256:abcd", "is not a digest");
        check(&format!("sha256:{}", "A".repeat(64)), "is not a digest");
        check(&format!("sha256:{}", "a".repeat(65)), "is not a digest");
    }

    #[test]
    fn hashing_in_pieces_is_hashing_at_once() {
        let mut hasher = Hasher::default();
        hasher.update(b"lim");
        hasher.update(b"pid");
        assert_eq!(hasher.finish(), Digest::of(b"limpid"));
    }
}
