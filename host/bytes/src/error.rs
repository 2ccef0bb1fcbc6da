use std::fmt;
use std::io;

use crate::Limit;

/// Why bytes could not be read. Callers convert it to their own error, which says what the bytes
/// are to them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// They end early or contradict themselves.
    #[error("{what} is damaged at byte {offset}: {why}")]
    Damaged {
        /// What was read.
        what: String,
        /// Where in it, in bytes; of the stored bytes where decompression failed.
        offset: u64,
        /// What is wrong there.
        why: String,
    },
    /// Well formed as far as can be told, but of a kind that is not read.
    #[error("{what} is not supported: {why}")]
    Unsupported {
        /// What was read.
        what: String,
        /// Which kind it is.
        why: String,
    },
    /// Over a limit of the caller.
    #[error("{what} is over {limit}: {found} found")]
    OverLimit {
        /// What is too large.
        what: String,
        /// The limit.
        limit: Limit,
        /// What was found; where reading stopped at the limit, the first value over it.
        found: u64,
    },
    /// A compressed stream asks its decoder to hold more of what was inflated than the limit allows.
    #[error("{what} needs a window of {codec} over {limit}")]
    Window {
        /// What was read.
        what: String,
        /// How it is compressed.
        codec: &'static str,
        /// The limit, in bytes.
        limit: Limit,
    },
    /// This machine failed, not the bytes.
    #[error("{doing} failed")]
    Io {
        /// What was being done.
        doing: String,
        /// What the system stated.
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// An [`Error::Damaged`].
    pub fn damaged(what: &str, offset: u64, why: impl Into<String>) -> Self {
        Self::Damaged { what: what.to_owned(), offset, why: why.into() }
    }

    /// An [`Error::Unsupported`].
    pub fn unsupported(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into(), why: why.into() }
    }

    /// Makes an [`Error::Io`] of what the system stated.
    pub fn io(doing: impl fmt::Display) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing: doing.to_string(), source }
    }
}

/// For readers of bytes, which know no other errors: an [`Error::Io`] becomes what the system stated,
/// all others an [`InvalidData`](io::ErrorKind::InvalidData) that holds them.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Io { source, .. } => source,
            error => Self::new(io::ErrorKind::InvalidData, error),
        }
    }
}
