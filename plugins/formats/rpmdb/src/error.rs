use std::fmt;

/// What could not be read of a database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is damaged; says where.
    #[error("malformed: {0}")]
    Malformed(String),
    /// It is of a form that is known, but not read.
    #[error("unsupported: {0}")]
    Unsupported(String),
}

impl From<Error> for limpid_plugin_sdk::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Malformed(why) => Self::Malformed(why),
            Error::Unsupported(why) => Self::Unsupported(why),
        }
    }
}

impl Error {
    /// The same, at a place.
    pub(crate) fn at(self, place: impl fmt::Display) -> Self {
        match self {
            Self::Malformed(why) => Self::Malformed(format!("{place}: {why}")),
            Self::Unsupported(why) => Self::Unsupported(format!("{place}: {why}")),
        }
    }
}

/// Damage, in these words.
macro_rules! malformed {
    ($($words:tt)*) => { $crate::Error::Malformed(format!($($words)*)) };
}

/// Something that is not read, in these words.
macro_rules! unsupported {
    ($($words:tt)*) => { $crate::Error::Unsupported(format!($($words)*)) };
}

pub(crate) use {malformed, unsupported};
