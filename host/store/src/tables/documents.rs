//! The last document of each source, as it came: another version of a feed's plugin parses it again
//! without a download.

use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Documents = 14 "documents";

    /// A piece of a document.
    key {
        /// Name of the feed.
        feed: String,
        /// Name of the source.
        source: String,
        /// Which piece, counted from 0.
        piece: u64,
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
