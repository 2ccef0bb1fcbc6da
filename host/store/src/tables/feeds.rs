//! The state of each feed.

use limpid_model::PluginId;
use serde::{Deserialize, Serialize};

use super::values::Plugin;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table. Reports read all of it.
    Feeds = 10 "feeds", key String, group [];
}

/// What is known of a feed. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    plugin: Option<Plugin>,
    /// Grows by one with each change.
    pub revision: u64,
    /// When a document was last ingested.
    pub last_success: Option<u64>,
    /// When a document was last refused, and why.
    pub last_failure: Option<(u64, String)>,
    /// How many statements of advisories are stored, over all sources.
    pub advisories: u64,
    /// How many records of the last document could not be used.
    pub rejected: u64,
    /// The first of those, and why.
    pub rejections: Vec<(String, String)>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

impl Row {
    /// The plugin that parsed the last document.
    pub fn plugin(&self) -> Option<PluginId> {
        self.plugin.clone().map(PluginId::from)
    }

    /// Says which plugin parsed the last document.
    pub fn set_plugin(&mut self, plugin: PluginId) {
        self.plugin = Some(plugin.into());
    }
}
