//! How the last run of each feed went, and when the next one is due.

use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Runs = 17 "runs", key String;
}

/// The runs of a feed. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Up to where all is known, as its plugin stated at the end of the last complete run.
    pub cursor: Option<String>,
    /// When the last run began.
    pub last_run: Option<u64>,
    /// When the last run ended with all that it was to bring.
    pub last_complete: Option<u64>,
    /// When the first of the runs began that have failed since then.
    pub failing_since: Option<u64>,
    /// How many have.
    pub failures: u64,
    /// What the last of them failed of.
    pub why: Option<String>,
    /// When the next one is due.
    pub next_run: Option<u64>,
    /// Documents that were not where the last complete run was sent, and why.
    pub absent: Vec<(String, String)>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
