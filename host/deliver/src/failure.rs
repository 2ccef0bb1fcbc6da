use std::time::Duration;

/// Why a message was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing is ever sent to this target.
    #[error("{0}")]
    Never(String),
    /// The receiver wants nothing any more.
    #[error("the receiver answers 410: it is gone")]
    Gone,
    /// The receiver says when to come again.
    #[error("{why}")]
    Later {
        /// What it answers.
        why: String,
        /// After how long.
        after: Duration,
    },
    /// Anything else: nobody answers, not in time, or with an error.
    #[error("{0}")]
    Failed(String),
}

impl Failure {
    pub(crate) fn failed(why: impl Into<String>) -> Self {
        Self::Failed(why.into())
    }
}
