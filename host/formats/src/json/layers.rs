use limpid_model::Digest;
use limpid_model::report::{InstalledPackage, LayerChanges};
use limpid_model::{BaseImage, Image as Known, LayerDescription, LayerReport, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Base, Image, Package, Word};

/// What each layer of an image did.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ImageLayers {
    /// The image.
    pub image: Image,
    /// Its layers, lowest first.
    pub layers: Vec<ReportedLayer>,
    /// The image upon which it was built; null where none such is known.
    #[schema(required)]
    pub base: Option<Base>,
    /// The place of the last layer here, where there are more above it.
    #[schema(required)]
    pub next: Option<String>,
}

impl ImageLayers {
    /// Keeps a page: the layers above the one in place `after`, `limit` at most.
    #[must_use]
    pub fn page(mut self, after: Option<usize>, limit: usize) -> Self {
        let first = after.map_or(0, |after| after.saturating_add(1));
        self.layers.drain(..first.min(self.layers.len()));
        let is_last = self.layers.len() <= limit;
        self.layers.truncate(limit);
        self.next = self.layers.last().filter(|_| !is_last).map(|last| last.index.to_string());
        self
    }
}

/// A layer of an image, and what it did.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReportedLayer {
    /// What it did to the packages.
    #[serde(flatten)]
    pub changes: Changes,
    /// Its place; 0 is the lowest.
    pub index: usize,
    /// Bytes as stored; null where it was never read.
    #[schema(required)]
    pub size: Option<u64>,
    /// Bytes of its tar; null where it was never read.
    #[schema(required)]
    pub inflated_size: Option<u64>,
    /// `base` or `own`; null where no base image is known.
    #[schema(required, value_type = Option<String>)]
    pub origin: Option<Word>,
    /// Why it could not be read, so that nothing is known of what it did; null where it was.
    #[schema(required)]
    pub unread: Option<WhyUnread>,
    /// What it did to what affects the image.
    pub vulnerabilities: Vulnerabilities,
}

/// Why a layer could not be read.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WhyUnread {
    /// `over-limit`, `unsupported` or `damaged`.
    pub code: String,
    /// For people.
    pub message: String,
}

/// What a layer did to what affects the image.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[schema(as = LayerVulnerabilities)]
pub struct Vulnerabilities {
    /// What affects it from this layer on.
    pub introduced: Vec<LayerFinding>,
    /// What does no longer.
    pub removed: Vec<RemovedFinding>,
}

/// A vulnerability of a package at a layer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LayerFinding {
    /// The same as in the report of the image.
    pub fingerprint: String,
    /// The vulnerability, as all publishers call it.
    #[cfg_attr(test, schemars(with = "String"))]
    #[schema(value_type = String)]
    pub vulnerability: Text,
    /// `critical`, `high`, `medium`, `low`, `negligible` or `unknown`.
    #[schema(value_type = String)]
    pub severity: Word,
    /// `affected`, `under-investigation`, `wont-fix`, `fix-deferred`, `end-of-life`.
    #[schema(value_type = String)]
    pub status: Word,
    /// Name of the package.
    #[cfg_attr(test, schemars(with = "String"))]
    #[schema(value_type = String)]
    pub package: Text,
    /// Its version.
    #[cfg_attr(test, schemars(with = "String"))]
    #[schema(value_type = String)]
    pub version: Text,
    /// Its architecture.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[schema(required, value_type = Option<String>)]
    pub arch: Option<Text>,
    /// The nearest version that fixes it.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[schema(required, value_type = Option<String>)]
    pub fixed_version: Option<Text>,
    /// Whether it is known to be exploited.
    pub exploited: bool,
}

/// A vulnerability that a layer removed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RemovedFinding {
    /// As it was below.
    #[serde(flatten)]
    pub finding: LayerFinding,
    /// `another-version` where the package is there in one that is not affected, `package-removed` where it
    /// is not.
    #[schema(value_type = String)]
    pub because: Word,
    /// The version of the package from this layer on.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[schema(required, value_type = Option<String>)]
    pub version_now: Option<Text>,
}

/// What a layer did to the packages of the layers below it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Changes {
    /// Digest of its tar.
    pub diff_id: String,
    /// The command that made it.
    #[schema(required)]
    pub created_by: Option<String>,
    /// Packages that it brought.
    pub added: Vec<Package>,
    /// Packages that it took away.
    pub removed: Vec<Package>,
    /// Packages of which it changed the version.
    pub upgraded: Vec<Changed>,
}

/// A package whose version a layer changed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Layer {
    /// Digest of its tar.
    pub diff_id: String,
    /// Digest of its stored form, where a manifest named it.
    #[schema(required)]
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
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LayerContext {
    /// The layers below it, lowest first.
    pub below: Vec<String>,
    /// Images in which it lies upon those.
    pub images: Vec<String>,
    /// What it does.
    #[serde(flatten)]
    pub changes: Changes,
}

impl From<LayerReport> for ImageLayers {
    fn from(report: LayerReport) -> Self {
        let (image, base) = (report.image, report.base);
        let layers = report.layers.into_iter().enumerate();
        let layers = layers.map(|(index, layer)| reported(&image, base.as_ref(), index, layer)).collect();
        Self { layers, image: image.into(), base: base.map(Base::from), next: None }
    }
}

fn reported(
    image: &Known,
    base: Option<&BaseImage>,
    index: usize,
    layer: limpid_model::ReportedLayer,
) -> ReportedLayer {
    let known = image.layers.get(index);
    let diff_id = known.map_or(Digest::from_bytes([0; 32]), |known| known.diff_id);
    let created_by = known.and_then(|known| known.created_by.clone());
    ReportedLayer {
        changes: Changes::new(&diff_id, created_by, layer.packages),
        index,
        size: layer.size.map(|size| size.stored),
        inflated_size: layer.size.map(|size| size.inflated),
        origin: base.map(|base| base.provenance(index).as_str().into()),
        unread: layer.unread.map(|unread| WhyUnread { code: unread.code, message: unread.why }),
        vulnerabilities: Vulnerabilities {
            introduced: layer.introduced.into_iter().map(LayerFinding::from).collect(),
            removed: layer.cleared.into_iter().map(RemovedFinding::from).collect(),
        },
    }
}

impl From<limpid_model::LayerFinding> for LayerFinding {
    fn from(finding: limpid_model::LayerFinding) -> Self {
        Self {
            fingerprint: finding.fingerprint,
            vulnerability: finding.vulnerability,
            severity: finding.severity.as_str().into(),
            status: finding.status.as_str().into(),
            package: finding.package,
            version: finding.version,
            arch: finding.arch,
            fixed_version: finding.fixed_version,
            exploited: finding.exploited,
        }
    }
}

impl From<(limpid_model::LayerFinding, Option<Text>)> for RemovedFinding {
    fn from((finding, version_now): (limpid_model::LayerFinding, Option<Text>)) -> Self {
        let because = if version_now.is_some() { "another-version" } else { "package-removed" };
        Self { finding: finding.into(), because: because.into(), version_now }
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
