use std::io;
use std::path::PathBuf;
use std::time::Duration;

use limpid_model::Digest;

/// Why something could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not an address that anything is fetched from.
    #[error("`{text}` is no address to fetch from: {why}")]
    Address {
        /// The address, shortened.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Not a reference to an artifact in a registry.
    #[error("`{text}` is no reference of the form `registry/repository:tag` or `...@sha256:...`: {why}")]
    Reference {
        /// The reference, shortened.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A file could not be read.
    #[error("`{}` cannot be read", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Docker's configuration file cannot be used.
    #[error("`{}` holds no credentials that can be read: {why}", path.display())]
    DockerConfig {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// An address that is not encrypted, on another machine.
    #[error(
        "`{0}` is plain HTTP, which is for addresses of this machine only; `--plain-http` allows it, of feeds \
         setting `feeds.plain_http`, and of registries `plain_http` in a table `[registries.\"HOST\"]`"
    )]
    PlainHttp(String),
    /// An address of this machine or of a private network, which nobody here has named.
    #[error("`{address}` is an internal address, to which nothing from outside may lead; {advice}")]
    Internal {
        /// Which address.
        address: String,
        /// Which setting allows it.
        advice: &'static str,
    },
    /// Nobody answered, or not in HTTP.
    #[error("`{address}` does not answer")]
    Unreachable {
        /// Which address.
        address: String,
        /// Why.
        #[source]
        source: Box<ureq::Error>,
    },
    /// An answer sent on to where nobody should be sent, or named such a place as that of its tokens.
    #[error("`{from}` sends on to `{to}`, {why}")]
    Redirect {
        /// Which address.
        from: String,
        /// Where it sends.
        to: String,
        /// What is wrong with that.
        why: String,
    },
    /// An answer that is none of those expected.
    #[error("`{address}` answers {status}{message}")]
    Status {
        /// Which address.
        address: String,
        /// The HTTP status.
        status: u16,
        /// What the other side says of it: empty, or `: ...`.
        message: String,
    },
    /// An answer that asks to come again later.
    #[error("`{address}` answers {status}: it asks to come again {}", later(*after))]
    Later {
        /// Which address.
        address: String,
        /// The HTTP status.
        status: u16,
        /// After how long, where it says so.
        after: Option<Duration>,
    },
    /// A body that takes too long.
    #[error("`{address}` is too slow: {what} {} s, the limit of setting `{setting}`", limit.as_secs())]
    TooSlow {
        /// Which address.
        address: String,
        /// What takes longer.
        what: &'static str,
        /// What is allowed.
        limit: Duration,
        /// The setting that says so.
        setting: &'static str,
    },
    /// A layer of which too little comes.
    #[error(
        "`{address}` is too slow: {came} bytes of a layer came in {} s, and setting `registries.least_rate` wants {rate} a \
         second",
        time.as_secs()
    )]
    SlowLayer {
        /// Which address.
        address: String,
        /// Bytes that came.
        came: u64,
        /// In which time.
        time: Duration,
        /// Bytes a second that have to come.
        rate: u64,
    },
    /// Nobody answers in time, or sends anything more.
    #[error("`{address}` does not answer: {what} for {} s, the limit of setting `{setting}`", limit.as_secs())]
    NoAnswer {
        /// Which address.
        address: String,
        /// What does not happen.
        what: &'static str,
        /// What is allowed.
        limit: Duration,
        /// The setting that says so.
        setting: &'static str,
    },
    /// An answer that has another part of a body than was asked for.
    #[error("`{address}` answers with another part than was asked for, from byte {from} on")]
    OtherPart {
        /// Which address.
        address: String,
        /// Where the part was to begin.
        from: u64,
    },
    /// A manifest in a form of which no diff IDs and no configuration can be had.
    #[error(
        "`{0}` is a docker manifest of schema 1, which was given up in 2016: of it only the registry's owner can \
         make one that is read, by pushing the image again"
    )]
    Schema1(String),
    /// A list that does not end.
    #[error("the list at `{address}` is over {limit} {what}, the limit of setting `{setting}`")]
    LongList {
        /// Where the list begins.
        address: String,
        /// What there is too much of.
        what: &'static str,
        /// What is allowed.
        limit: u64,
        /// The setting that says so.
        setting: &'static str,
    },
    /// A list of which a page leads back to one that came before.
    #[error(
        "the list at `{address}` does not end: page {page} leads to one that came before (setting \
         `registries.pages` allows {limit})"
    )]
    LoopingList {
        /// Where the list begins.
        address: String,
        /// Which page, from 1.
        page: u64,
        /// How many pages are allowed.
        limit: u64,
    },
    /// An answer that is not of the form that it should have.
    #[error("`{address}` answers what cannot be read: {why}")]
    Malformed {
        /// Which address.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// A setting of a registry that cannot be used.
    #[error("setting `registries.{setting}` cannot be used: {why}")]
    Setting {
        /// Which, below `registries`.
        setting: String,
        /// What is wrong with it.
        why: String,
    },
    /// A header that is not sent.
    #[error("header `{name}` of a layer's address is not sent: {why}")]
    Header {
        /// Its name, shortened.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// The proxy that the settings name is none.
    #[error("setting `feeds.proxy`: `{0}` is no address of a proxy")]
    Proxy(String),
    /// What was fetched could not be written down.
    #[error("what `{address}` answers cannot be written to disk")]
    Spool {
        /// Which address.
        address: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Nobody wants it any more.
    #[error("fetching was stopped")]
    Stopped,
    /// The registry wants to know who asks, or does not like who does.
    #[error("registry `{registry}` does not let {who} read {repository}{message}")]
    Unauthorized {
        /// Which registry.
        registry: String,
        /// What of it.
        repository: String,
        /// Who asked, and what could be done.
        who: String,
        /// What the other side says of it: empty, or `: ...`.
        message: String,
    },
    /// Larger than is allowed.
    #[error("`{what}` is over {limit} bytes{}, the limit{}", size_note(*size), setting_note(setting))]
    TooLarge {
        /// What is.
        what: String,
        /// Its size, where that was stated.
        size: Option<u64>,
        /// What is allowed.
        limit: u64,
        /// The setting that says so; empty where none does.
        setting: &'static str,
    },
    /// The connection ended before the body did.
    #[error("`{address}` was cut short after {received} bytes")]
    CutShort {
        /// Which address.
        address: String,
        /// Bytes that came.
        received: u64,
        /// What the connection failed of, where it did.
        #[source]
        source: io::Error,
    },
    /// Not what it was stated to be.
    #[error("`{address}` is not what it should be: its digest is {found}, not {expected}")]
    WrongDigest {
        /// Which address.
        address: String,
        /// What was asked for.
        expected: Digest,
        /// What came.
        found: Digest,
    },
    /// Not the size that the manifest states.
    #[error("`{address}` is {than} the {expected} bytes that its manifest states")]
    WrongSize {
        /// Which address.
        address: String,
        /// What the manifest states.
        expected: u64,
        /// `longer than` or `shorter than`.
        than: &'static str,
    },
    /// Not a WebAssembly artifact.
    #[error("`{reference}` is no WebAssembly artifact: {why}")]
    NotWasm {
        /// Which.
        reference: String,
        /// What it is instead.
        why: String,
    },
}

fn later(after: Option<Duration>) -> String {
    after.map_or_else(|| "later".to_owned(), |after| format!("in {} s", after.as_secs()))
}

impl Error {
    /// What reading failed of.
    pub(crate) fn of_io(address: &str, error: io::Error) -> Self {
        let cut = |source| Self::CutShort { address: address.to_owned(), received: 0, source };
        error.downcast::<Self>().unwrap_or_else(cut)
    }

    /// After how long to come again, where the other side says so.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Later { after, .. } => *after,
            _ => None,
        }
    }

    /// Whether there is nothing at the address, as far as its publisher knows.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Status { status: 404 | 410, .. })
    }

    /// Whether this service failed: its settings or its machine.
    pub const fn is_of_host(&self) -> bool {
        matches!(
            self,
            Self::File { .. }
                | Self::DockerConfig { .. }
                | Self::Setting { .. }
                | Self::Spool { .. }
                | Self::Stopped
        )
    }

    /// Whether whoever was asked failed, and not what was asked for: another time it may succeed.
    pub const fn is_of_source(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status >= 500 || *status == 408,
            Self::Unreachable { .. }
            | Self::CutShort { .. }
            | Self::Later { .. }
            | Self::NoAnswer { .. }
            | Self::OtherPart { .. }
            | Self::Malformed { .. }
            | Self::Redirect { .. }
            | Self::SlowLayer { .. }
            | Self::TooSlow { .. } => true,
            _ => false,
        }
    }

    /// Whether whoever was asked leads to where nobody should be led: asking again leads there again.
    pub const fn leads_astray(&self) -> bool {
        matches!(self, Self::Redirect { .. })
    }

    /// Whether the same may well succeed in a moment.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { source, .. } => !limpid_outbound::is_distrust(source),
            Self::CutShort { .. } | Self::Later { .. } | Self::NoAnswer { .. } | Self::OtherPart { .. } => {
                true
            }
            Self::Status { status, .. } => matches!(status, 408 | 500 | 502 | 504),
            _ => false,
        }
    }
}

fn size_note(size: Option<u64>) -> String {
    size.map(|size| format!(" (it is {size})")).unwrap_or_default()
}

fn setting_note(setting: &str) -> String {
    if setting.is_empty() { String::new() } else { format!(" of setting `{setting}`") }
}

/// What somebody else says, fit for a message: short, and without control characters.
pub(crate) fn quoted(text: &str) -> String {
    const CHARS: usize = 200;
    text.chars().filter(|character| !character.is_control()).take(CHARS).collect()
}
