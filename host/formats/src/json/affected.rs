use std::fmt::Display;

use limpid_model::{AffectedImage, Page, Severity, Status};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Word;

/// A package of a layer that a vulnerability affects.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AffectedPackage {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The layer that holds it.
    pub layer: String,
    /// The file that states it.
    pub path: String,
    /// What is stated of it.
    #[schema(value_type = String)]
    pub status: Word,
    /// How bad it is.
    #[schema(value_type = String)]
    pub severity: Word,
    /// The nearest version that fixes it.
    #[schema(required)]
    pub fixed_version: Option<String>,
    /// The feed that says so.
    pub feed: String,
    /// Where it is published.
    pub namespace: String,
}

/// Images that a vulnerability affects.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AffectedImages {
    /// By digest where few layers bring it in, and else by the packages that do. There may be none on a page that
    /// another follows.
    pub images: Vec<Affected>,
    /// Where the next page begins.
    #[schema(required)]
    pub next: Option<String>,
}

/// An image that a vulnerability affects.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Affected {
    /// Digest of its configuration.
    pub digest: String,
    /// Its names.
    pub names: Vec<String>,
    /// The packages by which it is affected.
    pub packages: Vec<AffectedPackage>,
}

impl From<limpid_model::AffectedPackage> for AffectedPackage {
    fn from(package: limpid_model::AffectedPackage) -> Self {
        Self {
            name: package.name,
            version: package.version,
            layer: package.diff_id.to_string(),
            path: package.path,
            status: Status::as_str(package.status).into(),
            severity: Severity::as_str(package.severity).into(),
            fixed_version: package.fixed_version,
            feed: package.feed,
            namespace: package.namespace,
        }
    }
}

impl<P: Display> From<Page<AffectedImage, P>> for AffectedImages {
    fn from(page: Page<AffectedImage, P>) -> Self {
        let affected = |image: AffectedImage| Affected {
            digest: image.image.to_string(),
            names: image.names,
            packages: image.packages.iter().cloned().map(AffectedPackage::from).collect(),
        };
        Self {
            images: page.items.into_iter().map(affected).collect(),
            next: page.next.map(|position| position.to_string()),
        }
    }
}
