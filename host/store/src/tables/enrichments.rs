//! What is known of vulnerabilities, whoever is affected: scores, exploitation.

use limpid_model::{Enrichment, Rating};
use serde::{Deserialize, Serialize};

use super::values::{StoredRating, each};
use crate::key::{self, Reader, Writer};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct Enrichments;

impl table::Table for Enrichments {
    const ID: u8 = 25;
    const NAME: &'static str = "enrichments";
    type Key = Key;
    type Row = Row;

    fn group(key: &Key, out: &mut Writer) -> bool {
        out.text(&key.id);
        true
    }
}

/// A vulnerability, and what kind of knowledge who has of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The vulnerability.
    pub id: String,
    /// What kind of knowledge, in the feed's own word.
    pub kind: String,
    /// Name of the feed.
    pub feed: String,
    /// Name of the source.
    pub source: String,
}

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.text(&self.id).text(&self.kind).text(&self.feed).text(&self.source);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { id: from.text()?, kind: from.text()?, feed: from.text()?, source: from.text()? })
    }
}

/// The knowledge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    ratings: Vec<StoredRating>,
    facts: Vec<(String, String)>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

impl Row {
    /// Ratings, and named facts.
    pub fn new(ratings: Vec<Rating>, facts: Vec<(String, String)>) -> Self {
        Self { ratings: each(ratings), facts }
    }

    /// The knowledge, of the vulnerability and kind that stand in the key.
    pub fn into_enrichment(self, id: String, kind: String) -> Enrichment {
        Enrichment { id, kind, ratings: each::<_, Rating>(self.ratings), facts: self.facts }
    }
}
