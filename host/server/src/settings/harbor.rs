use std::time::Duration;

use limpid_model::seconds;
use serde::{Deserialize, Serialize};

/// Whether the service is a scanner of Harbor's: the settings `harbor.*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Harbor {
    /// Whether the paths are there that Harbor asks (`harbor.enabled`).
    pub enabled: bool,
    /// How long Harbor is told that a scan goes on, in seconds; then it is told that it failed (`harbor.scan_time`).
    #[serde(with = "seconds")]
    pub scan_time: Duration,
}

impl Default for Harbor {
    fn default() -> Self {
        Self { enabled: false, scan_time: Duration::from_secs(30 * 60) }
    }
}
