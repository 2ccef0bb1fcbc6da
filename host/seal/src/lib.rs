//! Secrets at rest: encrypted under keys that the operator supplies.
//!
//! What is sealed can be read with the key only, cannot be changed unnoticed, and cannot be moved: it is bound to the
//! place where it is kept. The cipher is ChaCha20-Poly1305 ([RFC 8439](https://www.rfc-editor.org/rfc/rfc8439)), with
//! a random nonce; so many secrets that two of them might get the same (2^32 under one key) no service has.
//!
//! ```
//! let keys: limpid_seal::Keys = format!("{}=\n", "A".repeat(43)).parse()?;
//! let sealed = keys.seal("subscriptions/shop", b"secret")?.ok_or("there is no key")?;
//! assert_eq!(keys.open("subscriptions/shop", &sealed)?, b"secret");
//! assert!(keys.open("subscriptions/other", &sealed).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};

/// With and without the padding that some tools leave out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Length of a key, in bytes.
const KEY_BYTES: usize = 32;

/// Most keys of a file.
pub const KEYS: usize = 16;

/// Longest file of keys, in bytes.
pub const FILE_BYTES: usize = 64 << 10;

/// What stands before a key where its name is made.
const NAMED: &[u8] = b"limpid: the name of a key\0";

/// Why keys cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// A line is no key.
    #[error("line {line} is no key: a key is 32 bytes in base64, as `openssl rand -base64 32` writes it")]
    NotAKey {
        /// Which line, from 1 on.
        line: usize,
    },
    /// The same key stands there twice.
    #[error("line {line} repeats a key")]
    Twice {
        /// Which line, from 1 on.
        line: usize,
    },
    /// There is none.
    #[error("there is no key in it: `openssl rand -base64 32` writes one")]
    Empty,
    /// There are more than there may be.
    #[error("there are more than {KEYS} keys in it")]
    Many,
    /// The file is longer than one of keys.
    #[error("it is longer than {FILE_BYTES} bytes")]
    Long,
}

/// Why something cannot be sealed, or what is sealed cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key is not there.
    #[error("it is encrypted under key `{0}`, which is not there")]
    NoKey(String),
    /// It was changed, or belongs elsewhere, or another key has the same name.
    #[error("it was changed, or belongs elsewhere: key `{0}` does not open it")]
    Forged(String),
    /// The system has no random bytes to give.
    #[error("the system has no random bytes to give")]
    NoRandom,
}

/// Something that only the key opens.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The name of the key, which tells nothing of it.
    pub key: String,
    /// The nonce, what is encrypted, and its tag.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({})", self.key)
    }
}

/// Keys, the newest first: it seals, and all open. Parsed from a file with one on each line, in base64; lines that are
/// empty or begin with `#` are none.
#[derive(Default)]
pub struct Keys(Vec<Key>);

struct Key {
    name: String,
    cipher: LessSafeKey,
}

impl Keys {
    /// Whether there is none: nothing is sealed then.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of the key that seals.
    pub fn newest(&self) -> Option<&str> {
        self.0.first().map(|key| key.name.as_str())
    }

    /// The names of all keys.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.name.as_str())
    }

    /// Seals something that is kept at a place; none where there is no key.
    ///
    /// # Errors
    /// [`SealError::NoRandom`].
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Option<Sealed>, SealError> {
        let Some(key) = self.0.first() else { return Ok(None) };
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| SealError::NoRandom)?;
        let mut text = plain.to_vec();
        let sealed = key.cipher.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place.as_bytes()),
            &mut text,
        );
        // Only what is longer than memory is too long.
        sealed.map_err(|_| SealError::NoRandom)?;
        let bytes = [nonce.as_slice(), &text].concat();
        Ok(Some(Sealed { key: key.name.clone(), bytes }))
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// [`SealError::NoKey`], [`SealError::Forged`].
    pub fn open(&self, place: &str, sealed: &Sealed) -> Result<Vec<u8>, SealError> {
        let key = self.0.iter().find(|key| key.name == sealed.key);
        let key = key.ok_or_else(|| SealError::NoKey(sealed.key.clone()))?;
        let forged = || SealError::Forged(sealed.key.clone());
        let (nonce, text) = sealed.bytes.split_first_chunk::<NONCE_LEN>().ok_or_else(forged)?;
        let mut text = text.to_vec();
        let aad = Aad::from(place.as_bytes());
        let plain = key.cipher.open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut text);
        plain.map(|plain| plain.to_vec()).map_err(|_| forged())
    }
}

impl FromStr for Keys {
    type Err = KeysError;

    fn from_str(text: &str) -> Result<Self, KeysError> {
        if text.len() > FILE_BYTES {
            return Err(KeysError::Long);
        }
        let mut keys: Vec<Key> = Vec::new();
        for (place, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let line_number = place + 1;
            let key = Key::parse(line).ok_or(KeysError::NotAKey { line: line_number })?;
            if keys.iter().any(|known| known.name == key.name) {
                return Err(KeysError::Twice { line: line_number });
            }
            if keys.len() == KEYS {
                return Err(KeysError::Many);
            }
            keys.push(key);
        }
        if keys.is_empty() { Err(KeysError::Empty) } else { Ok(Self(keys)) }
    }
}

impl Key {
    fn parse(line: &str) -> Option<Self> {
        let bytes = BASE64.decode(line).ok().filter(|bytes| bytes.len() == KEY_BYTES)?;
        let cipher = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &bytes).ok()?);
        let name = digest(&SHA256, &[NAMED, &bytes].concat());
        let name = hex::encode(name.as_ref().get(..4)?);
        Some(Self { name, cipher })
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(byte: u8) -> String {
        BASE64.encode([byte; KEY_BYTES])
    }

    fn keys(lines: &[String]) -> Keys {
        lines.join("\n").parse().unwrap()
    }

    #[test]
    fn the_first_key_seals_and_all_open() {
        let old = keys(&[key(1)]);
        let both = keys(&["# the new one".to_owned(), key(2), String::new(), key(1)]);
        let sealed = old.seal("a", b"secret").unwrap().unwrap();
        assert_eq!(both.open("a", &sealed).unwrap(), b"secret");
        let again = both.seal("a", b"secret").unwrap().unwrap();
        assert_eq!(Some(again.key.as_str()), both.newest());
        assert_ne!(again.key, sealed.key);
        assert_eq!(old.open("a", &again), Err(SealError::NoKey(again.key.clone())));
    }

    #[test]
    fn without_a_key_nothing_is_sealed() {
        assert_eq!(Keys::default().seal("a", b"secret").unwrap(), None);
    }

    #[test]
    fn what_is_no_key_is_refused_by_its_line() {
        let check = |text: &str, expected| {
            assert_eq!(text.parse::<Keys>().err(), Some(expected), "{text}");
        };
        check("", KeysError::Empty);
        check("# no key\n", KeysError::Empty);
        check("secret", KeysError::NotAKey { line: 1 });
        check(&format!("{}\n{}", key(1), BASE64.encode([1; 16])), KeysError::NotAKey { line: 2 });
        check(&format!("{}\n{}", key(1), key(1)), KeysError::Twice { line: 2 });
        check(&(0..17).map(|byte| key(byte) + "\n").collect::<String>(), KeysError::Many);
        check(&"#".repeat(FILE_BYTES + 1), KeysError::Long);
    }

    #[test]
    fn nothing_shows_a_key() {
        let keys = keys(&[key(1)]);
        let sealed = keys.seal("a", b"secret").unwrap().unwrap();
        let shown = format!("{keys:?} {sealed:?}");
        assert!(!shown.contains(&key(1)) && !shown.contains("secret") && shown.len() < 64, "{shown}");
    }

    /// Encrypted by another implementation of the cipher. Every later version reads it.
    #[test]
    fn what_was_ever_sealed_is_opened() {
        let sealed = Sealed {
            key: "33bc3d21".to_owned(),
            bytes: hex::decode("000102030405060708090a0b5f149c5300feded03b4ff4ee5e86151c09abb0f85306")
                .unwrap(),
        };
        assert_eq!(keys(&[key(7)]).open("place", &sealed).unwrap(), b"sample");
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_only_unchanged_and_at_its_place(
            plain in prop::collection::vec(any::<u8>(), 0..100), at in any::<prop::sample::Index>(), bit in 0..8_u32
        ) {
            let keys = keys(&[key(3)]);
            let sealed = keys.seal("here", &plain).unwrap().unwrap();
            prop_assert_eq!(keys.open("here", &sealed).unwrap(), plain);
            prop_assert!(keys.open("there", &sealed).is_err());
            let mut changed = sealed.clone();
            let at = at.index(changed.bytes.len());
            changed.bytes[at] ^= 1 << bit;
            prop_assert!(keys.open("here", &changed).is_err());
            changed.bytes.truncate(at);
            prop_assert!(keys.open("here", &changed).is_err());
        }
    }
}
