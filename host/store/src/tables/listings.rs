//! How the listings of watches went.

use limpid_model::Listings as Went;
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table. Its keys are the names of watches.
    Listings = 45 "listings", key String;
}

/// How the listings of a watch went. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    last: Option<u64>,
    last_complete: Option<u64>,
    next: Option<u64>,
    failures: u32,
    why: Option<String>,
    failed: Vec<(String, String)>,
    failed_count: u64,
    repositories: u64,
    tags: u64,
    gone: u64,
    submitted: u64,
    dropped: u64,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

impl From<Went> for Row {
    fn from(went: Went) -> Self {
        Self {
            last: went.last,
            last_complete: went.last_complete,
            next: went.next,
            failures: went.failures,
            why: went.why,
            failed: went.failed,
            failed_count: went.failed_count,
            repositories: went.repositories,
            tags: went.tags,
            gone: went.gone,
            submitted: went.submitted,
            dropped: went.dropped,
        }
    }
}

impl From<Row> for Went {
    fn from(row: Row) -> Self {
        Self {
            last: row.last,
            last_complete: row.last_complete,
            next: row.next,
            failures: row.failures,
            why: row.why,
            failed: row.failed,
            failed_count: row.failed_count,
            repositories: row.repositories,
            tags: row.tags,
            gone: row.gone,
            submitted: row.submitted,
            dropped: row.dropped,
        }
    }
}
