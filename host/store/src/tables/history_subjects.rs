//! Which changes of table `history` are of one advisory, of what is known of one vulnerability, or of one
//! source: so that a report of the past reads those on which its image rests, and no others.

use serde::{Deserialize, Serialize};

use super::history;
use crate::key::{self, Reader, Writer};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct HistorySubjects;

impl table::Table for HistorySubjects {
    const ID: u8 = 40;
    const NAME: &'static str = "history_subjects";
    type Key = Key;
    type Row = Row;
}

/// A change, by what it changed: its parts are those of [`history::Key`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The identifier of an advisory or a vulnerability; empty for a source.
    pub id: String,
    /// The kind of knowledge; empty for an advisory.
    pub kind: String,
    /// Name of the feed.
    pub feed: String,
    /// Name of the source.
    pub source: String,
    /// When it was made.
    pub at: u64,
    /// Revision of the feed from then on.
    pub revision: u64,
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

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.text(&self.id).text(&self.kind).text(&self.feed).text(&self.source);
        out.number(self.at).number(self.revision);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            id: from.text()?,
            kind: from.text()?,
            feed: from.text()?,
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
