//! Images by the names under which they were submitted.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Names = 42 "names";

    /// A name, and an image that has it.
    key {
        /// The repository, without the registry and the folder that a client leaves out.
        repository: String,
        /// The tag; empty where the name has none.
        tag: String,
        /// The image.
        image: Digest,
    }
}

/// Nothing more than that it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row;

impl table::Row for Row {
    const VERSION: u8 = 1;
}
