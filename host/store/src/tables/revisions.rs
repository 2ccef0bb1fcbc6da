//! When feeds came to have their revisions.

use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Revisions = 28 "revisions";

    /// A revision of a feed.
    key {
        /// Name of the feed.
        feed: String,
        /// Its revision.
        revision: u64,
    }
}

/// From when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The first moment, in milliseconds since 1970: that of the changes in table `history`.
    pub at: u64,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
