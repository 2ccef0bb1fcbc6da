//! What each source knows of vulnerabilities, as a digest: what its next document is compared with.

use serde::{Deserialize, Serialize};

use super::values::DigestBytes;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Enriched = 26 "enriched";

    /// A source of a feed, and a vulnerability of which it knows something.
    key {
        /// Name of the feed.
        feed: String,
        /// Name of the source.
        source: String,
        /// The vulnerability.
        id: String,
        /// What kind of knowledge.
        kind: String,
    }
}

/// What was stated, as a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Digest of the enrichment.
    pub digest: DigestBytes,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
