//! Which identifiers a source states, and the digest of what it says of each: a new document is
//! held against this, and only what differs is written.

use serde::{Deserialize, Serialize};

use super::values::DigestBytes;
use crate::key::{self, Reader, Writer};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct Stated;

impl table::Table for Stated {
    const ID: u8 = 8;
    const NAME: &'static str = "stated";
    type Key = Key;
    type Row = Row;
}

/// A source of a feed, and an identifier that it states.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Name of the feed.
    pub feed: String,
    /// Name of the source.
    pub source: String,
    /// The publisher's identifier.
    pub id: String,
}

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.text(&self.feed).text(&self.source).text(&self.id);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { feed: from.text()?, source: from.text()?, id: from.text()? })
    }
}

/// What was said, as a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Digest of the advisory.
    pub digest: DigestBytes,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
