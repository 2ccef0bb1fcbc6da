use crate::Digest;

/// An image that holds a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageHolder {
    /// The image.
    pub image: Digest,
    /// Its names.
    pub names: Vec<String>,
    /// The installed versions, with the layer and the file of each.
    pub installed: Vec<InstalledVersion>,
}

/// A version that is installed in an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstalledVersion {
    /// Name of the package; another than was asked for where that is the source package's.
    pub name: String,
    /// The version.
    pub version: String,
    /// The layer.
    pub diff_id: Digest,
    /// The file that states it.
    pub path: String,
}
