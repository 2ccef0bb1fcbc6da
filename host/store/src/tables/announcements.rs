//! Ingests whose changes subscribers are told of, and how far the notices of each are.

use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table. Its keys are numbers that grow with each announcement; the last one always has a row, so that
    /// no number is used twice.
    Announcements = 35 "announcements", key u64;
}

/// An announcement: all that one ingest changed for images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// When the document was ingested, in milliseconds since 1970.
    pub at: u64,
    /// How far it is.
    pub stage: Stage,
    /// The subscriptions that there were. Changes name those that want them by their place here.
    pub receivers: Vec<Receiver>,
}

/// How far an announcement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Changes are being written. What they follow from is not committed yet, and may never be.
    Staging,
    /// What they follow from is committed; changes become notices, one after the other.
    Posting {
        /// Place of the first change that has not.
        next: u64,
    },
    /// All have.
    Posted,
}

/// A subscription at the time of an announcement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receiver {
    /// Its name.
    pub name: String,
    /// When it was made, in milliseconds since 1970: a later one of the same name is another one.
    pub created: u64,
    /// Changes that it wants and that have not become notices yet.
    pub unposted: u64,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
