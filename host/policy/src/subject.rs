//! What is decided about: an image, and the findings of it.

use std::fmt;

use limpid_model::Severity;
use limpid_purl::Purl;

/// An image, as far as policies and VEX documents speak of it.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// `repository:tag`, as the image was submitted.
    pub names: Vec<String>,
    /// The architecture that it runs on: `amd64`.
    pub architecture: String,
    /// Labels of its configuration.
    pub labels: Vec<(String, String)>,
    /// Digests by which somebody may call it: of its configuration and of its manifests.
    pub digests: Vec<String>,
    /// The images upon which it was built, as far as they are known.
    pub bases: Vec<Base>,
}

/// An image upon which another was built: its layers are the lowest of the other.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// Its names.
    pub names: Vec<String>,
    /// Digests of its configuration and of its manifests.
    pub digests: Vec<String>,
    /// How many layers it has.
    pub layers: usize,
}

/// A finding of an image, as far as policies and VEX documents speak of it.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    /// All identifiers of its vulnerability.
    pub identifiers: Vec<&'a str>,
    /// The package; none where its package URL is none.
    pub purl: Option<Purl>,
    /// Name of the package.
    pub name: &'a str,
    /// Its version, as its package manager writes it.
    pub version: &'a str,
    /// The scheme that orders its versions; none where that is not known here.
    pub scheme: Option<&'a str>,
    /// The package that it was built from.
    pub source: Option<Source<'a>>,
    /// The file that states the package.
    pub path: &'a str,
    /// Place of the layer that introduced it.
    pub layer: usize,
    /// Digest of that layer's tar.
    pub diff_id: &'a str,
    /// How bad it is.
    pub severity: Severity,
    /// Whether a version is known that fixes it.
    pub is_fixable: bool,
    /// When the advisory that counts was published.
    pub published: Option<&'a str>,
}

/// A package from which others are built.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
}

/// Who orders versions.
pub trait Order: fmt::Debug {
    /// A key for each version, in their order: keys of one scheme compare as the versions do. None for what it cannot
    /// order.
    fn keys(&self, scheme: &str, versions: &[&str]) -> Vec<Option<Vec<u8>>>;
}

impl Base {
    /// Whether it brought what is in a layer of the image built upon it.
    pub(crate) const fn brought(&self, layer: usize) -> bool {
        layer < self.layers
    }
}
