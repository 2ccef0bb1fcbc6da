use std::time::Duration;

use limpid_model::seconds;
use serde::{Deserialize, Serialize};

/// The API of Clair 4, for clients that know no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clair {
    /// Whether it is answered at all (`clair.enabled`).
    pub enabled: bool,
    /// How long a request is held until what stands in its way is gone and its image is indexed, in seconds
    /// (`clair.hold_time`). Quay gives up after 600.
    #[serde(with = "seconds")]
    pub hold_time: Duration,
    /// Layers that are fetched at a time for manifests that come by this API (`clair.layers`), of one manifest a
    /// quarter of them. They are fetched before a manifest is queued: what Quay lets fetch them is good for a minute.
    pub layers: usize,
    /// Bytes of all manifests that are held until their images are indexed, also where nobody waits for them any more
    /// (`clair.held_bytes`).
    pub held_bytes: u64,
}

impl Default for Clair {
    fn default() -> Self {
        Self { enabled: false, hold_time: Duration::from_secs(540), layers: 256, held_bytes: 64 << 20 }
    }
}
