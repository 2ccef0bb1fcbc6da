//! What is known of vulnerabilities, whoever is affected: scores, exploitation.

use limpid_model::{Digest, Enrichment, Rating};
use serde::{Deserialize, Serialize};

use super::values::{StoredRating, each};
use crate::key::{self, Reader, Writer};
use crate::{Error, table};

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

impl From<&Enrichment> for Row {
    fn from(enrichment: &Enrichment) -> Self {
        Self { ratings: each(enrichment.ratings.clone()), facts: enrichment.facts.clone() }
    }
}

impl Row {
    /// A digest of all that it says.
    ///
    /// # Errors
    /// It cannot be encoded.
    pub fn digest(&self) -> Result<Digest, Error> {
        let bytes =
            postcard::to_stdvec(self).map_err(|source| Error::Encode { table: "enrichments", source })?;
        Ok(Digest::of(&bytes))
    }

    /// The knowledge, of the vulnerability and kind that stand in the key.
    pub fn into_enrichment(self, id: String, kind: String) -> Enrichment {
        Enrichment { id, kind, ratings: each::<_, Rating>(self.ratings), facts: self.facts }
    }
}
