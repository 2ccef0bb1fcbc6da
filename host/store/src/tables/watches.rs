//! What of registries is followed.

use limpid_model::{Watch, WatchSpec};
use serde::{Deserialize, Serialize};

use super::origins::{platforms, words};
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table. Its keys are the names of watches.
    Watches = 44 "watches", key String;
}

/// A watch. Times are milliseconds since 1970, durations seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    created: u64,
    registry: String,
    aliases: Vec<String>,
    repositories: Vec<String>,
    tags: Vec<String>,
    newest: Option<u64>,
    max_age: Option<u64>,
    /// None: all platforms.
    platforms: Option<Vec<String>>,
    interval: Option<u64>,
    enabled: bool,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

impl Row {
    /// The watch of that name.
    pub fn into_watch(self, name: String) -> Watch {
        let spec = WatchSpec {
            registry: self.registry,
            aliases: self.aliases,
            repositories: self.repositories,
            tags: self.tags,
            newest: self.newest,
            max_age: self.max_age,
            platforms: platforms(self.platforms),
            interval: self.interval,
            enabled: self.enabled,
        };
        Watch { name, created: self.created, spec }
    }
}

impl From<&Watch> for Row {
    fn from(watch: &Watch) -> Self {
        let spec = watch.spec.clone();
        Self {
            created: watch.created,
            registry: spec.registry,
            aliases: spec.aliases,
            repositories: spec.repositories,
            tags: spec.tags,
            newest: spec.newest,
            max_age: spec.max_age,
            platforms: words(&spec.platforms),
            interval: spec.interval,
            enabled: spec.enabled,
        }
    }
}
