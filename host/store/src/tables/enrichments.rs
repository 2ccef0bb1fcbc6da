//! What is known of vulnerabilities, whoever is affected: scores, exploitation.

use limpid_model::{Enrichment, Rating};
use serde::{Deserialize, Serialize};

use super::values::{StoredRating, each};
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Enrichments = 25 "enrichments", group [id];

    /// A vulnerability, and what kind of knowledge who has of it.
    key {
        /// The vulnerability.
        id: String,
        /// What kind of knowledge, in the feed's own word.
        kind: String,
        /// Name of the feed.
        feed: String,
        /// Name of the source.
        source: String,
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
