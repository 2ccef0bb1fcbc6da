use limpid_model::report;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::Word;

/// A document that is attached to the image in its registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Attachment {
    /// `vex`, `sbom`, or `unknown` where nobody could read what it is.
    #[schema(value_type = String)]
    pub kind: Word,
    /// Where it is, for people.
    pub from: String,
    /// Digest of the manifest or index to which it is attached.
    pub about: String,
    /// Whose signature was verified; null where nobody of the settings has signed it.
    #[schema(required)]
    pub signed_by: Option<SignedBy>,
    /// Why nothing is concluded from it; null where it counts.
    #[schema(required)]
    pub unused: Option<String>,
}

/// Who of the settings has signed something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum SignedBy {
    /// Whoever has a key.
    Key {
        /// The name of its file.
        key: String,
        /// Which key it is: `sha256:` and the digest of the public key (`SubjectPublicKeyInfo`, DER).
        fingerprint: String,
    },
    /// To whom an authority of Sigstore has issued a certificate (keyless).
    Identity {
        /// The address of a workflow, or of a mailbox.
        identity: String,
        /// Who vouches for it: the address of an OIDC issuer.
        issuer: String,
    },
}

impl SignedBy {
    /// What they are called.
    pub fn name(&self) -> &str {
        match self {
            Self::Key { key, .. } => key,
            Self::Identity { identity, .. } => identity,
        }
    }
}

/// Where an attached document was found, and who vouches for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AttachedTo {
    /// Where it is, for people.
    pub from: String,
    /// Digest of the manifest or index to which it is attached: one of the image, or of one upon which it was built.
    pub about: String,
    /// Whose signature was verified; null where the settings believe everybody.
    #[schema(required)]
    pub signed_by: Option<SignedBy>,
}

impl AttachedTo {
    /// Who vouches for it, in words that go on after what it is.
    pub fn vouched(&self) -> String {
        match &self.signed_by {
            Some(signed_by) => format!("attached, signed by `{}`", signed_by.name()),
            None => "attached, not verified".to_owned(),
        }
    }
}

impl From<limpid_model::Signer> for SignedBy {
    fn from(signer: limpid_model::Signer) -> Self {
        match signer {
            limpid_model::Signer::Key { file, fingerprint } => Self::Key { key: file, fingerprint },
            limpid_model::Signer::Identity { subject, issuer } => {
                Self::Identity { identity: subject, issuer }
            }
        }
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
