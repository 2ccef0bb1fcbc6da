use std::collections::BTreeMap;

use crate::{Digest, Platform, Severity};

/// A repository of which images are known by name. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its name, without the registry and the folder that clients leave out.
    pub name: String,
    /// How many tags of it are known.
    pub tags: u64,
    /// How many images are known by a name of it, those included that a tag pointed at before.
    pub images: u64,
    /// When an image was last indexed by a name of it.
    pub last_indexed: Option<u64>,
}

/// A tag, what it points at, and what has changed since what it pointed at before. Times are milliseconds since
/// 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The tag.
    pub tag: String,
    /// Digest of the manifest or index that it points at; none where no source has said it.
    pub digest: Option<Digest>,
    /// Since when it is known to point there.
    pub since: u64,
    /// When what it points at was last indexed.
    pub indexed: u64,
    /// The images that it points at: one, or those of the platforms of an index.
    pub images: Vec<TaggedImage>,
    /// What it pointed at before; none where nothing else is known.
    pub previous: Option<PreviousTarget>,
}

/// What a tag pointed at before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousTarget {
    /// Digest of the manifest or index; none where no source has said it.
    pub digest: Option<Digest>,
    /// Since when it was known to point there.
    pub since: u64,
    /// Its images, as far as they are known still.
    pub images: Vec<Digest>,
}

/// An image that a tag points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedImage {
    /// The image.
    pub image: Digest,
    /// What it runs on.
    pub platform: Platform,
    /// When it was made, as its configuration says.
    pub created: Option<String>,
    /// Findings by severity, as its report counts them.
    pub findings: BTreeMap<Severity, u64>,
    /// What is so since the image of this platform before; none where there is none.
    pub change: Option<TagChange>,
}

/// How the findings of an image differ from those of the image before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagChange {
    /// The image before.
    pub from: Digest,
    /// Findings that the image before did not have.
    pub added: u64,
    /// Findings that only the image before has.
    pub removed: u64,
}
