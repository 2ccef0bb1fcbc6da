//! What is attached to images in registries.

use limpid_model::{Attachment, AttachmentKind, Digest, Signer};
use serde::{Deserialize, Serialize};

use super::values::DigestBytes;
use crate::define::define_table;
use crate::{Error, table};

define_table! {
    /// The table. Of an image, the last row says what is attached to it, as far as it is known now.
    Attached = 58 "attached";

    /// What was attached to an image, and since when that is known.
    key {
        /// The image.
        image: Digest,
        /// In milliseconds since 1970.
        since: u64,
    }
}

/// All that is attached to an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row(Vec<Stored>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stored {
    kind: Kind,
    from: String,
    about: DigestBytes,
    signer: Option<StoredSigner>,
    unused: Option<String>,
    extension: String,
    size: u64,
    #[serde(with = "serde_bytes")]
    packed: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum StoredSigner {
    /// The file of a key, and the key's fingerprint.
    Key(String, String),
    /// A subject, and who vouches for it.
    Identity(String, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Vex,
    Sbom,
    Unknown,
}

impl table::Row for Row {
    const VERSION: u8 = 2;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        let all = (version == 1).then(|| postcard::from_bytes::<Vec<SignedByKey>>(fields).ok()).flatten()?;
        Some(Self(all.into_iter().map(Stored::from).collect()))
    }
}

/// Version 1: who signs has a key.
#[derive(Deserialize)]
struct SignedByKey {
    kind: Kind,
    from: String,
    about: DigestBytes,
    signer: Option<(String, String)>,
    unused: Option<String>,
    extension: String,
    size: u64,
    #[serde(with = "serde_bytes")]
    packed: Vec<u8>,
}

impl From<SignedByKey> for Stored {
    fn from(stored: SignedByKey) -> Self {
        let SignedByKey { kind, from, about, signer, unused, extension, size, packed } = stored;
        let signer = signer.map(|(file, fingerprint)| StoredSigner::Key(file, fingerprint));
        Self { kind, from, about, signer, unused, extension, size, packed }
    }
}

/// An attached document, and what it says where it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is, and whether it counts.
    pub attachment: Attachment,
    /// How names of files of its form end.
    pub extension: String,
    /// What it says; empty where it does not count.
    pub bytes: Vec<u8>,
}

impl Row {
    /// Packs all that is attached to an image.
    ///
    /// # Errors
    /// Where a document cannot be packed.
    pub fn pack(documents: &[Document]) -> Result<Self, Error> {
        let stored = |document: &Document| {
            let Document { attachment, extension, bytes } = document;
            Ok(Stored {
                kind: attachment.kind.into(),
                from: attachment.from.clone(),
                about: attachment.about.into(),
                signer: attachment.signer.clone().map(StoredSigner::from),
                unused: attachment.unused.clone(),
                extension: extension.clone(),
                size: bytes.len() as u64,
                packed: zstd::bulk::compress(bytes, 3).map_err(|error| corrupt(&error.to_string()))?,
            })
        };
        documents.iter().map(stored).collect::<Result<_, _>>().map(Self)
    }

    /// All that is attached to the image.
    ///
    /// # Errors
    /// What is stored cannot be unpacked.
    pub fn unpack(self) -> Result<Vec<Document>, Error> {
        self.0.into_iter().map(Stored::unpack).collect()
    }
}

impl Stored {
    fn unpack(self) -> Result<Document, Error> {
        let size = usize::try_from(self.size).map_err(|_| corrupt("its size"))?;
        let bytes =
            zstd::bulk::decompress(&self.packed, size).map_err(|error| corrupt(&error.to_string()))?;
        let signer = self.signer.map(Signer::from);
        let (kind, about) = (self.kind.into(), self.about.into());
        let attachment = Attachment { kind, from: self.from, about, signer, unused: self.unused };
        Ok(Document { attachment, extension: self.extension, bytes })
    }
}

impl From<Signer> for StoredSigner {
    fn from(signer: Signer) -> Self {
        match signer {
            Signer::Key { file, fingerprint } => Self::Key(file, fingerprint),
            Signer::Identity { subject, issuer } => Self::Identity(subject, issuer),
        }
    }
}

impl From<StoredSigner> for Signer {
    fn from(signer: StoredSigner) -> Self {
        match signer {
            StoredSigner::Key(file, fingerprint) => Self::Key { file, fingerprint },
            StoredSigner::Identity(subject, issuer) => Self::Identity { subject, issuer },
        }
    }
}

impl From<AttachmentKind> for Kind {
    fn from(kind: AttachmentKind) -> Self {
        match kind {
            AttachmentKind::Vex => Self::Vex,
            AttachmentKind::Sbom => Self::Sbom,
            AttachmentKind::Unknown => Self::Unknown,
        }
    }
}

impl From<Kind> for AttachmentKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Vex => Self::Vex,
            Kind::Sbom => Self::Sbom,
            Kind::Unknown => Self::Unknown,
        }
    }
}

fn corrupt(why: &str) -> Error {
    Error::Corrupt { table: "attached", what: "row", why: why.to_owned() }
}
