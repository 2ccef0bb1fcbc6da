use limpid_model::ImageSummary;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time;
use super::words::ImageKindWord;

/// An image.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[schema(as = KnownImage)]
pub struct Image {
    /// Digest of its configuration: the image's identity.
    pub digest: String,
    /// Digests of the manifests under which it was submitted.
    pub manifests: Vec<String>,
    /// Names, as archives give them.
    pub names: Vec<String>,
    /// `bill-of-materials` where no more is known of it than such a document says; absent for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline, value_type = Option<ImageKindWord>)]
    pub kind: Option<String>,
    /// What it runs on.
    pub platform: Platform,
    /// When it was made, as its configuration says.
    #[schema(required)]
    pub created: Option<String>,
    /// Labels of its configuration.
    pub labels: std::collections::BTreeMap<String, String>,
    /// Its layers, lowest first.
    pub layers: Vec<ImageLayer>,
    /// When it was last indexed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub indexed_at: Option<String>,
}

/// What an image runs on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Platform {
    /// `linux`.
    pub os: String,
    /// `amd64`.
    pub architecture: String,
    /// `v8`.
    #[schema(required)]
    pub variant: Option<String>,
}

/// A layer in its place.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ImageLayer {
    /// Its place; 0 is the lowest.
    pub index: usize,
    /// Digest of its tar.
    pub diff_id: String,
    /// The command that made it.
    #[schema(required)]
    pub created_by: Option<String>,
}

/// A page of images.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Images {
    /// Images, by digest.
    pub images: Vec<Image>,
    /// What to give as `after` for the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
}

impl Image {
    /// Whether it is no more than a bill of materials.
    pub fn is_bill_of_materials(&self) -> bool {
        self.kind.as_deref() == Some(limpid_model::Image::BILL_OF_MATERIALS.1)
    }
}

impl From<limpid_model::Image> for Image {
    fn from(image: limpid_model::Image) -> Self {
        let (_, bill) = limpid_model::Image::BILL_OF_MATERIALS;
        Self {
            kind: image.is_bill_of_materials().then(|| bill.to_owned()),
            digest: image.id.to_string(),
            manifests: image.manifests.iter().map(ToString::to_string).collect(),
            names: image.names,
            platform: image.platform.into(),
            created: image.created,
            labels: image.labels.into_iter().collect(),
            layers: image
                .layers
                .into_iter()
                .enumerate()
                .map(|(index, layer)| ImageLayer {
                    index,
                    diff_id: layer.diff_id.to_string(),
                    created_by: layer.created_by,
                })
                .collect(),
            indexed_at: None,
        }
    }
}

impl From<limpid_model::Platform> for Platform {
    fn from(platform: limpid_model::Platform) -> Self {
        Self { os: platform.os, architecture: platform.architecture, variant: platform.variant }
    }
}

impl From<ImageSummary> for Image {
    fn from(summary: ImageSummary) -> Self {
        Self { indexed_at: Some(time(summary.indexed_at)), ..summary.image.into() }
    }
}
