use std::io;

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
    #[error("{what} is over {limit}, the limit of setting `documents.{setting}`")]
    OverLimit {
        /// What is too large.
        what: String,
        /// The field of [`Limits`](crate::Limits).
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

/// Tells damage of the file from failure of the machine: decoders speak of both, and not all of
/// them in the same way. What the system did not say, the decoder found.
pub(crate) fn told(error: io::Error) -> io::Error {
    let ours = error.get_ref().is_some_and(|inner| inner.is::<Error>());
    if ours || error.raw_os_error().is_some() || error.kind() == io::ErrorKind::Interrupted {
        return error;
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => damaged(format!("it ends early: {error}")),
        _ => damaged(error.to_string()),
    }
}
