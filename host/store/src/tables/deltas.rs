//! The changes of each source since its last whole document, as they came: read again after that
//! one, in their order, they give what the source states.

use serde::{Deserialize, Serialize};

use crate::key::{self, Reader, Writer};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct Deltas;

impl table::Table for Deltas {
    const ID: u8 = 16;
    const NAME: &'static str = "deltas";
    type Key = Key;
    type Row = Row;
}

/// A piece of a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Name of the feed.
    pub feed: String,
    /// Name of the source.
    pub source: String,
    /// Which change, counted from 0 after each whole document.
    pub number: u64,
    /// Which piece, counted from 0.
    pub piece: u64,
}

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.text(&self.feed).text(&self.source).number(self.number).number(self.piece);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { feed: from.text()?, source: from.text()?, number: from.number()?, piece: from.number()? })
    }
}

/// Bytes of a change, compressed with zstd as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Name of the document, as its plugin is told.
    pub name: String,
    /// Size of the change as it came, in its first piece; 0 in the others.
    pub size: u64,
    /// Those of this piece.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
