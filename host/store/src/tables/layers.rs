//! Layers that were read whole and verified, by diff id.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use super::values::DigestBytes;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Layers = 3 "layers", key Digest;
}

/// A layer as it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Digest of the stored form, where a manifest named it.
    pub digest: Option<DigestBytes>,
    /// Bytes as stored.
    pub size: u64,
    /// Bytes of the tar.
    pub inflated_size: u64,
    /// Media type of the stored form.
    pub media_type: String,
    /// Number of entries.
    pub entries: u64,
    /// Bytes that its kept files take in the store.
    pub kept_bytes: u64,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
