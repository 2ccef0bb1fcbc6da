//! Submissions that were acknowledged, under way or ended.

use limpid_model::{
    Digest, ImageReference, Job, JobState, LayerAddress, LayerAddresses, Naming, Platform, Platforms,
    Submission,
};
use serde::{Deserialize, Serialize};

use super::values::DigestBytes;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table. Keys grow with each submission.
    Jobs = 11 "jobs", key u64;
}

/// A submission. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// How far it is.
    state: State,
    /// When it was acknowledged.
    created: u64,
    /// When its state last changed.
    updated: u64,
    /// Where its images come from.
    submission: Stored,
    /// Whether secrets came with it, which are stored nowhere.
    with_secrets: bool,
    /// The images that it brought.
    images: Vec<DigestBytes>,
    /// Layers that were read.
    layers_read: u64,
    /// Layers that were known already.
    layers_known: u64,
}

impl table::Row for Row {
    const VERSION: u8 = 2;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        let old: Archives = (version == 1).then(|| postcard::from_bytes(fields).ok()).flatten()?;
        Some(Self {
            state: old.state,
            created: old.created,
            updated: old.updated,
            submission: Stored::Archive { bytes: old.archive_bytes },
            with_secrets: false,
            images: old.images,
            layers_read: old.layers_read,
            layers_known: old.layers_known,
        })
    }
}

/// Version 1: every submission was an archive.
#[derive(Deserialize)]
struct Archives {
    state: State,
    created: u64,
    updated: u64,
    archive_bytes: u64,
    images: Vec<DigestBytes>,
    layers_read: u64,
    layers_known: u64,
}

/// Where the images of a submission come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stored {
    /// An archive, which is on disk, of so many bytes.
    Archive { bytes: u64 },
    /// An image of a registry; no platforms are all of them.
    Reference { reference: String, platforms: Option<Vec<StoredPlatform>> },
    /// A manifest: digest of it, digest and address of each layer.
    Addresses { hash: DigestBytes, layers: Vec<(DigestBytes, String)> },
    /// An image of a registry that a watch asks for.
    Watched { reference: String, platforms: Option<Vec<StoredPlatform>>, naming: StoredNaming },
}

/// What the images of a reference are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum StoredNaming {
    /// By its digest, or else by its tag.
    Reference,
    /// By its tag.
    Tag,
    /// As they are called already.
    Known,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredPlatform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

/// How far a submission is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// Acknowledged.
    Queued,
    /// Being indexed; taken up again where the process ends meanwhile.
    Running,
    /// Its images are there.
    Done,
    /// Refused: a code for programs and a sentence for people.
    Failed {
        /// For programs.
        code: String,
        /// For people.
        message: String,
    },
}

impl Row {
    /// The job of that number. It waits nowhere: whether a job is being indexed or waits, only the process
    /// knows that does so.
    pub fn into_job(self, id: u64) -> Job {
        Job {
            id,
            state: match self.state {
                State::Queued => JobState::Queued,
                State::Running => JobState::Running,
                State::Done => JobState::Done,
                State::Failed { code, message } => JobState::Failed { code, message },
            },
            created: self.created,
            updated: self.updated,
            submission: self.submission.into(),
            with_secrets: self.with_secrets,
            images: self.images.into_iter().map(Digest::from).collect(),
            layers_read: self.layers_read,
            layers_known: self.layers_known,
        }
    }
}

impl From<&Job> for Row {
    fn from(job: &Job) -> Self {
        Self {
            state: match &job.state {
                JobState::Queued | JobState::Waiting { .. } => State::Queued,
                JobState::Running => State::Running,
                JobState::Done => State::Done,
                JobState::Failed { code, message } => {
                    State::Failed { code: code.clone(), message: message.clone() }
                }
            },
            created: job.created,
            updated: job.updated,
            submission: (&job.submission).into(),
            with_secrets: job.with_secrets,
            images: job.images.iter().map(|&id| id.into()).collect(),
            layers_read: job.layers_read,
            layers_known: job.layers_known,
        }
    }
}

impl From<Stored> for Submission {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Archive { bytes } => Self::Archive { bytes },
            Stored::Reference { reference, platforms } => {
                Self::Reference(ImageReference { reference, platforms: meant(platforms) })
            }
            Stored::Watched { reference, platforms, naming } => Self::Watched {
                reference: ImageReference { reference, platforms: meant(platforms) },
                naming: match naming {
                    StoredNaming::Reference => Naming::Reference,
                    StoredNaming::Tag => Naming::Tag,
                    StoredNaming::Known => Naming::Known,
                },
            },
            Stored::Addresses { hash, layers } => {
                let layer = |(hash, uri): (DigestBytes, _)| LayerAddress { hash: hash.into(), uri };
                let layers = layers.into_iter().map(layer).collect();
                Self::Addresses(LayerAddresses { hash: hash.into(), layers })
            }
        }
    }
}

impl From<&Submission> for Stored {
    fn from(submission: &Submission) -> Self {
        match submission {
            Submission::Archive { bytes } => Self::Archive { bytes: *bytes },
            Submission::Reference(ImageReference { reference, platforms }) => {
                Self::Reference { reference: reference.clone(), platforms: stored(platforms) }
            }
            Submission::Watched { reference: ImageReference { reference, platforms }, naming } => {
                Self::Watched {
                    reference: reference.clone(),
                    platforms: stored(platforms),
                    naming: match naming {
                        Naming::Reference => StoredNaming::Reference,
                        Naming::Tag => StoredNaming::Tag,
                        Naming::Known => StoredNaming::Known,
                    },
                }
            }
            Submission::Addresses(LayerAddresses { hash, layers }) => Self::Addresses {
                hash: (*hash).into(),
                layers: layers.iter().map(|layer| (layer.hash.into(), layer.uri.clone())).collect(),
            },
        }
    }
}

fn meant(platforms: Option<Vec<StoredPlatform>>) -> Platforms {
    platforms.map_or(Platforms::All, |platforms| {
        Platforms::Only(platforms.into_iter().map(Platform::from).collect())
    })
}

fn stored(platforms: &Platforms) -> Option<Vec<StoredPlatform>> {
    match platforms {
        Platforms::All => None,
        Platforms::Only(platforms) => Some(platforms.iter().map(StoredPlatform::from).collect()),
    }
}

impl From<StoredPlatform> for Platform {
    fn from(StoredPlatform { os, architecture, variant }: StoredPlatform) -> Self {
        Self { os, architecture, variant }
    }
}

impl From<&Platform> for StoredPlatform {
    fn from(Platform { os, architecture, variant }: &Platform) -> Self {
        Self { os: os.clone(), architecture: architecture.clone(), variant: variant.clone() }
    }
}
