//! Submissions that were acknowledged, under way or ended.

use serde::{Deserialize, Serialize};

use super::values::DigestBytes;
use crate::table;

/// The table. Keys grow with each submission.
#[derive(Debug)]
pub struct Jobs;

impl table::Table for Jobs {
    const ID: u8 = 11;
    const NAME: &'static str = "jobs";
    type Key = u64;
    type Row = Row;
}

/// A submission. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// How far it is.
    pub state: State,
    /// When it was acknowledged.
    pub created: u64,
    /// When its state last changed.
    pub updated: u64,
    /// Length of the archive in bytes.
    pub archive_bytes: u64,
    /// The images that it brought.
    pub images: Vec<DigestBytes>,
    /// Layers that were read.
    pub layers_read: u64,
    /// Layers that were known already.
    pub layers_known: u64,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

/// How far a submission is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Acknowledged: its archive is on disk.
    Queued,
    /// Being indexed; taken up again where the process ends meanwhile.
    Running,
    /// Its images are there.
    Done,
    /// Refused: a code for programs and a sentence for people.
    Failed {
        /// For programs.
        code: String,
        /// For people.
        message: String,
    },
}
