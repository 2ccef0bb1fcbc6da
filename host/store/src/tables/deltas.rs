//! The changes of each source since its last whole document, as they came: read again after that
//! one, in their order, they give what the source states.

use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Deltas = 16 "deltas";

    /// A piece of a change.
    key {
        /// Name of the feed.
        feed: String,
        /// Name of the source.
        source: String,
        /// Which change, counted from 0 after each whole document.
        number: u64,
        /// Which piece, counted from 0.
        piece: u64,
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
