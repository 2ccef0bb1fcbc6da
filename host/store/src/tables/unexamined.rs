//! What of an image may not have been examined, by image id.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use super::kinds::Files;
use super::values::DigestBytes;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Unexamined = 34 "unexamined", key Digest;
}

/// What of an image may not have been examined.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The rules by which files were told.
    pub rules: DigestBytes,
    /// Layers of which something is to be told, lowest first.
    pub layers: Vec<Layer>,
    /// Files of all layers by kind that no later layer hides, sorted by code.
    pub files: Vec<Files>,
    /// How many layers there are whose files nobody has counted by kind.
    pub uncounted: u64,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

/// A layer of which something is to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Its place; 0 is the lowest.
    pub place: u64,
    /// Why it could not be read.
    pub unread: Option<Unread>,
    /// In what it is stored, other than it is stated.
    pub stored_as: Option<String>,
    /// How many entries have too long a path, and the limit.
    pub long_paths: Option<(u64, u64)>,
}

/// Why a layer could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
    /// Whether it had been read before, so that what was found in it then counts.
    pub was_read: bool,
}
