//! From where images can be fetched again.

use limpid_model::{Digest, ImageReference, Platforms};
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Origins = 47 "origins", key Digest;
}

/// The reference by which an image was last fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    reference: String,
    /// None: all platforms.
    platforms: Option<Vec<String>>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

impl From<&ImageReference> for Row {
    fn from(from: &ImageReference) -> Self {
        Self { reference: from.reference.clone(), platforms: words(&from.platforms) }
    }
}

impl Row {
    /// The reference.
    pub fn into_reference(self) -> ImageReference {
        ImageReference { reference: self.reference, platforms: platforms(self.platforms) }
    }
}

pub(super) fn words(platforms: &Platforms) -> Option<Vec<String>> {
    match platforms {
        Platforms::All => None,
        Platforms::Only(only) => Some(only.iter().map(ToString::to_string).collect()),
    }
}

/// Platforms were written as they are shown, and read back.
pub(super) fn platforms(words: Option<Vec<String>>) -> Platforms {
    words.map_or(Platforms::All, |words| {
        Platforms::Only(words.iter().filter_map(|word| word.parse().ok()).collect())
    })
}
