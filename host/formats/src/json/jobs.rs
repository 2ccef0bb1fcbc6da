use limpid_model::{JobState, Platforms, Submission};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Word, time};

/// A submission.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// Its number, as text.
    pub id: String,
    /// `queued`, `running`, `waiting`, `done` or `failed`.
    #[schema(value_type = String)]
    pub state: Word,
    /// When it was acknowledged.
    pub created: String,
    /// When its state last changed.
    pub updated: String,
    /// Where its images come from.
    #[serde(flatten)]
    pub submission: Submitted,
    /// Digests of the images that it brought.
    pub images: Vec<String>,
    /// Layers that were read.
    pub layers_read: u64,
    /// Layers of which everything was known.
    pub layers_known: u64,
    /// Why it failed.
    #[schema(required)]
    pub error: Option<JobError>,
    /// Why it waits and when it is tried again, where this machine could not do it.
    #[schema(required)]
    pub waiting: Option<Waiting>,
}

/// Where the images of a submission come from.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Submitted {
    /// An archive that was sent.
    Archive {
        /// Length of the archive that was sent.
        archive_bytes: u64,
    },
    /// An image of a registry.
    Reference {
        /// The image of a registry that was asked for, as it was given.
        reference: String,
        /// Which images of an index are meant, as `linux/amd64`; empty for all.
        platforms: Vec<String>,
    },
    /// A manifest with the addresses of its layers.
    Manifest {
        /// Digest of a manifest with the addresses of its layers.
        manifest: String,
    },
}

impl From<Submission> for Submitted {
    fn from(submission: Submission) -> Self {
        match submission {
            Submission::Archive { bytes } => Self::Archive { archive_bytes: bytes },
            Submission::Reference(wanted) | Submission::Watched { reference: wanted, .. } => {
                Self::Reference {
                    reference: wanted.reference,
                    platforms: match wanted.platforms {
                        Platforms::All => Vec::new(),
                        Platforms::Only(platforms) => platforms.iter().map(ToString::to_string).collect(),
                    },
                }
            }
            Submission::Addresses(addresses) => Self::Manifest { manifest: addresses.hash.to_string() },
        }
    }
}

/// Why a submission waits. Its input is kept, and it goes on by itself.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// What failed, for people.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again at the latest.
    pub next_try: String,
}

/// Why a submission failed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct JobError {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
}

impl From<limpid_model::Job> for Job {
    fn from(job: limpid_model::Job) -> Self {
        let (state, error, waiting) = match job.state {
            JobState::Queued => ("queued", None, None),
            JobState::Running => ("running", None, None),
            JobState::Waiting { reason, attempts, next } => {
                ("waiting", None, Some(Waiting { reason, attempts, next_try: time(next) }))
            }
            JobState::Done => ("done", None, None),
            JobState::Failed { code, message } => ("failed", Some(JobError { code, message }), None),
        };
        Self {
            id: job.id.to_string(),
            state: state.into(),
            created: time(job.created),
            updated: time(job.updated),
            submission: job.submission.into(),
            images: job.images.iter().map(ToString::to_string).collect(),
            layers_read: job.layers_read,
            layers_known: job.layers_known,
            error,
            waiting,
        }
    }
}
