//! Which changes of table `history` are of one advisory, of what is known of one vulnerability, or of one
//! source: so that a report of the past reads those on which its image rests, and no others.

use serde::{Deserialize, Serialize};

use super::history;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    HistorySubjects = 40 "history_subjects";

    /// A change, by what it changed: its parts are those of [`history::Key`].
    key {
        /// The identifier of an advisory or a vulnerability; empty for a source.
        id: String,
        /// The kind of knowledge; empty for an advisory.
        kind: String,
        /// Name of the feed.
        feed: String,
        /// Name of the source.
        source: String,
        /// When it was made.
        at: u64,
        /// Revision of the feed from then on.
        revision: u64,
    }
}

impl From<history::Key> for Key {
    fn from(change: history::Key) -> Self {
        let history::Key { at, feed, revision, source, id, kind } = change;
        Self { id, kind, feed, source, at, revision }
    }
}

impl From<Key> for history::Key {
    fn from(key: Key) -> Self {
        let Key { id, kind, feed, source, at, revision } = key;
        Self { at, feed, revision, source, id, kind }
    }
}

/// Nothing more than that it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row;

impl table::Row for Row {
    const VERSION: u8 = 1;
}
