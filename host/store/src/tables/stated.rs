//! Which identifiers a source states, and the digest of what it says of each: a new document is
//! compared with this, and only what differs is written.

use serde::{Deserialize, Serialize};

use super::values::DigestBytes;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Stated = 8 "stated";

    /// A source of a feed, and an identifier that it states.
    key {
        /// Name of the feed.
        feed: String,
        /// Name of the source.
        source: String,
        /// The publisher's identifier.
        id: String,
    }
}

/// What was stated, as a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Digest of the advisory.
    pub digest: DigestBytes,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
