//! Stored forms that several tables share.

use std::fmt;
use std::marker::PhantomData;

use limpid_model::{Digest, InputError, Key, KeyedVersion, PluginId, Rating, Text};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_bytes::ByteBuf;

/// The 32 bytes of a digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DigestBytes([u8; 32]);

impl From<Digest> for DigestBytes {
    fn from(digest: Digest) -> Self {
        Self(*digest.as_bytes())
    }
}

impl From<DigestBytes> for Digest {
    fn from(stored: DigestBytes) -> Self {
        Self::from_bytes(stored.0)
    }
}

/// Which plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plugin {
    name: String,
    version: String,
    digest: DigestBytes,
}

impl From<PluginId> for Plugin {
    fn from(id: PluginId) -> Self {
        Self { name: id.name, version: id.version, digest: id.digest.into() }
    }
}

impl From<Plugin> for PluginId {
    fn from(stored: Plugin) -> Self {
        Self { name: stored.name, version: stored.version, digest: stored.digest.into() }
    }
}

/// A version and its key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Version {
    version: Text,
    key: Result<ByteBuf, String>,
}

impl From<KeyedVersion> for Version {
    fn from(keyed: KeyedVersion) -> Self {
        Self { version: keyed.version, key: keyed.key.map(|key| ByteBuf::from(key.into_bytes())) }
    }
}

impl From<Version> for KeyedVersion {
    fn from(stored: Version) -> Self {
        Self { version: stored.version, key: stored.key.map(|key| Key::new(key.into_vec())) }
    }
}

/// Who rates it how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredRating {
    system: String,
    value: String,
    score: Option<f32>,
}

impl From<Rating> for StoredRating {
    fn from(rating: Rating) -> Self {
        Self { system: rating.system, value: rating.value, score: rating.score }
    }
}

impl From<StoredRating> for Rating {
    fn from(stored: StoredRating) -> Self {
        Self { system: stored.system, value: stored.value, score: stored.score }
    }
}

/// Why an input could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unusable {
    /// Not what was expected, or damaged.
    Malformed(String),
    /// Known, but not read.
    Unsupported(String),
    /// Any other reason.
    Other(String),
}

impl From<InputError> for Unusable {
    fn from(error: InputError) -> Self {
        match error {
            InputError::Malformed(why) => Self::Malformed(why),
            InputError::Unsupported(why) => Self::Unsupported(why),
            InputError::Other(why) => Self::Other(why),
        }
    }
}

impl From<Unusable> for InputError {
    fn from(stored: Unusable) -> Self {
        match stored {
            Unusable::Malformed(why) => Self::Malformed(why),
            Unusable::Unsupported(why) => Self::Unsupported(why),
            Unusable::Other(why) => Self::Other(why),
        }
    }
}

/// A list over which somebody passes who needs what comes after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed<T>(PhantomData<fn() -> T>);

impl<T> Default for Passed<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Passed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Self(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Passed<T> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<T>()?.is_some() {}
        Ok(self)
    }
}

/// A text over which somebody passes who needs what comes after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PassedText;

impl<'de> Deserialize<'de> for PassedText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Self)
    }
}

impl Visitor<'_> for PassedText {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }
}

/// Converts every element.
pub(crate) fn each<A, B: From<A>>(from: Vec<A>) -> Vec<B> {
    from.into_iter().map(B::from).collect()
}
