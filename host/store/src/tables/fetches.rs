//! What was last fetched of each source, and by what its publisher knows it.

use limpid_model::{Digest, PluginId};
use serde::{Deserialize, Serialize};

use super::values::{DigestBytes, Plugin};
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Fetches = 15 "fetches", key super::sources::Key;
}

/// A source as it was last fetched or handed in. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The address that the validators are of; empty where there are none.
    pub address: String,
    /// `ETag`, as it came.
    pub etag: Option<String>,
    /// `Last-Modified`, as it came.
    pub modified: Option<String>,
    /// When the document came.
    pub fetched: u64,
    /// When its publisher last stated that it is still the same.
    pub confirmed: u64,
    /// Its length as it came, in bytes.
    pub bytes: u64,
    /// Digest of the document as it came.
    pub digest: Option<DigestBytes>,
    /// The plugin that read it.
    pub plugin: Option<Plugin>,
    /// How many of its records could not be used.
    pub rejected: u64,
    /// The first of those, and why.
    pub rejections: Vec<(String, String)>,
    /// What it names to be fetched next.
    pub follow: Vec<Followed>,
    /// Changes that are kept.
    pub changes: Changes,
}

/// Changes of a source that are kept since its last whole document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Number of the next one.
    pub next: u64,
    /// How many there are.
    pub count: u64,
    /// Bytes of them, as they came.
    pub bytes: u64,
    /// How many of them a run brought that began without a cursor: publishers there are who have no
    /// whole documents, only all of their pages.
    pub initial: u64,
    /// Bytes of those.
    pub initial_bytes: u64,
}

/// A source that a document names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Whether it states all, or only what changed.
    pub is_whole: bool,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

impl Row {
    /// Digest of the document as it came.
    pub fn digest(&self) -> Option<Digest> {
        self.digest.map(Digest::from)
    }

    /// The plugin that read it.
    pub fn plugin(&self) -> Option<PluginId> {
        self.plugin.clone().map(PluginId::from)
    }

    /// Says which document was read, and by which plugin.
    pub fn set_read(&mut self, digest: Digest, plugin: PluginId) {
        (self.digest, self.plugin) = (Some(digest.into()), Some(plugin.into()));
    }
}
