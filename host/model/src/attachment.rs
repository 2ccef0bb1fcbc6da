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
    /// Whose signature was verified; none where nobody of the settings has signed it.
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

/// Who has signed something, as the settings name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// Whoever has a key.
    Key {
        /// The file of the key.
        file: String,
        /// Which key it is, whatever its file is called: `sha256:` and 64 hexadecimal digits.
        fingerprint: String,
    },
    /// To whom an authority of Sigstore has issued a certificate.
    Identity {
        /// The address of a workflow, or of a mailbox.
        subject: String,
        /// Who vouches for the subject: the address of an OIDC issuer.
        issuer: String,
    },
}

impl Signer {
    /// What they are called.
    pub fn name(&self) -> &str {
        match self {
            Self::Key { file, .. } => file,
            Self::Identity { subject, .. } => subject,
        }
    }

    /// Who they are, whatever they are called: two that differ here are not the same.
    pub fn who(&self) -> [&str; 2] {
        match self {
            Self::Key { fingerprint, .. } => [fingerprint, ""],
            Self::Identity { subject, issuer } => [subject, issuer],
        }
    }
}
