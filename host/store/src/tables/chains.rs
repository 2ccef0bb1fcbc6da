//! Images by the chain of all of their layers: upon which another image may have been built.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Chains = 50 "chains";

    /// A stack of layers, and an image that is no more than that.
    key {
        /// The chain of its layers, as the OCI image specification has it.
        chain: Digest,
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
