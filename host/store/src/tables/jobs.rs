//! Submissions that were acknowledged, under way or ended.

use limpid_model::{Digest, Job, JobState};
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
    /// Length of the archive in bytes.
    archive_bytes: u64,
    /// The images that it brought.
    images: Vec<DigestBytes>,
    /// Layers that were read.
    layers_read: u64,
    /// Layers that were known already.
    layers_known: u64,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

/// How far a submission is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// Acknowledged: its archive is on disk.
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
            archive_bytes: self.archive_bytes,
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
            archive_bytes: job.archive_bytes,
            images: job.images.iter().map(|&id| id.into()).collect(),
            layers_read: job.layers_read,
            layers_known: job.layers_known,
        }
    }
}
