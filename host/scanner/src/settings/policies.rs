use serde::{Deserialize, Serialize};

/// How much may be decided on findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicySettings {
    /// Most policies and VEX documents (`policies.documents`).
    pub documents: usize,
    /// Longest policy or VEX document, in bytes (`policies.document_bytes`).
    pub document_bytes: u64,
}

impl Default for PolicySettings {
    fn default() -> Self {
        Self { documents: 1_000, document_bytes: 16 << 20 }
    }
}
