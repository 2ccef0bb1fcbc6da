//! The sources of each feed that were taken in.

use serde::{Deserialize, Serialize};

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
    /// When its document was taken in, in milliseconds since 1970.
    pub taken_in: u64,
    /// How many advisories it states.
    pub advisories: u64,
    /// How many of its records could not be used.
    pub rejected: u64,
    /// The namespaces of which it speaks, sorted.
    pub namespaces: Vec<String>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
