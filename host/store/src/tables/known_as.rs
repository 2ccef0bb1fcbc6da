//! Under which identifiers publishers speak of a vulnerability.

use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    KnownAs = 24 "known_as";

    /// An identifier, and an advisory that has it as its own or as an alias.
    key {
        /// The identifier, [`folded`].
        alias: String,
        /// Name of the feed.
        feed: String,
        /// The publisher's identifier.
        id: String,
        /// Name of the source.
        source: String,
    }
}

/// An identifier as it is looked for: publishers and people write the same in capitals or not.
pub fn folded(identifier: &str) -> String {
    identifier.to_ascii_uppercase()
}

/// Nothing more than that it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row;

impl table::Row for Row {
    const VERSION: u8 = 1;
}
