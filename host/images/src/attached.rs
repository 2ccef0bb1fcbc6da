//! Documents that are attached to images in a registry or an OCI layout: VEX and bills of materials.
//!
//! They are found where tools leave them: among the referrers of a manifest, under Cosign's tag of its attestations,
//! and beside it in an index, as BuildKit does. Nothing that is attached is believed because it is there: whoever may
//! push to a repository may attach to its images. What counts is who of the settings has signed a statement that
//! names the image ([`AttachedSettings`]).

mod contents;
mod search;
mod wrapped;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use limpid_model::{Attachment, AttachmentKind, seconds};
use limpid_signature::{IdentitiesError, TrustedIdentities, TrustedKeysError};
use serde::{Deserialize, Serialize};

pub(crate) use search::{Artifacts, BesideImage, NotRead, REFERRERS, Search};
use wrapped::Trusted;

/// Longest file of keys, and longest trusted root, in bytes.
const KEY_FILE: u64 = 1 << 20;

/// What of that which is attached to images in registries counts: the settings `attached.*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttachedSettings {
    /// Which VEX documents count.
    pub vex: Belief,
    /// Which bills of materials count.
    pub sboms: Belief,
    /// Files with public keys (PEM) of those whose signatures count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<PathBuf>,
    /// Those whose signatures with certificates of Sigstore (*keyless*) count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<AttachedIdentity>,
    /// The file `trusted_root.json` of the instance of Sigstore; without one, what this program knows of the public one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_root: Option<PathBuf>,
    /// Documents of one manifest or index that are looked at.
    pub documents: u64,
    /// Referrers of one manifest or index.
    pub referrers: u64,
    /// Size of one document.
    pub document_bytes: u64,
    /// Size of all documents of one manifest or index.
    pub total_bytes: u64,
    /// How long it may take to look for those of one manifest or index, in seconds. What is under way when it is over
    /// is ended by the limits of registries.
    #[serde(with = "seconds")]
    pub time: Duration,
}

/// Whose keyless signatures count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachedIdentity {
    /// Who vouches for them: the address of an OIDC issuer.
    pub issuer: String,
    /// A glob of subjects: addresses of workflows, or of mailboxes. `*` does not go over a slash, `**` does.
    pub subject: String,
}

/// Which documents count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Belief {
    /// None.
    Off,
    /// Those that somebody of the settings has signed.
    #[default]
    Verified,
    /// All, whoever attached them.
    Any,
}

impl Default for AttachedSettings {
    fn default() -> Self {
        Self {
            vex: Belief::Verified,
            sboms: Belief::Verified,
            keys: Vec::new(),
            identities: Vec::new(),
            trusted_root: None,
            documents: 64,
            referrers: 1_000,
            document_bytes: 16 << 20,
            total_bytes: 64 << 20,
            time: Duration::from_secs(120),
        }
    }
}

/// What of that which is attached counts, with the keys and identities that the settings name.
#[derive(Clone, Debug, Default)]
pub struct Attaching {
    settings: AttachedSettings,
    trusted: Trusted,
}

/// Why those whom the settings name cannot be told by their signatures.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file cannot be read.
    #[error("`{}` of setting `{setting}` cannot be read", path.display())]
    File {
        /// Of which setting.
        setting: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It holds no keys.
    #[error("`{}` of setting `attached.keys` cannot be used: {why}", path.display())]
    Keys {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: TrustedKeysError,
    },
    /// Identities cannot be used, or the trusted root.
    #[error("setting `attached.{setting}` cannot be used: {why}")]
    Identities {
        /// Which setting.
        setting: &'static str,
        /// What is wrong with it.
        why: IdentitiesError,
    },
}

impl Attaching {
    /// Why it has taken too long to look for what is attached, since `begun`.
    pub(crate) fn why_too_long(&self, begun: Instant) -> Option<String> {
        let limit = self.settings.time;
        (begun.elapsed() > limit).then(|| {
            let limit = limit.as_secs();
            format!("looking for what is attached takes longer than {limit} s, the limit of setting `attached.time`")
        })
    }

    /// How many documents of one image are kept.
    pub const fn documents(&self) -> u64 {
        self.settings.documents
    }

    /// Reads the keys and the trusted root that the settings name.
    ///
    /// # Errors
    /// A file cannot be read, or holds nothing that can be used.
    pub fn new(settings: AttachedSettings) -> Result<Self, KeysError> {
        let mut trusted = Trusted::default();
        for path in &settings.keys {
            let text = read("attached.keys", path)?;
            let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let added = trusted.keys.add(&name, &text);
            added.map_err(|why| KeysError::Keys { path: path.clone(), why })?;
        }
        let root =
            settings.trusted_root.as_deref().map(|path| read("attached.trusted_root", path)).transpose()?;
        let identities = settings.identities.iter().map(|it| (it.issuer.as_str(), it.subject.as_str()));
        trusted.identities = TrustedIdentities::new(identities, root.as_deref()).map_err(|why| {
            let is_root = matches!(why, IdentitiesError::Root(_));
            KeysError::Identities { setting: if is_root { "trusted_root" } else { "identities" }, why }
        })?;
        Ok(Self { settings, trusted })
    }

    /// Whether registries are asked: where nothing that they answer could count, they are not.
    pub fn asks(&self) -> bool {
        let could_count = |belief| match belief {
            Belief::Off => false,
            Belief::Verified => self.trusted.is_anybody(),
            Belief::Any => true,
        };
        could_count(self.settings.vex) || could_count(self.settings.sboms)
    }

    /// Referrers of one manifest or index that are listed at most (`attached.referrers`).
    pub const fn referrers(&self) -> u64 {
        self.settings.referrers
    }

    /// Why a document does not count that was not found wanting when it was fetched; none where it does. Whom the
    /// settings no longer name vouches for nothing.
    pub fn why_unused(&self, attachment: &Attachment) -> Option<String> {
        let setting = match attachment.kind {
            AttachmentKind::Vex => "attached.vex",
            AttachmentKind::Sbom => "attached.sboms",
            AttachmentKind::Unknown => return None,
        };
        let is_verified = attachment.signer.as_ref().is_some_and(|signer| self.trusted.trusts(signer));
        match self.belief(attachment.kind) {
            Belief::Off => Some(format!("setting `{setting}` is `off`")),
            Belief::Verified if !is_verified => {
                Some("nobody of settings `attached.keys` and `attached.identities` vouches for it".to_owned())
            }
            Belief::Verified | Belief::Any => None,
        }
    }

    const fn belief(&self, kind: AttachmentKind) -> Belief {
        match kind {
            AttachmentKind::Vex => self.settings.vex,
            AttachmentKind::Sbom => self.settings.sboms,
            AttachmentKind::Unknown => Belief::Off,
        }
    }
}

fn read(setting: &'static str, path: &Path) -> Result<String, KeysError> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(KEY_FILE).read_to_string(&mut text));
    read.map_err(|source| KeysError::File { setting, path: path.to_owned(), source })?;
    Ok(text)
}

/// An attached document that was found, and its content where it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundAttachment {
    /// What it is, and whether it counts.
    pub attachment: Attachment,
    /// How names of files of its form end: `cdx.json`.
    pub extension: &'static str,
    /// The document, without what it was wrapped in; empty where it does not count.
    pub bytes: Vec<u8>,
}

#[cfg(test)]
mod tests;
