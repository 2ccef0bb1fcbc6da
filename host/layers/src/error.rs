use std::fmt;

use limpid_bytes::Error as Bytes;
use limpid_model::Digest;

/// Why a layer, or what leads to it, could not be read. Variants differ by what the caller can do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
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
        /// What the system stated.
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
                let setting = limit.setting;
                // Of zstd, the setting is a power of two.
                let value = match setting {
                    "zstd_window_log" => u64::from(limit.value.max(1).ilog2()),
                    _ => limit.value,
                };
                let why = format!("its {codec} frame needs a window over the limit `{setting}` of {value}");
                Self::Unsupported { what, why }
            }
            Bytes::Io { doing, source } => Self::Io { doing, source },
        }
    }
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
    pub fn io(doing: impl fmt::Display) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { doing: doing.to_string(), source }
    }

    /// Whether what was read is to blame, so that another try would end the same; and not a plugin, the
    /// data of kinds, or this machine.
    pub const fn is_of_input(&self) -> bool {
        match self {
            Self::Damaged { .. }
            | Self::WrongDigest { .. }
            | Self::Unsupported { .. }
            | Self::OverLimit { .. }
            | Self::UnreadLayer(_) => true,
            Self::Claim { .. } | Self::Kind { .. } | Self::Io { .. } => false,
        }
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
