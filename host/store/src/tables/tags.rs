//! Where tags point, and where they pointed before.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use super::values::{DigestBytes, each};
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table. Of a tag, the last row says where it points now.
    Tags = 43 "tags";

    /// A tag, and since when it points where its row says.
    key {
        /// The repository, as table `names` calls it.
        repository: String,
        /// The tag.
        tag: String,
        /// In milliseconds since 1970.
        since: u64,
    }
}

/// Where a tag points.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    digest: Option<DigestBytes>,
    images: Vec<DigestBytes>,
    /// When what it points at was last indexed, in milliseconds since 1970.
    pub indexed: u64,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

impl Row {
    /// A tag that points at a manifest or index of this digest, where that is known, with these images.
    pub fn new(digest: Option<Digest>, images: Vec<Digest>, indexed: u64) -> Self {
        Self { digest: digest.map(DigestBytes::from), images: each(images), indexed }
    }

    /// Digest of the manifest or index; none where no source has said it.
    pub fn digest(&self) -> Option<Digest> {
        self.digest.map(Digest::from)
    }

    /// The images.
    pub fn images(&self) -> impl Iterator<Item = Digest> {
        self.images.iter().copied().map(Digest::from)
    }
}
