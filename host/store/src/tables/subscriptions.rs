//! Who is told of what.

use serde::{Deserialize, Serialize};

use crate::table;

/// The table. Its keys are the names of subscriptions.
#[derive(Debug)]
pub struct Subscriptions;

impl table::Table for Subscriptions {
    const ID: u8 = 30;
    const NAME: &'static str = "subscriptions";
    type Key = String;
    type Row = Row;
}

/// A subscription. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// When it was made.
    pub created: u64,
    /// Whether notices are delivered; where not, they wait.
    pub enabled: bool,
    /// Where notices go.
    pub target: Target,
    /// Which are wanted.
    pub filter: Filter,
    /// Notices of this many seconds come together in one; none: each by itself.
    pub period: Option<u64>,
    /// The number of the next notice.
    pub next: u64,
}

impl table::Row for Row {
    const VERSION: u8 = 2;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        let old: BeforeUnrated = (version == 1).then(|| postcard::from_bytes(fields).ok()).flatten()?;
        let BeforeUnrated { created, enabled, target, filter, period, next } = old;
        let (kinds, names, labels, namespaces, severity, fixable, exploited) = filter;
        let leave_out_unrated = false;
        let filter =
            Filter { kinds, names, labels, namespaces, severity, fixable, exploited, leave_out_unrated };
        Some(Self { created, enabled, target, filter, period, next })
    }
}

/// Version 1.
#[derive(Deserialize)]
struct BeforeUnrated {
    created: u64,
    enabled: bool,
    target: Target,
    #[expect(clippy::type_complexity, reason = "the fields of a filter, in their order")]
    filter: (Vec<String>, Vec<String>, Vec<String>, Vec<String>, Option<String>, Option<bool>, bool),
    period: Option<u64>,
    next: u64,
}

/// Where notices go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// To an address, signed with a secret.
    Webhook {
        /// The address.
        url: String,
        /// The secret, in base64, after `whsec_`.
        secret: String,
    },
    /// To an exchange of an AMQP 0.9.1 broker.
    Amqp {
        /// The broker, with credentials.
        url: String,
        /// The exchange; empty: the default one.
        exchange: String,
        /// The routing key.
        routing_key: String,
    },
}

/// Which notices are wanted: those that all of these admit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Kinds; empty: all.
    pub kinds: Vec<String>,
    /// Globs of which one matches a name of the image; empty: any image.
    pub names: Vec<String>,
    /// Labels of the image, `key` or `key=value`, of which one is there; empty: any image.
    pub labels: Vec<String>,
    /// Namespaces of advisories; empty: all.
    pub namespaces: Vec<String>,
    /// Least severity, by its word.
    pub severity: Option<String>,
    /// Only what an update mends, or only what none does.
    pub fixable: Option<bool>,
    /// Only what is exploited.
    pub exploited: bool,
    /// Whether `severity` leaves out what nobody has rated, too.
    pub leave_out_unrated: bool,
}
