//! Images that expire.

use limpid_model::ExpiredImage;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time;

/// Images that are named one by one.
const NAMED: usize = 1_000;

/// Images that expire, or have been removed because they did.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Retention {
    /// How many there are.
    pub count: u64,
    /// The first 1,000 of them, those that were submitted longest ago first.
    pub images: Vec<Expired>,
}

/// An image that expires.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Expired {
    /// The image.
    pub digest: String,
    /// What it is called.
    pub names: Vec<String>,
    /// When it was last submitted.
    #[schema(format = DateTime)]
    pub indexed: String,
    /// Which rule removes it, and why.
    pub reason: String,
}

impl From<Vec<ExpiredImage>> for Retention {
    fn from(images: Vec<ExpiredImage>) -> Self {
        let count = images.len() as u64;
        let images = images.into_iter().take(NAMED).map(|expired| Expired {
            digest: expired.image.to_string(),
            names: expired.names,
            indexed: time(expired.indexed_at),
            reason: expired.why,
        });
        Self { count, images: images.collect() }
    }
}
