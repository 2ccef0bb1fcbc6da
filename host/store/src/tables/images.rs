//! Images, by the digest of their configuration.

use limpid_model::{Digest, Image, ImageLayer, LinkedFile, Platform};
use serde::{Deserialize, Serialize};

use super::values::{DigestBytes, Passed, each};
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Images = 1 "images", key Digest;
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
    linked: Option<StoredLinked>,
}

impl table::Row for Row {
    const VERSION: u8 = 3;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        let before = match version {
            1 => postcard::from_bytes::<WithoutContexts>(fields).ok()?.into(),
            2 => postcard::from_bytes::<WithoutLinked>(fields).ok()?,
            _ => return None,
        };
        Some(before.into())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredLinked {
    diff_id: DigestBytes,
    context: u64,
    files: Vec<(String, u64, u64)>,
}

/// Version 2.
#[derive(Deserialize)]
struct WithoutLinked {
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
}

impl From<WithoutLinked> for Row {
    fn from(row: WithoutLinked) -> Self {
        Self {
            manifests: row.manifests,
            names: row.names,
            os: row.os,
            architecture: row.architecture,
            variant: row.variant,
            created: row.created,
            labels: row.labels,
            layers: row.layers,
            indexed_at: row.indexed_at,
            detectors: row.detectors,
            linked: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Layer {
    diff_id: DigestBytes,
    created_by: Option<String>,
    /// The context in which it lies; 0 where no detector found anything in it.
    context: u64,
}

/// Version 1. Which files are hidden stood in it; that stands in table `contexts` by now, and is
/// derived anew.
#[derive(Deserialize)]
struct WithoutContexts {
    manifests: Vec<DigestBytes>,
    names: Vec<String>,
    os: String,
    architecture: String,
    variant: Option<String>,
    created: Option<String>,
    labels: Vec<(String, String)>,
    layers: Vec<(DigestBytes, Option<String>)>,
    indexed_at: u64,
    detectors: Vec<DigestBytes>,
    _hidden: Vec<(u64, String, u64)>,
}

impl From<WithoutContexts> for WithoutLinked {
    fn from(row: WithoutContexts) -> Self {
        let layer = |(diff_id, created_by)| Layer { diff_id, created_by, context: 0 };
        Self {
            manifests: row.manifests,
            names: row.names,
            os: row.os,
            architecture: row.architecture,
            variant: row.variant,
            created: row.created,
            labels: row.labels,
            layers: row.layers.into_iter().map(layer).collect(),
            indexed_at: row.indexed_at,
            detectors: row.detectors,
        }
    }
}

/// What an image is called.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Called {
    _manifests: Passed<DigestBytes>,
    /// By which names it was submitted.
    pub names: Vec<String>,
}

impl table::Glance for Called {
    type Table = Images;
}

/// What an image is called, and how it is labelled.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Labelled {
    /// What it is called.
    pub called: Called,
    _platform: (String, String, Option<String>),
    _created: Option<String>,
    /// Labels of its configuration.
    pub labels: Vec<(String, String)>,
}

impl table::Glance for Labelled {
    type Table = Images;
}

/// How an image was indexed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indexing {
    /// When, in milliseconds since 1970.
    pub indexed_at: u64,
    /// Components of the detectors that saw all of its layers.
    pub detectors: Vec<Digest>,
    /// The context in which each layer lies, as table `contexts` calls them; 0 where no detector
    /// found anything in it.
    pub contexts: Vec<u64>,
    /// What links make of claimed paths; none where they make nothing of them.
    pub linked: Option<Linked>,
}

/// Files that are seen at claimed paths which links lead to: what detectors found in them is kept as that of
/// a layer of its own, which is none of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Under which that layer is kept.
    pub diff_id: Digest,
    /// The context in which it lies, as with the image's layers.
    pub context: u64,
    /// Its files, by path.
    pub files: Vec<LinkedFile>,
}

impl Row {
    /// The row of an image that was indexed.
    pub fn new(image: Image, indexing: Indexing) -> Self {
        let contexts = indexing.contexts.into_iter().chain(std::iter::repeat(0));
        Self {
            manifests: each(image.manifests),
            names: image.names,
            os: image.platform.os,
            architecture: image.platform.architecture,
            variant: image.platform.variant,
            created: image.created,
            labels: image.labels,
            layers: image.layers.into_iter().zip(contexts).map(Layer::from).collect(),
            indexed_at: indexing.indexed_at,
            detectors: each(indexing.detectors),
            linked: indexing.linked.map(StoredLinked::from),
        }
    }

    /// The image, and how it was indexed.
    pub fn into_parts(self, id: Digest) -> (Image, Indexing) {
        let contexts = self.layers.iter().map(|layer| layer.context).collect();
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
            contexts,
            linked: self.linked.map(Linked::from),
        };
        (image, indexing)
    }
}

impl From<(ImageLayer, u64)> for Layer {
    fn from((layer, context): (ImageLayer, u64)) -> Self {
        Self { diff_id: layer.diff_id.into(), created_by: layer.created_by, context }
    }
}

impl From<Layer> for ImageLayer {
    fn from(stored: Layer) -> Self {
        Self { diff_id: stored.diff_id.into(), created_by: stored.created_by }
    }
}

impl From<Linked> for StoredLinked {
    fn from(linked: Linked) -> Self {
        let file = |file: LinkedFile| (file.path, file.layer as u64, file.since as u64);
        let files = linked.files.into_iter().map(file).collect();
        Self { diff_id: linked.diff_id.into(), context: linked.context, files }
    }
}

impl From<StoredLinked> for Linked {
    fn from(stored: StoredLinked) -> Self {
        let place = |place| usize::try_from(place).unwrap_or(usize::MAX);
        let file = |(path, layer, since)| LinkedFile { path, layer: place(layer), since: place(since) };
        let files = stored.files.into_iter().map(file).collect();
        Self { diff_id: stored.diff_id.into(), context: stored.context, files }
    }
}
