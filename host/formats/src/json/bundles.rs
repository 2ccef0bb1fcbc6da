use limpid_model::ImportedFeed;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Failed;

/// What came of a bundle.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Imported {
    /// By feed.
    pub feeds: Vec<Feed>,
}

/// What came of a feed of a bundle.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportedFeed)]
pub struct Feed {
    /// Its name.
    pub feed: String,
    /// Its revision now.
    pub revision: u64,
    /// How many sources were ingested.
    pub ingested: u64,
    /// How many were stored as they are in the bundle.
    pub unchanged: u64,
    /// How many advisories are new.
    pub added: u64,
    /// How many say something else than before.
    pub changed: u64,
    /// How many of before are gone.
    pub withdrawn: u64,
    /// How many records could not be used.
    pub rejected: u64,
    /// Sources that stay as they were; the empty name stands for the whole feed.
    pub refused: Vec<Failed>,
    /// Sources that are not in the bundle.
    pub missing: Vec<Failed>,
}

impl From<Vec<ImportedFeed>> for Imported {
    fn from(feeds: Vec<ImportedFeed>) -> Self {
        Self { feeds: feeds.into_iter().map(Feed::from).collect() }
    }
}

impl From<ImportedFeed> for Feed {
    fn from(feed: ImportedFeed) -> Self {
        Self {
            feed: feed.feed,
            revision: feed.revision,
            ingested: feed.ingested,
            unchanged: feed.unchanged,
            added: feed.added,
            changed: feed.changed,
            withdrawn: feed.withdrawn,
            rejected: feed.rejected,
            refused: super::feeds::failed(feed.refused),
            missing: super::feeds::failed(feed.missing),
        }
    }
}
