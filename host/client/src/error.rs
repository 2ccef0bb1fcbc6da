use std::io;
use std::time::Duration;

use limpid_outbound::BadCertificates;
use ureq::http::StatusCode;

/// Why a request brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The certificates of [`Options`](crate::Options) cannot be used.
    #[error("certificates for the service at `{base}` cannot be used")]
    Certificates {
        /// Where the service is.
        base: String,
        /// What is wrong with them.
        #[source]
        source: BadCertificates,
    },
    /// The token has signs that no header can carry.
    #[error("the token for the service at `{0}` is none: it has signs that no header carries")]
    Token(String),
    /// Nobody answers there, or the connection was cut.
    #[error("the service at `{base}` does not answer")]
    NoAnswer {
        /// Where the service is.
        base: String,
        /// What happened.
        #[source]
        source: Box<ureq::Error>,
    },
    /// The service does not do what it was asked for.
    #[error("the service says: {0}")]
    Refused(Refusal),
    /// Whoever answers there does not speak as Limpid does.
    #[error("`{base}` is no service of Limpid: it answers {status}")]
    NotLimpid {
        /// Who.
        base: String,
        /// What it answers.
        status: StatusCode,
    },
    /// An answer that is not what was asked for.
    #[error("`{base}` is no service of Limpid, or one of another version: its answer cannot be read")]
    Unreadable {
        /// Who answers.
        base: String,
        /// Why it cannot be read.
        #[source]
        source: serde_json::Error,
    },
    /// An answer that did not come to its end.
    #[error("the answer of `{base}` cannot be read to its end")]
    Cut {
        /// Who answers.
        base: String,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// What is to be sent cannot be read.
    #[error("what is to be sent cannot be read")]
    Input(#[source] io::Error),
}

/// What a service says where it does not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status of HTTP.
    pub status: StatusCode,
    /// Which refusal it is, for programs: `no-such-image`.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
    /// The number of the request in the log of the service.
    pub request_id: Option<String>,
    /// After how long it may go better, where the service says so.
    pub retry_after: Option<Duration>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error {
    /// What the service says, where it is a service that refuses.
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether the service refuses with this code.
    pub fn is(&self, code: &str) -> bool {
        self.refusal().is_some_and(|refusal| refusal.code == code)
    }
}
