//! Which image a manifest describes.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use super::values::DigestBytes;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Manifests = 2 "manifests", key Digest;
}

/// What a manifest digest stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The image.
    pub image: DigestBytes,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
