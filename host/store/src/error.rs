use std::io::ErrorKind;
use std::path::PathBuf;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has the directory open.
    #[error(
        "data directory `{0}` is in use by another process; stop that process, ask it over HTTP, \
         or choose another directory with `--data-dir`"
    )]
    InUse(PathBuf),
    /// The directory cannot be opened.
    #[error("data directory `{path}` cannot be opened")]
    Open {
        /// The directory.
        path: PathBuf,
        /// What the engine says.
        #[source]
        source: EngineError,
    },
    /// The directory cannot be made.
    #[error("data directory `{path}` cannot be made")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The engine failed to read or write.
    #[error("the store cannot be read or written")]
    Engine(#[from] EngineError),
    /// A key or row is not what this version of Limpid writes.
    #[error("table `{table}` holds a {what} that cannot be read: {why}")]
    Corrupt {
        /// Name of the table.
        table: &'static str,
        /// `key` or `row`.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Another version of Limpid has laid the tables out otherwise, and nothing may be changed.
    #[error(
        "the store in `{0}` is in the form of an earlier version, which is brought into this version's when a \
         service opens it; reading it alone does not"
    )]
    EarlierForm(PathBuf),
    /// Whoever asked for it ended it.
    #[error("the work was ended before it was done")]
    Stopped,
    /// A row cannot be written.
    #[error("a row of table `{table}` cannot be encoded")]
    Encode {
        /// Name of the table.
        table: &'static str,
        /// What the encoder says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A key or row has more bytes than the engine takes.
    #[error("a key or row of {bytes} bytes cannot be written: the engine takes up to {limit}")]
    Oversized {
        /// What it has.
        bytes: usize,
        /// What it may have.
        limit: u32,
    },
}

impl Error {
    /// Whether the file system or a quota is full. The engine goes on by itself within seconds once there is
    /// room.
    pub fn is_for_lack_of_room(&self) -> bool {
        match self {
            Self::Engine(error) | Self::Open { source: error, .. } => error.cause == Cause::NoRoom,
            Self::Directory { source, .. } => {
                matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
            }
            _ => false,
        }
    }
}

/// What the engine under the store says of its failure.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{text}")]
pub struct EngineError {
    text: String,
    cause: Cause,
}

/// What callers tell failures of an engine apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The file system or a quota is full.
    NoRoom,
    Other,
}

impl EngineError {
    pub(crate) const fn new(text: String, cause: Cause) -> Self {
        Self { text, cause }
    }
}
