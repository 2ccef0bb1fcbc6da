use crate::report::{Examination, InstalledPackage, LayerChanges};
use crate::{Digest, Distribution, Image};

/// What an image holds.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// The image.
    pub image: Image,
    /// Its distribution, where a file states it.
    pub distribution: Option<Distribution>,
    /// What is there, by name.
    pub packages: Vec<InstalledPackage>,
    /// What of the image nobody, or not everybody, has examined: more packages may be there.
    pub examination: Examination,
}

/// A layer, and what it does over the layers below it.
#[derive(Clone, Debug)]
pub struct LayerDescription {
    /// Digest of its tar.
    pub diff_id: Digest,
    /// Digest of the stored form, where a manifest named it.
    pub digest: Option<Digest>,
    /// Bytes of the stored form.
    pub size: u64,
    /// Bytes of the tar.
    pub inflated_size: u64,
    /// Media type of the stored form.
    pub media_type: String,
    /// Number of entries of the tar.
    pub entries: u64,
    /// What it does, for each different set of layers that it lies upon.
    pub contexts: Vec<LayerContext>,
}

/// What a layer does over some layers.
#[derive(Clone, Debug)]
pub struct LayerContext {
    /// The layers below it, lowest first.
    pub below: Vec<Digest>,
    /// Images in which it lies upon those.
    pub images: Vec<Digest>,
    /// The command that made it, where the history tells.
    pub created_by: Option<String>,
    /// What it does to their packages.
    pub changes: LayerChanges,
}
