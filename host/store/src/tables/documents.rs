//! The last document of each source, as it came: another version of a feed's plugin parses it again
//! without a download.

use serde::{Deserialize, Serialize};

use crate::key::{self, Reader, Writer};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct Documents;

impl table::Table for Documents {
    const ID: u8 = 14;
    const NAME: &'static str = "documents";
    type Key = Key;
    type Row = Row;
}

/// A piece of a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Name of the feed.
    pub feed: String,
    /// Name of the source.
    pub source: String,
    /// Which piece, counted from 0.
    pub piece: u64,
}

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.text(&self.feed).text(&self.source).number(self.piece);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { feed: from.text()?, source: from.text()?, piece: from.number()? })
    }
}

/// Bytes of the document, compressed with zstd as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Those of this piece.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
