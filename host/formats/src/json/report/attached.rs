use limpid_model::report;
use serde::{Deserialize, Serialize};

use crate::json::Word;

/// A document that is attached to the image in its registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Attachment {
    /// `vex`, `sbom`, or `unknown` where nobody could read what it is.
    pub kind: Word,
    /// Where it is, for people.
    pub from: String,
    /// Digest of the manifest or index to which it is attached.
    pub about: String,
    /// The key by which it was verified; null where none of the settings has signed it.
    pub signed_by: Option<SignedBy>,
    /// Why nothing is concluded from it; null where it counts.
    pub unused: Option<String>,
}

/// A key of the settings that has signed something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SignedBy {
    /// The name of its file.
    pub key: String,
    /// Which key it is: `sha256:` and the digest of the public key (`SubjectPublicKeyInfo`, DER).
    pub fingerprint: String,
}

/// Where an attached document was found, and who vouches for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AttachedTo {
    /// Where it is, for people.
    pub from: String,
    /// Digest of the manifest or index to which it is attached: one of the image, or of one upon which it was built.
    pub about: String,
    /// The key by which it was verified; null where the settings believe everybody.
    pub signed_by: Option<SignedBy>,
}

impl AttachedTo {
    /// Who vouches for it, in words that go on after what it is.
    pub fn vouched(&self) -> String {
        match &self.signed_by {
            Some(signed_by) => format!("attached, signed by `{}`", signed_by.key),
            None => "attached, not verified".to_owned(),
        }
    }
}

impl From<limpid_model::Signer> for SignedBy {
    fn from(signer: limpid_model::Signer) -> Self {
        Self { key: signer.key, fingerprint: signer.fingerprint }
    }
}

impl From<limpid_model::Attachment> for Attachment {
    fn from(attachment: limpid_model::Attachment) -> Self {
        Self {
            kind: attachment.kind.as_str().into(),
            from: attachment.from,
            about: attachment.about.to_string(),
            signed_by: attachment.signer.map(SignedBy::from),
            unused: attachment.unused,
        }
    }
}

impl From<report::AttachedTo> for AttachedTo {
    fn from(attached: report::AttachedTo) -> Self {
        let signed_by = attached.signer.map(SignedBy::from);
        Self { from: attached.from, about: attached.about, signed_by }
    }
}
