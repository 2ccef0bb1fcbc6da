//! Under which identifiers publishers speak of a vulnerability.

use serde::{Deserialize, Serialize};

use crate::key::{self, Reader, Writer};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct KnownAs;

impl table::Table for KnownAs {
    const ID: u8 = 24;
    const NAME: &'static str = "known_as";
    type Key = Key;
    type Row = Row;
}

/// An identifier as it is looked for: publishers and people write the same in capitals or not.
pub fn folded(identifier: &str) -> String {
    identifier.to_ascii_uppercase()
}

/// An identifier, and an advisory that has it as its own or as an alias.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The identifier, [`folded`].
    pub alias: String,
    /// Name of the feed.
    pub feed: String,
    /// The publisher's identifier.
    pub id: String,
    /// Name of the source.
    pub source: String,
}

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.text(&self.alias).text(&self.feed).text(&self.id).text(&self.source);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { alias: from.text()?, feed: from.text()?, id: from.text()?, source: from.text()? })
    }
}

/// Nothing more than that it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row;

impl table::Row for Row {
    const VERSION: u8 = 1;
}
