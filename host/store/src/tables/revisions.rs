//! When feeds came to have their revisions.

use serde::{Deserialize, Serialize};

use crate::key::{self, Reader, Writer};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct Revisions;

impl table::Table for Revisions {
    const ID: u8 = 28;
    const NAME: &'static str = "revisions";
    type Key = Key;
    type Row = Row;
}

/// A revision of a feed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Name of the feed.
    pub feed: String,
    /// Its revision.
    pub revision: u64,
}

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.text(&self.feed).number(self.revision);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { feed: from.text()?, revision: from.number()? })
    }
}

/// From when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The first moment, in milliseconds since 1970: that of the changes in table `history`.
    pub at: u64,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
