use std::io;
use std::path::{Path, PathBuf};

use limpid_model::Digest;

/// Why a backup could not be made, verified or restored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or written.
    #[error("cannot {what} `{path}`")]
    Io {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The store cannot be copied or read.
    #[error(transparent)]
    Store(#[from] limpid_store::Error),
    /// The directory holds something else.
    #[error("`{0}` holds no backups of Limpid, and is not empty: name another directory, or an empty one")]
    NotBackups(PathBuf),
    /// A later version has laid it out.
    #[error("the backups in `{path}` are laid out in version {found}, and this Limpid knows version {known}")]
    LaterLayout {
        /// The directory.
        path: PathBuf,
        /// What it says.
        found: String,
        /// What this version knows.
        known: u32,
    },
    /// Somebody else changes or reads it.
    #[error("`{0}` is in use by another backup, verification or restoration; wait until that has ended")]
    InUse(PathBuf),
    /// There is no such backup.
    #[error("`{path}` holds no backup `{name}`; `limpid backup list` names those that it holds")]
    None {
        /// The directory.
        path: PathBuf,
        /// What was asked for.
        name: String,
    },
    /// No backup is there.
    #[error("`{0}` holds no whole backup")]
    Empty(PathBuf),
    /// A manifest is not what was written.
    #[error("manifest `{name}` cannot be used: {why}")]
    Manifest {
        /// Name of the backup.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// An object is not what was written.
    #[error("file `{file}` of the backup is damaged: {why}; make a new backup with `--read-all`")]
    Damaged {
        /// The file, as it was in the data directory.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// A directory to restore to has something in it.
    #[error(
        "`{path}` is not empty (it has `{entry}`): a backup is restored to a new or empty data directory"
    )]
    Occupied {
        /// The directory.
        path: PathBuf,
        /// What is in it.
        entry: String,
    },
    /// More than may be.
    #[error("there are more than {limit} {what}, which is more than a backup may have")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// An address of a bucket, or what lets into it, is none.
    #[error("{0}")]
    BadBucket(String),
    /// A bucket does not do what it is asked.
    #[error("cannot {what} `{address}`: {why}")]
    Bucket {
        /// What was tried.
        what: &'static str,
        /// The object, or the bucket.
        address: String,
        /// What it answers, or why it does not.
        why: String,
    },
    /// Whoever asked for it ended it.
    #[error("it was ended before it was done; what was written is used by the next backup")]
    Stopped,
}

impl Error {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }

    pub(crate) fn wrong_digest(file: &str, found: &Digest) -> Self {
        Self::Damaged { file: file.to_owned(), why: format!("its content has digest `{found}`") }
    }
}
