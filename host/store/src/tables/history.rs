//! What was stated before it changed: by this, reports are made as they would have been.

use serde::{Deserialize, Serialize};

use super::{advisories, affects, enrichments};
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    History = 27 "history";

    /// A change, in the order in which changes were made.
    key {
        /// When, in milliseconds since 1970: later than that of every change before, whatever the clock
        /// says.
        at: u64,
        /// Name of the feed.
        feed: String,
        /// Revision of the feed from then on.
        revision: u64,
        /// Name of the source.
        source: String,
        /// What changed: the identifier of an advisory, or of a vulnerability of which something is
        /// known; empty for the source itself.
        id: String,
        /// The kind of knowledge; empty for an advisory.
        kind: String,
    }
}

/// What was there before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Row {
    /// Nothing.
    Nothing,
    /// An advisory, and what it stated of each package, by namespace and name.
    Advisory(Box<advisories::Row>, Vec<(String, String, affects::Row)>),
    /// What was known of a vulnerability.
    Enrichment(enrichments::Row),
    /// The namespaces of which a source spoke. Where all of it came to be known at once, there was
    /// nothing.
    Source(Vec<String>),
}

impl table::Row for Row {
    const VERSION: u8 = 2;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        let old = (version == 1).then(|| postcard::from_bytes(fields).ok()).flatten()?;
        Some(match old {
            BeforeRenames::Nothing => Self::Nothing,
            BeforeRenames::Advisory(advisory, stated) => {
                let stated = stated.into_iter().map(|(namespace, name, row)| (namespace, name, row.into()));
                Self::Advisory(advisory, stated.collect())
            }
            BeforeRenames::Enrichment(row) => Self::Enrichment(row),
            BeforeRenames::Source(namespaces) => Self::Source(namespaces),
        })
    }
}

/// Version 1.
#[derive(Deserialize)]
enum BeforeRenames {
    Nothing,
    Advisory(Box<advisories::Row>, Vec<(String, String, affects::BeforeRenames)>),
    Enrichment(enrichments::Row),
    Source(Vec<String>),
}
