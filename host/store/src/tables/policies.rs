//! Policies and VEX documents: what is in force, and what was before.

use limpid_model::{DecisionDocument, DecisionKind};
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table. Of a name, the last row says what is in force now.
    Policies = 48 "policies";

    /// A document, and since when it is in force.
    key {
        /// 0: policies. 1: VEX documents.
        kind: u64,
        /// What it is called.
        name: String,
        /// In milliseconds since 1970.
        since: u64,
    }
}

/// A document, or that there is none any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row(Option<Stored>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stored {
    Toml(#[serde(with = "serde_bytes")] Vec<u8>),
    Json(#[serde(with = "serde_bytes")] Vec<u8>),
    Vex(#[serde(with = "serde_bytes")] Vec<u8>),
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

/// The part of the table in which documents of a kind are.
pub const fn part_of(kind: DecisionKind) -> u64 {
    match kind {
        DecisionKind::PolicyToml | DecisionKind::PolicyJson => 0,
        DecisionKind::Vex => 1,
    }
}

impl Row {
    /// That a document is no longer in force.
    pub const REMOVED: Self = Self(None);

    /// That a document is in force.
    pub const fn new(kind: DecisionKind, bytes: Vec<u8>) -> Self {
        Self(Some(match kind {
            DecisionKind::PolicyToml => Stored::Toml(bytes),
            DecisionKind::PolicyJson => Stored::Json(bytes),
            DecisionKind::Vex => Stored::Vex(bytes),
        }))
    }

    /// The document of a key; none where it was removed then.
    pub fn into_document(self, key: Key) -> Option<DecisionDocument> {
        let (kind, bytes) = match self.0? {
            Stored::Toml(bytes) => (DecisionKind::PolicyToml, bytes),
            Stored::Json(bytes) => (DecisionKind::PolicyJson, bytes),
            Stored::Vex(bytes) => (DecisionKind::Vex, bytes),
        };
        Some(DecisionDocument { name: key.name, kind, since: key.since, bytes })
    }
}
