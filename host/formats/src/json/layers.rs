use limpid_model::Digest;
use limpid_model::report::{InstalledPackage, LayerChanges};
use limpid_model::{Inventory, LayerDescription};
use serde::Serialize;

use super::{Image, Package};

/// What each layer of an image did.
#[derive(Clone, Debug, Serialize)]
pub struct ImageLayers {
    /// The image.
    pub image: Image,
    /// Its layers, lowest first.
    pub layers: Vec<Changes>,
}

/// What a layer did to the packages of the layers below it.
#[derive(Clone, Debug, Serialize)]
pub struct Changes {
    /// Digest of its tar.
    pub diff_id: String,
    /// The command that made it.
    pub created_by: Option<String>,
    /// Packages that it brought.
    pub added: Vec<Package>,
    /// Packages that it took away.
    pub removed: Vec<Package>,
    /// Packages of which it changed the version.
    pub upgraded: Vec<Changed>,
}

/// A package whose version a layer changed.
#[derive(Clone, Debug, Serialize)]
pub struct Changed {
    /// Name of the package.
    pub name: String,
    /// The version below.
    pub from: String,
    /// The version from this layer on.
    pub to: String,
    /// The package as it is from this layer on.
    pub package: Package,
}

/// A layer, and what it does over the layers below it.
#[derive(Clone, Debug, Serialize)]
pub struct Layer {
    /// Digest of its tar.
    pub diff_id: String,
    /// Digest of its stored form, where a manifest named it.
    pub digest: Option<String>,
    /// Bytes as stored.
    pub size: u64,
    /// Bytes of its tar.
    pub inflated_size: u64,
    /// Media type of its stored form.
    pub media_type: String,
    /// Number of entries.
    pub entries: u64,
    /// What it does, for each different set of layers that it lies upon.
    pub contexts: Vec<LayerContext>,
}

/// What a layer does over some layers.
#[derive(Clone, Debug, Serialize)]
pub struct LayerContext {
    /// The layers below it, lowest first.
    pub below: Vec<String>,
    /// Images in which it lies upon those.
    pub images: Vec<String>,
    /// What it does.
    #[serde(flatten)]
    pub changes: Changes,
}

impl From<Inventory> for ImageLayers {
    fn from(inventory: Inventory) -> Self {
        let layers = inventory.image.layers.iter().zip(inventory.layers);
        let layers = layers
            .map(|(layer, changes)| Changes::new(&layer.diff_id, layer.created_by.clone(), changes))
            .collect();
        Self { image: inventory.image.into(), layers }
    }
}

impl Changes {
    fn new(diff_id: &Digest, created_by: Option<String>, changes: LayerChanges) -> Self {
        let packages = |stored: Vec<InstalledPackage>| stored.into_iter().map(Package::from).collect();
        Self {
            diff_id: diff_id.to_string(),
            created_by,
            added: packages(changes.added),
            removed: packages(changes.removed),
            upgraded: changes.changed.into_iter().map(Changed::from).collect(),
        }
    }
}

impl From<(InstalledPackage, InstalledPackage)> for Changed {
    fn from((before, after): (InstalledPackage, InstalledPackage)) -> Self {
        Self {
            name: after.name.to_string(),
            from: before.version.into(),
            to: after.version.to_string(),
            package: after.into(),
        }
    }
}

impl From<LayerDescription> for Layer {
    fn from(layer: LayerDescription) -> Self {
        let diff_id = layer.diff_id;
        let text = |digests: Vec<Digest>| digests.iter().map(ToString::to_string).collect();
        let contexts = layer.contexts.into_iter().map(|context| LayerContext {
            below: text(context.below),
            images: text(context.images),
            changes: Changes::new(&diff_id, context.created_by, context.changes),
        });
        Self {
            diff_id: diff_id.to_string(),
            digest: layer.digest.map(|digest| digest.to_string()),
            size: layer.size,
            inflated_size: layer.inflated_size,
            media_type: layer.media_type,
            entries: layer.entries,
            contexts: contexts.collect(),
        }
    }
}
