//! Bundles: what feeds are read from, to be carried to a service that reaches no publisher.
//!
//! A bundle is a tar compressed with zstd: `manifest.json`, which says of each feed and each of its
//! sources which documents it is read from and as of when; where somebody vouches for it,
//! `manifest.sig`, an ed25519 signature over the bytes of the manifest; then the documents as their
//! publishers served them, `documents/<sha256 in hex>`, each once. Whoever takes it in has its own
//! plugins read them. Nothing of it is taken in before all of it was held against the manifest.

mod manifest;
mod read;
mod sign;
mod take;
#[cfg(test)]
mod tests;
mod write;

use limpid_signature::{KeyError, PublicKeys};
use serde::{Deserialize, Serialize};

pub use sign::sign;
pub use take::ImportedFeed;
pub use write::{Exported, ExportedFeed};

/// The member that says what is in a bundle.
const MANIFEST: &str = "manifest.json";
/// The member that says who vouches for it.
const SIGNATURE: &str = "manifest.sig";
/// The folder of the documents.
const DOCUMENTS: &str = "documents/";

/// Which bundles are taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BundleSettings {
    /// Public keys (`ed25519:<hex or base64>`) of those who may vouch for bundles
    /// (`bundles.trusted_keys`). Where there are any, a bundle that none of them signed is refused.
    pub trusted_keys: Vec<String>,
    /// Longest manifest, in bytes (`bundles.manifest_bytes`).
    pub manifest_bytes: u64,
}

impl Default for BundleSettings {
    fn default() -> Self {
        Self { trusted_keys: Vec::new(), manifest_bytes: 64 << 20 }
    }
}

impl BundleSettings {
    /// The keys, read.
    ///
    /// # Errors
    /// One of them is none: it, and why.
    pub fn keys(&self) -> Result<PublicKeys, (String, KeyError)> {
        PublicKeys::parse(self.trusted_keys.iter().map(String::as_str))
    }
}

/// Why a bundle is not taken in. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is something else, or was cut short, or changed.
    #[error("this is no bundle that can be used: {0}")]
    Unusable(String),
    /// It cannot be read further.
    #[error("the bundle cannot be read")]
    Damaged(#[source] std::io::Error),
    /// Nobody who is trusted vouches for it.
    #[error("nobody whom setting `bundles.trusted_keys` names vouches for this bundle: {0}")]
    Untrusted(String),
    /// Its manifest is too long.
    #[error("its manifest is longer than {limit} bytes, the limit of setting `bundles.manifest_bytes`")]
    ManifestTooLong {
        /// The limit.
        limit: u64,
    },
    /// A key of the settings is none.
    #[error("setting `bundles.trusted_keys`: `{entry}`: {why}")]
    Key {
        /// The key.
        entry: String,
        /// Why it is none.
        why: KeyError,
    },
}
