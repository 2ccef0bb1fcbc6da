use std::fmt;

use limpid_bytes::Error as Bytes;
use limpid_model::Digest;

/// Why an archive or a layer could not be read. Variants differ by what the caller can do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not something that this crate reads at all: send an image archive instead.
    #[error("not an image archive: {0}")]
    NotAnImage(String),
    /// Ends early or contradicts itself: fetch it again.
    #[error("{what} is damaged at byte {offset}: {why}")]
    Damaged {
        /// The archive, layer or document.
        what: String,
        /// Where in it, in bytes; of the stored bytes where decompression failed.
        offset: u64,
        /// What is wrong there.
        why: String,
    },
    /// Something that a manifest names is not in the archive.
    #[error("{what} is missing: {why}")]
    Missing {
        /// The part, by digest or by member name.
        what: String,
        /// Who names it.
        why: String,
    },
    /// Content that is not what its digest says.
    #[error("{what} has digest `{found}` instead of `{expected}`")]
    WrongDigest {
        /// The layer or document.
        what: String,
        /// What a manifest or configuration names.
        expected: Digest,
        /// What was read.
        found: Digest,
    },
    /// Well formed as far as can be told, but of a kind that this crate does not read.
    #[error("{what} is not supported: {why}")]
    Unsupported {
        /// The layer or document.
        what: String,
        /// Which kind it is, and what is read instead.
        why: String,
    },
    /// Over a limit that an operator can raise.
    #[error("{what} is over the limit `{setting}` of {limit}: {found} found")]
    OverLimit {
        /// What is too large.
        what: String,
        /// The field of [`Limits`](crate::Limits).
        setting: &'static str,
        /// Its value.
        limit: u64,
        /// What was found; where reading stopped at the limit, the first value over it.
        found: u64,
    },
    /// A layer that cannot be read although it is as its publisher made it, as far as that can be told:
    /// it costs only itself, and the rest of the image can be read.
    #[error("{0}")]
    UnreadLayer(Box<Error>),
    /// A detector's claim that cannot be compiled: the plugin is to blame.
    #[error("claim `{pattern}` of claimant {claimant} cannot be used: {why}")]
    Claim {
        /// Index of the claimant.
        claimant: usize,
        /// Its pattern.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// A kind of files that cannot be compiled: the data that describes it is to blame.
    #[error("kind `{code}` of files cannot be used: {why}")]
    Kind {
        /// The kind's code.
        code: String,
        /// What is wrong with it.
        why: String,
    },
    /// This machine's files or threads failed, not the input.
    #[error("{doing} failed")]
    Io {
        /// What was being done.
        doing: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl From<Bytes> for Error {
    fn from(error: Bytes) -> Self {
        match error {
            Bytes::Damaged { what, offset, why } => Self::Damaged { what, offset, why },
            Bytes::Unsupported { what, why } => Self::Unsupported { what, why },
            Bytes::OverLimit { what, limit, found } => {
                Self::OverLimit { what, setting: limit.setting, limit: limit.value, found }
            }
            Bytes::Window { what, codec, limit } => {
                let (setting, log) = (limit.setting, limit.value.max(1).ilog2());
                let why = format!("its {codec} frame needs a window over the limit `{setting}` of {log}");
                Self::Unsupported { what, why }
            }
            Bytes::Io { doing, source } => Self::Io { doing, source },
        }
    }
}

/// Foreign text in a message: as much of it as a reader needs.
pub(crate) fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(200)).unwrap_or(text)
}

impl Error {
    pub(crate) fn damaged(what: &str, offset: u64, why: impl Into<String>) -> Self {
        Self::Damaged { what: what.to_owned(), offset, why: why.into() }
    }

    pub(crate) fn unsupported(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into(), why: why.into() }
    }

    pub(crate) fn missing(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Missing { what: what.into(), why: why.into() }
    }

    pub(crate) fn io(doing: impl fmt::Display) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { doing: doing.to_string(), source }
    }

    /// Whether it may be that only one layer cannot be read.
    pub(crate) const fn may_be_of_layer(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Unsupported { .. } | Self::OverLimit { .. })
    }

    /// The error of a layer that cannot be read and is as its publisher made it.
    pub(crate) fn of_layer(self) -> Self {
        if self.may_be_of_layer() { Self::UnreadLayer(Box::new(self)) } else { self }
    }

    /// `Ok` where `found` is within the limit.
    pub(crate) fn check(
        what: impl fmt::Display,
        setting: &'static str,
        limit: u64,
        found: u64,
    ) -> Result<(), Self> {
        if found <= limit {
            return Ok(());
        }
        Err(Self::OverLimit { what: what.to_string(), setting, limit, found })
    }
}
