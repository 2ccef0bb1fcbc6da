use std::time::Duration;

use limpid_model::seconds;
use serde::{Deserialize, Serialize};

/// How much may be decided on findings: the settings `policies.*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicySettings {
    /// Most policies and VEX documents (`policies.documents`).
    pub documents: usize,
    /// Longest policy or VEX document, in bytes (`policies.document_bytes`).
    pub document_bytes: u64,
    /// Whether the service fetches VEX repositories by itself, after the first time (`policies.fetch`).
    pub fetch: bool,
    /// Most VEX repositories (`policies.repositories`).
    pub repositories: usize,
    /// How long a VEX repository is not asked at least, whatever its manifest says, in seconds
    /// (`policies.repository_interval`).
    #[serde(with = "seconds")]
    pub repository_interval: Duration,
    /// Size of all documents of a VEX repository together (`policies.repository_bytes`).
    pub repository_bytes: u64,
    /// Size of the archive of a VEX repository as it is sent (`policies.archive_bytes`).
    pub archive_bytes: u64,
    /// Internal hosts, with their ports where they have one of their own, that may be asked for VEX repositories
    /// (`policies.repository_hosts`).
    pub repository_hosts: Vec<String>,
}

impl Default for PolicySettings {
    fn default() -> Self {
        Self {
            documents: 1_000,
            document_bytes: 16 << 20,
            fetch: true,
            repositories: 32,
            repository_interval: Duration::from_secs(3_600),
            repository_bytes: 64 << 20,
            archive_bytes: 256 << 20,
            repository_hosts: Vec::new(),
        }
    }
}
