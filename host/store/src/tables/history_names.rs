//! Which changes of table `history` are of advisories that named a package before the change or after it.

use serde::{Deserialize, Serialize};

use super::history;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    HistoryNames = 41 "history_names";

    /// A change of an advisory, by a package that it names: the other parts are those of [`history::Key`].
    key {
        /// Where the advisory is published.
        namespace: String,
        /// Name of the package.
        name: String,
        /// Name of the feed.
        feed: String,
        /// The publisher's identifier.
        id: String,
        /// Name of the source.
        source: String,
        /// When the change was made.
        at: u64,
        /// Revision of the feed from then on.
        revision: u64,
    }
}

impl Key {
    /// The change of an advisory that names a package.
    pub fn new(namespace: String, name: String, change: history::Key) -> Self {
        let history::Key { at, feed, revision, source, id, kind: _ } = change;
        Self { namespace, name, feed, id, source, at, revision }
    }
}

impl From<Key> for history::Key {
    fn from(key: Key) -> Self {
        let Key { namespace: _, name: _, feed, id, source, at, revision } = key;
        Self { at, feed, revision, source, id, kind: String::new() }
    }
}

/// Nothing more than that it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row;

impl table::Row for Row {
    const VERSION: u8 = 1;
}
