use std::io;

use limpid_bytes::{Error as Bytes, Limit};

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It ends early or contradicts itself.
    #[error("{0}")]
    Damaged(String),
    /// Well formed as far as can be told, but of a kind that is not read.
    #[error("{0}")]
    Unsupported(String),
    /// Over a limit that an operator can raise.
    #[error("{what} is over {limit}, the limit of setting `{setting}`")]
    OverLimit {
        /// What is too large.
        what: String,
        /// `documents.` and the field of [`Limits`](crate::Limits).
        setting: &'static str,
        /// Its value.
        limit: u64,
    },
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

pub(crate) fn damaged(why: impl Into<String>) -> io::Error {
    Error::Damaged(why.into()).into()
}

pub(crate) fn unsupported(why: impl Into<String>) -> io::Error {
    Error::Unsupported(why.into()).into()
}

pub(crate) fn over_limit(what: impl Into<String>, setting: &'static str, limit: u64) -> io::Error {
    Error::OverLimit { what: what.into(), setting, limit }.into()
}

/// What reading bytes failed with, as an error of documents.
pub(crate) fn of_bytes(error: Bytes) -> io::Error {
    match error {
        Bytes::Damaged { why, .. } => damaged(why),
        Bytes::Unsupported { why, .. } => unsupported(why),
        Bytes::OverLimit { what, limit: Limit { setting: "", value }, .. } => {
            unsupported(format!("{what} is over {value}, which no file comes near"))
        }
        Bytes::OverLimit { what, limit: Limit { setting, value }, .. } => over_limit(what, setting, value),
        Bytes::Window { limit: Limit { setting, value }, .. } => {
            over_limit("the memory to inflate it", setting, value)
        }
        // It may have passed through a reader, and hold what that failed with.
        Bytes::Io { source, .. } => told(source),
    }
}

/// The same of an error that came through a reader of bytes.
pub(crate) fn told(error: io::Error) -> io::Error {
    match error.downcast::<Bytes>() {
        Ok(error) => of_bytes(error),
        Err(error) => error,
    }
}
