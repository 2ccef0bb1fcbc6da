//! Stored forms that several tables share.

use std::fmt;
use std::marker::PhantomData;

use limpid_model::{Blame, Digest, FailureKind, InputError, Key, KeyedVersion, PluginId, Rating, Text};
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

/// How a call of a plugin failed. In this order for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HowFailed {
    /// Longer than it may.
    Time,
    /// More memory than it may.
    Memory,
    /// Larger tables than it may.
    Tables,
    /// More output than it may.
    Output,
    /// It stopped itself.
    Trap,
    /// Not as the contract has it.
    Contract,
    /// The input cannot be used.
    Refused,
    /// The host could not.
    Host,
    /// It was not called.
    Quarantined,
}

impl From<FailureKind> for HowFailed {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Time => Self::Time,
            FailureKind::Memory => Self::Memory,
            FailureKind::Tables => Self::Tables,
            FailureKind::Output => Self::Output,
            FailureKind::Trap => Self::Trap,
            FailureKind::Contract => Self::Contract,
            FailureKind::Refused => Self::Refused,
            FailureKind::Host => Self::Host,
            FailureKind::Quarantined => Self::Quarantined,
        }
    }
}

impl From<HowFailed> for FailureKind {
    fn from(stored: HowFailed) -> Self {
        match stored {
            HowFailed::Time => Self::Time,
            HowFailed::Memory => Self::Memory,
            HowFailed::Tables => Self::Tables,
            HowFailed::Output => Self::Output,
            HowFailed::Trap => Self::Trap,
            HowFailed::Contract => Self::Contract,
            HowFailed::Refused => Self::Refused,
            HowFailed::Host => Self::Host,
            HowFailed::Quarantined => Self::Quarantined,
        }
    }
}

/// Who is to blame for that. In this order for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Party {
    /// The plugin.
    Plugin,
    /// What it was given.
    Input,
    /// The host.
    Host,
}

impl From<Blame> for Party {
    fn from(blame: Blame) -> Self {
        match blame {
            Blame::Plugin => Self::Plugin,
            Blame::Input => Self::Input,
            Blame::Host => Self::Host,
        }
    }
}

impl From<Party> for Blame {
    fn from(stored: Party) -> Self {
        match stored {
            Party::Plugin => Self::Plugin,
            Party::Input => Self::Input,
            Party::Host => Self::Host,
        }
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
