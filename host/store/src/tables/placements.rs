//! Which images have a layer, and in what context.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Placements = 22 "placements";

    /// An image that has a layer.
    #[derive(Copy)]
    key {
        /// The layer.
        diff_id: Digest,
        /// Its context, as table `contexts` calls them.
        context: u64,
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
