use crate::{Digest, Text};

/// A version as bytes: two keys of one [`SchemeRevision`] compare as the versions do. Keys of two
/// revisions have nothing to say to each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

impl Key {
    /// The key that a scheme computed.
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Its bytes, which are its order.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Which scheme, and which build of it, computed a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemeRevision {
    /// The scheme's own name.
    pub name: String,
    /// Digest of the component that computed the keys.
    pub component: Digest,
}

/// A version and its key, or why it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedVersion {
    /// As its publisher writes it.
    pub version: Text,
    /// Its key, or why it cannot be ordered.
    pub key: Result<Key, String>,
}
