//! Which changes of table `history` are of advisories that named a package before the change or after it.

use serde::{Deserialize, Serialize};

use super::history;
use crate::key::{self, Reader, Writer};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct HistoryNames;

impl table::Table for HistoryNames {
    const ID: u8 = 41;
    const NAME: &'static str = "history_names";
    type Key = Key;
    type Row = Row;
}

/// A change of an advisory, by a package that it names: the other parts are those of [`history::Key`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Where the advisory is published.
    pub namespace: String,
    /// Name of the package.
    pub name: String,
    /// Name of the feed.
    pub feed: String,
    /// The publisher's identifier.
    pub id: String,
    /// Name of the source.
    pub source: String,
    /// When the change was made.
    pub at: u64,
    /// Revision of the feed from then on.
    pub revision: u64,
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

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.text(&self.namespace).text(&self.name);
        out.text(&self.feed).text(&self.id).text(&self.source);
        out.number(self.at).number(self.revision);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            namespace: from.text()?,
            name: from.text()?,
            feed: from.text()?,
            id: from.text()?,
            source: from.text()?,
            at: from.number()?,
            revision: from.number()?,
        })
    }
}

/// Nothing more than that it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row;

impl table::Row for Row {
    const VERSION: u8 = 1;
}
