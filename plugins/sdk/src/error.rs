use std::io;

use crate::bindings::types;

/// Why a plugin could not do what it was asked. The host goes on with everything else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The input is not what this plugin reads, or is damaged; says where and why.
    #[error("malformed: {0}")]
    Malformed(String),
    /// The input is of a kind or version that this plugin knows of but does not read.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// Any other reason.
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// The input is not what this plugin reads, or is damaged.
    pub fn malformed(why: impl ToString) -> Self {
        Self::Malformed(why.to_string())
    }

    /// The input is of a kind or version that this plugin knows of but does not read.
    pub fn unsupported(why: impl ToString) -> Self {
        Self::Unsupported(why.to_string())
    }

    /// Any other reason.
    pub fn other(why: impl ToString) -> Self {
        Self::Other(why.to_string())
    }
}

/// Readers report damage as [`io::ErrorKind::InvalidData`] or [`io::ErrorKind::UnexpectedEof`].
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Self::malformed(error),
            io::ErrorKind::Unsupported => Self::unsupported(error),
            _ => Self::other(error),
        }
    }
}

impl From<Error> for types::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Malformed(why) => Self::Malformed(why),
            Error::Unsupported(why) => Self::Unsupported(why),
            Error::Other(why) => Self::Other(why),
        }
    }
}
