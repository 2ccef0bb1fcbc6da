//! What is attached to an image in its registry.

use crate::Digest;

/// A document that is attached to an image in its registry, as it was when the image was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// What it is.
    pub kind: AttachmentKind,
    /// Where it is, for people: `referrer sha256:…`, `tag sha256-….att`, `index sha256:…`.
    pub from: String,
    /// The manifest or index to which it is attached.
    pub about: Digest,
    /// The key of the settings by which it was verified; none where none has signed it.
    pub signer: Option<Signer>,
    /// Why nothing is concluded from it; none where it counts.
    pub unused: Option<String>,
}

/// What an attached document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttachmentKind {
    /// What somebody states of products.
    Vex,
    /// A bill of materials.
    Sbom,
    /// Nobody could read what it is.
    Unknown,
}

impl AttachmentKind {
    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vex => "vex",
            Self::Sbom => "sbom",
            Self::Unknown => "unknown",
        }
    }
}

/// A key that has signed something, as the settings name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The file of the key.
    pub key: String,
    /// Which key it is, whatever its file is called: `sha256:` and 64 hexadecimal digits.
    pub fingerprint: String,
}
