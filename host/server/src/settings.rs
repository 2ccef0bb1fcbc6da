use std::time::Duration;

use limpid_model::seconds;
use serde::{Deserialize, Serialize};

/// Limits of the HTTP API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Longest body of an image archive, in bytes (`http.archive_bytes`).
    pub archive_bytes: u64,
    /// Longest body of a feed's document, in bytes (`http.document_bytes`).
    pub document_bytes: u64,
    /// Longest body of a bundle of documents, in bytes (`http.bundle_bytes`).
    pub bundle_bytes: u64,
    /// Longest wait that a request may ask for with `Prefer: wait`, in seconds (`http.wait`).
    #[serde(with = "seconds")]
    pub wait: Duration,
    /// Connections at a time; more wait to be accepted (`http.connections`).
    pub connections: usize,
    /// How long a client may take to send the head of a request (`http.head_time`).
    #[serde(with = "seconds")]
    pub head_time: Duration,
    /// How long a client may send nothing while its body is due (`http.idle_time`).
    #[serde(with = "seconds")]
    pub idle_time: Duration,
    /// How long requests under way may take to end when the service stops (`http.stop_time`).
    #[serde(with = "seconds")]
    pub stop_time: Duration,
    /// Whether plugins may be changed over HTTP where the service can be reached from other machines
    /// (`http.change_plugins`). On loopback they always may.
    pub change_plugins: bool,
    /// The same of subscriptions (`http.change_subscriptions`): they say where the service sends what
    /// it knows.
    pub change_subscriptions: bool,
    /// Use cases at a time that read or write the store (`http.workers`).
    pub workers: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            archive_bytes: 32 << 30,
            document_bytes: 2 << 30,
            bundle_bytes: 16 << 30,
            wait: Duration::from_secs(600),
            connections: 1_024,
            head_time: Duration::from_secs(15),
            idle_time: Duration::from_secs(60),
            stop_time: Duration::from_secs(10),
            change_plugins: false,
            change_subscriptions: false,
            workers: 16,
        }
    }
}
