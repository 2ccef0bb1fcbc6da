//! Images, by the digest of their configuration.

use limpid_model::{Digest, Image, ImageLayer, Platform};
use serde::{Deserialize, Serialize};

use super::values::{DigestBytes, each};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct Images;

impl table::Table for Images {
    const ID: u8 = 1;
    const NAME: &'static str = "images";
    type Key = Digest;
    type Row = Row;
}

/// An image as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    manifests: Vec<DigestBytes>,
    names: Vec<String>,
    os: String,
    architecture: String,
    variant: Option<String>,
    created: Option<String>,
    labels: Vec<(String, String)>,
    layers: Vec<Layer>,
    indexed_at: u64,
    detectors: Vec<DigestBytes>,
    hidden: Vec<StoredHidden>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Layer {
    diff_id: DigestBytes,
    created_by: Option<String>,
}

/// How an image was indexed, and what folding its layers gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indexing {
    /// When, in milliseconds since 1970.
    pub indexed_at: u64,
    /// Components of the detectors that saw all of its layers.
    pub detectors: Vec<Digest>,
    /// Files that state facts and that a later layer replaces or deletes. All others are there in
    /// the image.
    pub hidden: Vec<Hidden>,
}

/// A file of a layer that a later layer replaces or deletes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hidden {
    /// Place of the layer that holds it.
    pub layer: usize,
    /// Its path.
    pub path: String,
    /// Place of the layer that hides it.
    pub by: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredHidden {
    layer: u64,
    path: String,
    by: u64,
}

impl Row {
    /// The row of an image that was indexed.
    pub fn new(image: Image, indexing: Indexing) -> Self {
        Self {
            manifests: each(image.manifests),
            names: image.names,
            os: image.platform.os,
            architecture: image.platform.architecture,
            variant: image.platform.variant,
            created: image.created,
            labels: image.labels,
            layers: image.layers.into_iter().map(Layer::from).collect(),
            indexed_at: indexing.indexed_at,
            detectors: each(indexing.detectors),
            hidden: indexing.hidden.into_iter().map(StoredHidden::from).collect(),
        }
    }

    /// The image, and how it was indexed.
    pub fn into_parts(self, id: Digest) -> (Image, Indexing) {
        let image = Image {
            id,
            manifests: each(self.manifests),
            names: self.names,
            platform: Platform { os: self.os, architecture: self.architecture, variant: self.variant },
            created: self.created,
            labels: self.labels,
            layers: self.layers.into_iter().map(ImageLayer::from).collect(),
        };
        let indexing = Indexing {
            indexed_at: self.indexed_at,
            detectors: each(self.detectors),
            hidden: self.hidden.into_iter().map(Hidden::from).collect(),
        };
        (image, indexing)
    }
}

impl From<ImageLayer> for Layer {
    fn from(layer: ImageLayer) -> Self {
        Self { diff_id: layer.diff_id.into(), created_by: layer.created_by }
    }
}

impl From<Layer> for ImageLayer {
    fn from(stored: Layer) -> Self {
        Self { diff_id: stored.diff_id.into(), created_by: stored.created_by }
    }
}

impl From<Hidden> for StoredHidden {
    fn from(hidden: Hidden) -> Self {
        Self { layer: hidden.layer as u64, path: hidden.path, by: hidden.by as u64 }
    }
}

impl From<StoredHidden> for Hidden {
    fn from(stored: StoredHidden) -> Self {
        let place = |number| usize::try_from(number).unwrap_or(usize::MAX);
        Self { layer: place(stored.layer), path: stored.path, by: place(stored.by) }
    }
}
