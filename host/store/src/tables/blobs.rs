//! Which layer a stored form of it is, so that a known one need not be fetched to be recognised.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use super::values::DigestBytes;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table. Keys are digests of stored forms that were read and verified.
    Blobs = 55 "blobs", key Digest;
}

/// What is stored, uncompressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Digest of the tar.
    pub diff_id: DigestBytes,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
