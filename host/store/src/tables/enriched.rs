//! What each source knows of vulnerabilities, as a digest: what its next document is held against.

use serde::{Deserialize, Serialize};

use super::values::DigestBytes;
use crate::key::{self, Reader, Writer};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct Enriched;

impl table::Table for Enriched {
    const ID: u8 = 26;
    const NAME: &'static str = "enriched";
    type Key = Key;
    type Row = Row;
}

/// A source of a feed, and a vulnerability of which it knows something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Name of the feed.
    pub feed: String,
    /// Name of the source.
    pub source: String,
    /// The vulnerability.
    pub id: String,
    /// What kind of knowledge.
    pub kind: String,
}

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.text(&self.feed).text(&self.source).text(&self.id).text(&self.kind);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { feed: from.text()?, source: from.text()?, id: from.text()?, kind: from.text()? })
    }
}

/// What was said, as a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Digest of the enrichment.
    pub digest: DigestBytes,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
