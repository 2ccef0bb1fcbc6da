use crate::{Digest, Submission};

/// A submission that was acknowledged. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Grows with each submission.
    pub id: u64,
    /// How far it is.
    pub state: JobState,
    /// When it was acknowledged.
    pub created: u64,
    /// When its state last changed.
    pub updated: u64,
    /// Where its images come from.
    pub submission: Submission,
    /// Whether secrets came with it. They live in the memory of the process that took it, and nowhere else.
    pub with_secrets: bool,
    /// The images that it brought, by the digest of their configuration.
    pub images: Vec<Digest>,
    /// Layers that were read.
    pub layers_read: u64,
    /// Layers of which everything was known already.
    pub layers_known: u64,
}

/// How far a submission is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Acknowledged: nothing that happens to the process loses it.
    Queued,
    /// Being indexed.
    Running,
    /// It could not be indexed for a reason that is not its input's, and is tried again.
    Waiting {
        /// Why it could not.
        reason: String,
        /// How often it was tried.
        attempts: u32,
        /// When it is tried again at the latest, in milliseconds since 1970.
        next: u64,
    },
    /// Its images are known.
    Done,
    /// Refused: its input cannot be used, however often it is tried.
    Failed {
        /// For programs.
        code: String,
        /// For people.
        message: String,
    },
}

impl JobState {
    /// Whether nothing more will happen.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Done | Self::Failed { .. })
    }
}
