//! Which images have a layer.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Holders = 5 "holders";

    /// An image that has a layer.
    #[derive(Copy)]
    key {
        /// The layer.
        diff_id: Digest,
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
