//! The sources of each feed that were ingested.

use limpid_model::{EnrichmentKinds, PluginId};
use serde::{Deserialize, Serialize};

use super::values::Plugin;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table. Reports read all of it.
    Sources = 12 "sources", group [];

    /// A source of a feed.
    key {
        /// Name of the feed.
        feed: String,
        /// Name of the source.
        source: String,
    }
}

/// What one source states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub(super) plugin: Option<Plugin>,
    /// When its document was ingested, or its publisher last stated that it is still the same, in
    /// milliseconds since 1970.
    pub ingested: u64,
    /// How many advisories it states.
    pub advisories: u64,
    /// How many of its records could not be used.
    pub rejected: u64,
    /// The namespaces of which it speaks, sorted.
    pub namespaces: Vec<String>,
    /// Of when its document is by its own word, in milliseconds since 1970.
    pub dated: Option<u64>,
    /// How much it says of each of these namespaces, where that was counted.
    pub spoken: Vec<Spoken>,
    pub(super) knows: Knows,
}

/// What kinds of knowledge of vulnerabilities a source states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Knows {
    exploited: bool,
    probability: bool,
    other: bool,
}

/// What a source says of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoken {
    /// The namespace.
    pub namespace: String,
    /// How many of its records speak of it.
    pub records: u64,
    /// How many packages these speak of, over all records.
    pub statements: u64,
    /// When a document last spoke of it, in milliseconds since 1970.
    pub last_stated: u64,
    /// Since when its documents have spoken of it no longer, or next to nothing: what was stated stays.
    pub silent_since: Option<u64>,
}

impl table::Row for Row {
    const VERSION: u8 = 4;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        match version {
            1 => postcard::from_bytes::<WithoutPlugin>(fields).ok().map(Self::from),
            2 => postcard::from_bytes::<WithoutSpoken>(fields).ok().map(Self::from),
            3 => postcard::from_bytes::<WithoutKnows>(fields).ok().map(Self::from),
            _ => None,
        }
    }
}

impl Row {
    /// The row of a document that a plugin has parsed.
    pub fn new(plugin: PluginId, ingested: u64, namespaces: Vec<String>) -> Self {
        Self {
            plugin: Some(plugin.into()),
            ingested,
            advisories: 0,
            rejected: 0,
            namespaces,
            dated: None,
            spoken: Vec::new(),
            knows: Knows::default(),
        }
    }

    /// What kinds of knowledge it states of vulnerabilities, whoever is affected. Of what was ingested by an early
    /// Limpid none is known until its document is read again.
    pub fn knows(&self) -> EnrichmentKinds {
        let Knows { exploited, probability, other } = self.knows;
        EnrichmentKinds { exploited, probability, other }
    }

    /// Says what kinds of knowledge it states.
    pub fn set_knows(&mut self, kinds: EnrichmentKinds) {
        let EnrichmentKinds { exploited, probability, other } = kinds;
        self.knows = Knows { exploited, probability, other };
    }

    /// As of when what it says is: of when its document is by its own word, which nothing that is
    /// handed in late makes newer, otherwise when that was ingested.
    pub fn as_of(&self) -> u64 {
        self.dated.map_or(self.ingested, |dated| dated.min(self.ingested))
    }

    /// The plugin that parsed its document; none where an early Limpid did not say so.
    pub fn plugin(&self) -> Option<PluginId> {
        self.plugin.clone().map(PluginId::from)
    }
}

/// Version 1.
#[derive(Deserialize)]
struct WithoutPlugin {
    ingested: u64,
    advisories: u64,
    rejected: u64,
    namespaces: Vec<String>,
}

impl From<WithoutPlugin> for Row {
    fn from(row: WithoutPlugin) -> Self {
        let WithoutPlugin { ingested, advisories, rejected, namespaces } = row;
        let (dated, spoken, knows) = (None, Vec::new(), Knows::default());
        Self { plugin: None, ingested, advisories, rejected, namespaces, dated, spoken, knows }
    }
}

/// Version 2.
#[derive(Deserialize)]
struct WithoutSpoken {
    plugin: Option<Plugin>,
    ingested: u64,
    advisories: u64,
    rejected: u64,
    namespaces: Vec<String>,
}

impl From<WithoutSpoken> for Row {
    fn from(row: WithoutSpoken) -> Self {
        let WithoutSpoken { plugin, ingested, advisories, rejected, namespaces } = row;
        let (dated, spoken, knows) = (None, Vec::new(), Knows::default());
        Self { plugin, ingested, advisories, rejected, namespaces, dated, spoken, knows }
    }
}

/// Version 3.
#[derive(Deserialize)]
struct WithoutKnows {
    plugin: Option<Plugin>,
    ingested: u64,
    advisories: u64,
    rejected: u64,
    namespaces: Vec<String>,
    dated: Option<u64>,
    spoken: Vec<Spoken>,
}

impl From<WithoutKnows> for Row {
    fn from(row: WithoutKnows) -> Self {
        let WithoutKnows { plugin, ingested, advisories, rejected, namespaces, dated, spoken } = row;
        Self { plugin, ingested, advisories, rejected, namespaces, dated, spoken, knows: Knows::default() }
    }
}
