use crate::Digest;

/// An image that was read whole and verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Digest of its configuration, which names its layers and their history: the image's
    /// identity, whatever archive it came in and however its layers were compressed.
    pub id: Digest,
    /// Digests of the manifests that it was submitted with; none for an archive without manifests.
    pub manifests: Vec<Digest>,
    /// `repository:tag`, as archives name it.
    pub names: Vec<String>,
    /// What it runs on.
    pub platform: Platform,
    /// When it was made, RFC 3339, as its configuration says.
    pub created: Option<String>,
    /// Labels of its configuration.
    pub labels: Vec<(String, String)>,
    /// Its layers, lowest first.
    pub layers: Vec<ImageLayer>,
}

impl Image {
    /// The label of an image that is no more than a bill of materials, which was submitted in the place of the image
    /// that it describes.
    pub const BILL_OF_MATERIALS: (&'static str, &'static str) = ("limpid.kind", "bill-of-materials");

    /// Whether it is no more than a bill of materials: of the image that this describes, neither layers nor files are
    /// known.
    pub fn is_bill_of_materials(&self) -> bool {
        let (label, kind) = Self::BILL_OF_MATERIALS;
        self.layers.len() == 1 && self.labels.iter().any(|(key, value)| key == label && value == kind)
    }
}

/// What an image runs on, in the words of the
/// [OCI image configuration](https://github.com/opencontainers/image-spec/blob/main/config.md).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Platform {
    /// `linux`.
    pub os: String,
    /// `amd64`, `arm64`.
    pub architecture: String,
    /// `v8`.
    pub variant: Option<String>,
}

/// A layer in its place in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageLayer {
    /// Digest of its uncompressed tar.
    pub diff_id: Digest,
    /// The command of the image's history that made it, where the history tells.
    pub created_by: Option<String>,
}

/// An entry of a layer: what it puts into or takes out of the file system below it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LayerEntry {
    /// Normalised, without a leading slash. For a whiteout, the path that it removes; for an
    /// opaque marker, the directory whose lower content it hides.
    pub path: String,
    /// What is there.
    pub kind: EntryKind,
    /// Which entry of the layer's tar it is, from 0: runtimes apply entries in this order.
    pub ordinal: u64,
    /// Where it leads, if it is a link.
    pub leads: Leads,
}

impl LayerEntry {
    /// An entry that leads nowhere else, the first of its tar.
    pub fn new(path: impl Into<String>, kind: EntryKind) -> Self {
        Self { path: path.into(), kind, ordinal: 0, leads: Leads::Nowhere }
    }
}

/// All that a layer puts into and takes out of the file system below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerEntries {
    /// Its last word on each path, by path and kind.
    pub last: Vec<LayerEntry>,
    /// What a later entry of the same layer replaced or removed. It counts only where something was
    /// written through it, or linked to it, in between.
    pub replaced: Vec<LayerEntry>,
}

/// What an entry of a layer is, as far as folding layers asks. Whiteouts are those of the
/// [OCI layer specification](https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// A directory: replaces a file of that path, joins a directory.
    Directory,
    /// A regular file, or a hard link to one.
    File,
    /// A symbolic link, device or the like: replaces whatever was there, a directory with all that
    /// it holds.
    Other,
    /// Removes the path, and all below it, of lower layers.
    Whiteout,
    /// Removes all below the path, of lower layers.
    Opaque,
}

/// Where an entry of a layer leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leads {
    /// It is no link, or nobody noted where it leads.
    Nowhere,
    /// A symbolic link with this target, as it is written.
    Symbolic(String),
    /// A hard link to this path, whose content is that of an entry of the same layer.
    Within(String, u64),
    /// A hard link to this path, which is of no entry of the same layer.
    Below(String),
}

/// A file of a layer that a container does not see at its path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HiddenFile {
    /// Place of the layer that has it.
    pub layer: usize,
    /// Its path in the layer.
    pub path: String,
    /// Place of the layer that hides it: the same where it is another file that is seen there from the
    /// beginning.
    pub by: usize,
}

/// A file that a container sees at a claimed path through links.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkedFile {
    /// The claimed path.
    pub path: String,
    /// Place of the layer that has the file.
    pub layer: usize,
    /// Place of the layer from which on it is seen there.
    pub since: usize,
}

/// An image in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSummary {
    /// The image.
    pub image: Image,
    /// When it was last indexed, in milliseconds since 1970.
    pub indexed_at: u64,
}
