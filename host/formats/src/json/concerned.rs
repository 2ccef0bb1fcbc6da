use limpid_model::{AffectedImage, Page};
use limpid_model::{Digest, Severity, Status};
use serde::Serialize;

/// A package of a layer that a vulnerability concerns.
#[derive(Clone, Debug, Serialize)]
pub struct ConcernedPackage {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The layer that holds it.
    pub layer: String,
    /// The file that states it.
    pub path: String,
    /// What is said of it.
    pub status: &'static str,
    /// How bad it is.
    pub severity: &'static str,
    /// The nearest version that mends it.
    pub fixed_version: Option<String>,
    /// The feed that says so.
    pub feed: String,
    /// Where it is published.
    pub namespace: String,
}

/// Images that a vulnerability concerns.
#[derive(Clone, Debug, Serialize)]
pub struct ConcernedImages {
    /// By digest.
    pub images: Vec<Concerned>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// An image that a vulnerability concerns.
#[derive(Clone, Debug, Serialize)]
pub struct Concerned {
    /// Digest of its configuration.
    pub digest: String,
    /// Its names.
    pub names: Vec<String>,
    /// The packages by which it is concerned.
    pub packages: Vec<ConcernedPackage>,
}

impl From<limpid_model::AffectedPackage> for ConcernedPackage {
    fn from(package: limpid_model::AffectedPackage) -> Self {
        Self {
            name: package.name,
            version: package.version,
            layer: package.diff_id.to_string(),
            path: package.path,
            status: Status::as_str(package.status),
            severity: Severity::as_str(package.severity),
            fixed_version: package.fixed_version,
            feed: package.feed,
            namespace: package.namespace,
        }
    }
}

impl From<Page<AffectedImage, Digest>> for ConcernedImages {
    fn from(page: Page<AffectedImage, Digest>) -> Self {
        let concerned = |image: AffectedImage| Concerned {
            digest: image.image.to_string(),
            names: image.names,
            packages: image.packages.iter().cloned().map(ConcernedPackage::from).collect(),
        };
        Self {
            images: page.items.into_iter().map(concerned).collect(),
            next: page.next.map(|digest| digest.to_string()),
        }
    }
}
