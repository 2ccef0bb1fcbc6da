//! Who is told of what.

use limpid_model::{NoticeFilter, NoticeKind, Severity, Subscription, SubscriptionSpec};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::define::define_table;
use crate::table::{self, Table as _};

define_table! {
    /// The table. Its keys are the names of subscriptions.
    Subscriptions = 30 "subscriptions", key String;
}

/// A subscription. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// When it was made.
    created: u64,
    /// Whether notices are delivered; where not, they wait.
    enabled: bool,
    /// Where notices go.
    target: Target,
    /// Which are wanted.
    filter: Filter,
    /// Notices of this many seconds come together in one; none: each by itself.
    period: Option<u64>,
    /// The number of the next notice.
    next: u64,
}

impl table::Row for Row {
    const VERSION: u8 = 6;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        match version {
            1 => Some(BeforeWatches::from(postcard::from_bytes::<BeforeUnrated>(fields).ok()?).into()),
            2 => Some(postcard::from_bytes::<BeforeWatches>(fields).ok()?.into()),
            3 => Some(postcard::from_bytes::<BeforeExpressions>(fields).ok()?.into()),
            // Where notices go was never encrypted, and later neither to a Harbor nor to a receiver of Clair's.
            4 | 5 => postcard::from_bytes(fields).ok(),
            _ => None,
        }
    }
}

impl Row {
    /// The subscription of that name.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where it names a kind or a severity that this version of Limpid does not know.
    pub fn into_subscription(self, name: String) -> Result<Subscription, Error> {
        let Self { created, enabled, target, filter, period, next } = self;
        let target = match target {
            Target::Webhook { url, secret } => limpid_model::Target::Webhook { url, secret },
            Target::Amqp { url, exchange, routing_key } => {
                limpid_model::Target::Amqp { url, exchange, routing_key }
            }
            Target::Sealed { key, bytes } => {
                limpid_model::Target::Sealed(limpid_model::SealedTarget { key, bytes })
            }
            Target::Harbor { url, registry, username, password, rate } => {
                let target = limpid_model::HarborTarget { url, registry, username, password, rate };
                limpid_model::Target::Harbor(target)
            }
            Target::Clair { url, callback, key } => limpid_model::Target::Clair { url, callback, key },
        };
        let spec = SubscriptionSpec { target, filter: filter.read()?, period, enabled };
        Ok(Subscription { name, created, next_number: next, spec })
    }
}

impl From<&Subscription> for Row {
    fn from(subscription: &Subscription) -> Self {
        let SubscriptionSpec { target, filter, period, enabled } = subscription.spec.clone();
        let target = match target {
            limpid_model::Target::Webhook { url, secret } => Target::Webhook { url, secret },
            limpid_model::Target::Amqp { url, exchange, routing_key } => {
                Target::Amqp { url, exchange, routing_key }
            }
            limpid_model::Target::Harbor(target) => {
                let limpid_model::HarborTarget { url, registry, username, password, rate } = target;
                Target::Harbor { url, registry, username, password, rate }
            }
            limpid_model::Target::Sealed(limpid_model::SealedTarget { key, bytes }) => {
                Target::Sealed { key, bytes }
            }
            limpid_model::Target::Clair { url, callback, key } => Target::Clair { url, callback, key },
        };
        let (created, next) = (subscription.created, subscription.next_number);
        Self { created, enabled, target, filter: filter.into(), period, next }
    }
}

impl Filter {
    fn read(self) -> Result<NoticeFilter, Error> {
        let Self {
            kinds,
            names,
            labels,
            namespaces,
            severity: severity_word,
            fixable,
            exploited,
            leave_out_unrated,
            watches,
            expression,
        } = self;
        let unknown = |word: &str| Error::Corrupt {
            table: Subscriptions::NAME,
            what: "row",
            why: format!("`{word}` is unknown to this version"),
        };
        let kind = |word: &String| NoticeKind::from_word(word).ok_or_else(|| unknown(word));
        let kinds = kinds.iter().map(kind).collect::<Result<_, _>>()?;
        let severity = |word: String| Severity::from_word(&word).ok_or_else(|| unknown(&word));
        let severity = severity_word.map(severity).transpose()?;
        Ok(NoticeFilter {
            kinds,
            names,
            labels,
            namespaces,
            severity,
            fixable,
            exploited,
            leave_out_unrated,
            watches,
            expression,
        })
    }
}

impl From<NoticeFilter> for Filter {
    fn from(filter: NoticeFilter) -> Self {
        Self {
            kinds: filter.kinds.iter().map(|kind| kind.as_str().to_owned()).collect(),
            names: filter.names,
            labels: filter.labels,
            namespaces: filter.namespaces,
            severity: filter.severity.map(|severity| severity.as_str().to_owned()),
            fixable: filter.fixable,
            exploited: filter.exploited,
            leave_out_unrated: filter.leave_out_unrated,
            watches: filter.watches,
            expression: filter.expression,
        }
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

/// Version 2.
#[derive(Deserialize)]
struct BeforeWatches {
    created: u64,
    enabled: bool,
    target: Target,
    #[expect(clippy::type_complexity, reason = "the fields of a filter, in their order")]
    filter: (Vec<String>, Vec<String>, Vec<String>, Vec<String>, Option<String>, Option<bool>, bool, bool),
    period: Option<u64>,
    next: u64,
}

impl From<BeforeUnrated> for BeforeWatches {
    fn from(old: BeforeUnrated) -> Self {
        let BeforeUnrated { created, enabled, target, filter, period, next } = old;
        let (kinds, names, labels, namespaces, severity, fixable, exploited) = filter;
        let filter = (kinds, names, labels, namespaces, severity, fixable, exploited, false);
        Self { created, enabled, target, filter, period, next }
    }
}

impl From<BeforeWatches> for Row {
    fn from(old: BeforeWatches) -> Self {
        let BeforeWatches { created, enabled, target, filter, period, next } = old;
        let (kinds, names, labels, namespaces, severity, fixable, exploited, leave_out_unrated) = filter;
        let watches = Vec::new();
        let filter = Filter {
            kinds,
            names,
            labels,
            namespaces,
            severity,
            fixable,
            exploited,
            leave_out_unrated,
            watches,
            expression: None,
        };
        Self { created, enabled, target, filter, period, next }
    }
}

/// Version 3.
#[derive(Deserialize)]
struct BeforeExpressions {
    created: u64,
    enabled: bool,
    target: Target,
    filter: FilterBeforeExpressions,
    period: Option<u64>,
    next: u64,
}

#[derive(Deserialize)]
struct FilterBeforeExpressions {
    kinds: Vec<String>,
    names: Vec<String>,
    labels: Vec<String>,
    namespaces: Vec<String>,
    severity: Option<String>,
    fixable: Option<bool>,
    exploited: bool,
    leave_out_unrated: bool,
    watches: Vec<String>,
}

impl From<BeforeExpressions> for Row {
    fn from(old: BeforeExpressions) -> Self {
        let BeforeExpressions { created, enabled, target, filter: old, period, next } = old;
        let filter = Filter {
            kinds: old.kinds,
            names: old.names,
            labels: old.labels,
            namespaces: old.namespaces,
            severity: old.severity,
            fixable: old.fixable,
            exploited: old.exploited,
            leave_out_unrated: old.leave_out_unrated,
            watches: old.watches,
            expression: None,
        };
        Self { created, enabled, target, filter, period, next }
    }
}

/// Where notices go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Target {
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
    /// Somewhere that only who has the key can read.
    Sealed {
        /// The name of the key.
        key: String,
        /// What is encrypted.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
    },
    /// To a Harbor, which is asked to scan.
    Harbor {
        /// Its address.
        url: String,
        /// The registry as names of images begin.
        registry: String,
        /// A robot account.
        username: String,
        /// Its secret.
        password: String,
        /// Scans of a minute, at most.
        rate: u32,
    },
    /// To a receiver of Clair's notifications.
    Clair {
        /// The address of the receiver.
        url: String,
        /// Below which address notifications are fetched.
        callback: String,
        /// The key with which requests are signed, in base64.
        key: String,
    },
}

/// Which notices are wanted: those that all of these admit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Filter {
    /// Kinds; empty: all.
    kinds: Vec<String>,
    /// Globs of which one matches a name of the image; empty: any image.
    names: Vec<String>,
    /// Labels of the image, `key` or `key=value`, of which one is there; empty: any image.
    labels: Vec<String>,
    /// Namespaces of advisories; empty: all.
    namespaces: Vec<String>,
    /// Least severity, by its word.
    severity: Option<String>,
    /// Only what an update fixes, or only what none does.
    fixable: Option<bool>,
    /// Only what is exploited.
    exploited: bool,
    /// Whether `severity` leaves out what nobody has rated, too.
    leave_out_unrated: bool,
    /// Watches of which one knows the image; empty: any image.
    watches: Vec<String>,
    /// An expression over findings and the image.
    expression: Option<String>,
}
