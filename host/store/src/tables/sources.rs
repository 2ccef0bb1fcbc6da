//! The sources of each feed that were taken in.

use limpid_model::PluginId;
use serde::{Deserialize, Serialize};

use super::values::Plugin;
use crate::key::{self, Reader, Writer};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct Sources;

impl table::Table for Sources {
    const ID: u8 = 12;
    const NAME: &'static str = "sources";
    type Key = Key;
    type Row = Row;

    fn group(_: &Self::Key, _: &mut Writer) -> bool {
        // Reports read all of them.
        true
    }
}

/// A source of a feed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Name of the feed.
    pub feed: String,
    /// Name of the source.
    pub source: String,
}

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.text(&self.feed).text(&self.source);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { feed: from.text()?, source: from.text()? })
    }
}

/// What one source states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub(super) plugin: Option<Plugin>,
    /// When its document was taken in, or its publisher last said that it is still the same, in
    /// milliseconds since 1970.
    pub taken_in: u64,
    /// How many advisories it states.
    pub advisories: u64,
    /// How many of its records could not be used.
    pub rejected: u64,
    /// The namespaces of which it speaks, sorted.
    pub namespaces: Vec<String>,
}

impl table::Row for Row {
    const VERSION: u8 = 2;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        (version == 1).then(|| postcard::from_bytes::<WithoutPlugin>(fields).ok()).flatten().map(Self::from)
    }
}

impl Row {
    /// The row of a document that a plugin has parsed.
    pub fn new(plugin: PluginId, taken_in: u64, namespaces: Vec<String>) -> Self {
        Self { plugin: Some(plugin.into()), taken_in, advisories: 0, rejected: 0, namespaces }
    }

    /// The plugin that parsed its document; none where an early Limpid did not say so.
    pub fn plugin(&self) -> Option<PluginId> {
        self.plugin.clone().map(PluginId::from)
    }
}

/// Version 1.
#[derive(Deserialize)]
struct WithoutPlugin {
    taken_in: u64,
    advisories: u64,
    rejected: u64,
    namespaces: Vec<String>,
}

impl From<WithoutPlugin> for Row {
    fn from(row: WithoutPlugin) -> Self {
        let WithoutPlugin { taken_in, advisories, rejected, namespaces } = row;
        Self { plugin: None, taken_in, advisories, rejected, namespaces }
    }
}
