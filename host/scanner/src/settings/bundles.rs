use limpid_signature::{KeyError, PublicKeys};
use serde::{Deserialize, Serialize};

/// Which bundles are ingested.
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
