use std::time::Duration;

use limpid_model::seconds;
use serde::{Deserialize, Serialize};

/// When the service counts as ready: the settings `ready.*`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ready {
    /// How old feeds may be, in seconds; 0: as old as they are.
    #[serde(with = "seconds")]
    pub feed_age: Duration,
    /// Feeds that must have been ingested once, and the only ones whose age counts; none: the age counts of all
    /// that were.
    pub feeds: Vec<String>,
}

impl Ready {
    /// Whether feeds do not matter.
    pub(crate) fn is_without_feeds(&self) -> bool {
        self.feed_age.is_zero() && self.feeds.is_empty()
    }
}
