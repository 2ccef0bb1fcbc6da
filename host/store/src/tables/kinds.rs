//! Files of layers by kind, whether or not a detector reads them, by diff id.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use super::values::DigestBytes;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Kinds = 33 "kinds", key Digest;
}

/// What was recognised in a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The rules by which files were told.
    pub rules: DigestBytes,
    /// By kind, sorted by code.
    pub files: Vec<Files>,
    /// Entries that were not looked at because their paths are longer than this.
    pub long_paths: u64,
    /// The limit of that, in bytes.
    pub path_length: u64,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

/// Files of one kind that no package of a distribution put there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// The kind's code.
    pub code: String,
    /// Their paths, sorted; not all where there are many.
    pub paths: Vec<String>,
    /// How many more there are.
    pub more: u64,
}
