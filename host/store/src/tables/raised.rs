//! What was told of an image and a vulnerability last, so that a feed that says now this and now that
//! is told of once.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Raised = 32 "raised";

    /// An image, and a vulnerability that affects it or did so.
    key {
        /// The image.
        image: Digest,
        /// The vulnerability.
        vulnerability: String,
    }
}

/// What was told, and what waits until it has stayed so for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// Whether the image was stated to be affected.
    pub affected: bool,
    /// Notices that are deferred, each with the subscription that wants it: they tell the contrary.
    pub stored: Vec<(String, Vec<u8>)>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
