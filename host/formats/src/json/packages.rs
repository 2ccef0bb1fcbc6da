use std::fmt::Display;

use limpid_model::{PackageHolder, Page};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Images that hold a package.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Holders {
    /// By digest where few layers hold it, and else by version. There may be none on a page that another follows.
    pub images: Vec<HolderImage>,
    /// Where the next page begins.
    #[schema(required)]
    pub next: Option<String>,
}

/// An image that holds a package.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HolderImage {
    /// Digest of its configuration.
    pub digest: String,
    /// Its names.
    pub names: Vec<String>,
    /// The versions that it holds.
    pub packages: Vec<InstalledVersion>,
}

/// A version that an image holds.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InstalledVersion {
    /// Name of the package; another than was asked for where that is the source package's.
    pub name: String,
    /// The version.
    pub version: String,
    /// The layer that holds it.
    pub layer: String,
    /// The file that states it.
    pub path: String,
}

impl<P: Display> From<Page<PackageHolder, P>> for Holders {
    fn from(page: Page<PackageHolder, P>) -> Self {
        let image = |holder: PackageHolder| HolderImage {
            digest: holder.image.to_string(),
            names: holder.names,
            packages: holder.installed.into_iter().map(InstalledVersion::from).collect(),
        };
        Self {
            images: page.items.into_iter().map(image).collect(),
            next: page.next.map(|position| position.to_string()),
        }
    }
}

impl From<limpid_model::InstalledVersion> for InstalledVersion {
    fn from(installed: limpid_model::InstalledVersion) -> Self {
        Self {
            name: installed.name,
            version: installed.version,
            layer: installed.diff_id.to_string(),
            path: installed.path,
        }
    }
}
