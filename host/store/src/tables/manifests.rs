//! Which image a manifest describes.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use super::values::DigestBytes;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Manifests = 2 "manifests", key Digest;
}

/// What a manifest digest stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The image.
    pub image: DigestBytes,
    /// Digests of the stored forms of its layers, lowest first; empty where not all of them are known.
    pub layers: Vec<DigestBytes>,
}

impl Row {
    /// Of an image of whose layers no stored form is known.
    pub const fn of(image: DigestBytes) -> Self {
        Self { image, layers: Vec::new() }
    }
}

impl table::Row for Row {
    const VERSION: u8 = 2;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        let image = (version == 1).then(|| postcard::from_bytes(fields).ok()).flatten()?;
        Some(Self::of(image))
    }
}
