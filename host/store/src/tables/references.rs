//! How many rows refer to a change that was announced. It is removed with the last of them.

use serde::{Deserialize, Serialize};

use super::announced;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table. Its keys are those of changes.
    References = 37 "references", key announced::Key;
}

/// Who refers to a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// How many notices of the outbox and deferred ones.
    pub count: u64,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
