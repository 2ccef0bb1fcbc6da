use crate::report::{Finding, InstalledPackage, LayerChanges, Suppressed, UnreadLayer};
use crate::{Digest, Image, Severity, Status, Text};

/// The chain of each number of layers, from one on: what a stack of layers is known by
/// ([ChainID](https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid)).
pub fn chains(image: &Image) -> Vec<Digest> {
    let mut chains: Vec<Digest> = Vec::with_capacity(image.layers.len());
    for layer in &image.layers {
        chains.push(match chains.last() {
            None => layer.diff_id,
            Some(below) => Digest::of(format!("{below} {}", layer.diff_id).as_bytes()),
        });
    }
    chains
}

/// An image upon which another was built: its layers are the lowest of the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseImage {
    /// Digest of its configuration.
    pub id: Digest,
    /// Its names; none where it was indexed without any.
    pub names: Vec<String>,
    /// How many layers it has.
    pub layers: usize,
}

/// Whether something came with the base image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provenance {
    /// It did.
    Base,
    /// It is of a layer above that.
    Own,
}

impl Provenance {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Base, Self::Own];

    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Own => "own",
        }
    }

    /// The one of that word; none where there is no such.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.as_str() == word)
    }
}

impl BaseImage {
    /// Where the layer at a place comes from.
    pub const fn provenance(&self, layer: usize) -> Provenance {
        if layer < self.layers { Provenance::Base } else { Provenance::Own }
    }
}

/// The newest image of the repository of a base image, of its platform, and what it would change there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recommendation {
    /// Digest of its configuration.
    pub id: Digest,
    /// Its names.
    pub names: Vec<String>,
    /// When it was made, RFC 3339, as its configuration says.
    pub created: Option<String>,
    /// Findings of the base image that it does not have.
    pub removes: usize,
    /// Findings that it has and the base image does not.
    pub adds: usize,
    /// Whether all images of the repository were looked at; otherwise there may be a newer one (setting
    /// `reports.base_candidates`).
    pub is_newest_known: bool,
    /// Whether all of both images was read and judged; otherwise what it removes may only be unknown.
    pub is_complete: bool,
}

/// What each layer of an image did.
#[derive(Clone, Debug)]
pub struct LayerReport {
    /// The image.
    pub image: Image,
    /// The image upon which it was built, where that is known.
    pub base: Option<BaseImage>,
    /// Its layers, lowest first.
    pub layers: Vec<ReportedLayer>,
}

/// What one layer did.
#[derive(Clone, Debug)]
pub struct ReportedLayer {
    /// How large it is; none where it was never read.
    pub size: Option<LayerSize>,
    /// Why it could not be read: then nothing is known of what it did.
    pub unread: Option<UnreadLayer>,
    /// What it did to the packages.
    pub packages: LayerChanges,
    /// What affects the image from this layer on.
    pub introduced: Vec<LayerFinding>,
    /// What does no longer, and the version of the package then; none where that is gone.
    pub cleared: Vec<(LayerFinding, Option<Text>)>,
}

/// How large a layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerSize {
    /// Bytes of the form in which it was read.
    pub stored: u64,
    /// Bytes of its tar.
    pub inflated: u64,
}

/// A finding as layers are described by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerFinding {
    /// The same as in the report of the image.
    pub fingerprint: String,
    /// The vulnerability, as all publishers call it.
    pub vulnerability: Text,
    /// How bad it is; unknown where nobody has rated it.
    pub severity: Severity,
    /// What the publisher says of the version.
    pub status: Status,
    /// Name of the package.
    pub package: Text,
    /// Its version.
    pub version: Text,
    /// Its architecture.
    pub arch: Option<Text>,
    /// The nearest version that is not affected.
    pub fixed_version: Option<Text>,
    /// Whether it is known to be exploited.
    pub exploited: bool,
}

/// In what two images differ.
#[derive(Clone, Debug)]
pub struct ImageDifference {
    /// The first.
    pub before: Image,
    /// The second.
    pub after: Image,
    /// Upon what each was built, where that is known.
    pub bases: (Option<BaseImage>, Option<BaseImage>),
    /// Packages only in the second.
    pub added: Vec<InstalledPackage>,
    /// Packages only in the first.
    pub removed: Vec<InstalledPackage>,
    /// Packages of another version: in the first and in the second.
    pub changed: Vec<(InstalledPackage, InstalledPackage)>,
    /// The findings.
    pub findings: FindingDifference,
    /// Why the comparison cannot be relied on in full; empty where it can.
    pub doubts: Vec<Doubt>,
}

/// In which findings two images differ.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FindingDifference {
    /// Only in the second, where they count.
    pub added: Vec<Finding>,
    /// Only in the first, where they count.
    pub removed: Vec<Finding>,
    /// Counted in both, with another status, severity or fixed version: in the first and in the second.
    pub changed: Vec<(Finding, Finding)>,
    /// Counted in the first and suppressed in the second: as they are there.
    pub suppressed: Vec<Suppressed>,
    /// Suppressed in the first and counted in the second: as they are in the second, and why they did not count in
    /// the first.
    pub counted: Vec<Suppressed>,
    /// Only in the second, where they do not count.
    pub added_suppressed: Vec<Suppressed>,
    /// Only in the first, where they do not count.
    pub removed_suppressed: Vec<Suppressed>,
}

/// Something that is not known of one of two images or both, so that they may differ otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Of which.
    pub of: DoubtOf,
    /// A code for programs: that of a gap of the report, or `other-detectors`.
    pub code: String,
    /// For people.
    pub message: String,
}

/// Of which of two images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DoubtOf {
    /// The first.
    Before,
    /// The second.
    After,
    /// Both, alike.
    Both,
}

impl DoubtOf {
    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
            Self::Both => "both",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ImageLayer, Platform};

    #[test]
    fn a_chain_is_that_of_the_specification() {
        let digests = [Digest::of(b"a"), Digest::of(b"b"), Digest::of(b"c")];
        let layers = digests.map(|diff_id| ImageLayer { diff_id, created_by: None }).to_vec();
        let image = Image {
            id: Digest::of(b"image"),
            manifests: Vec::new(),
            names: Vec::new(),
            platform: Platform::default(),
            created: None,
            labels: Vec::new(),
            layers,
        };
        let two = Digest::of(format!("{} {}", digests[0], digests[1]).as_bytes());
        let three = Digest::of(format!("{two} {}", digests[2]).as_bytes());
        assert_eq!(chains(&image), [digests[0], two, three]);
    }
}
