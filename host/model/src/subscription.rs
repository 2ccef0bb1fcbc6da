use crate::{NoticeKind, Severity};

/// Who is told of which changes, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// 1 to 64 of `a-z`, `0-9` and `-`.
    pub name: String,
    /// When it was made, in milliseconds since 1970.
    pub created: u64,
    /// The number that its next notice gets.
    pub next_number: u64,
    /// What its owner asked for.
    pub spec: SubscriptionSpec,
}

/// What the owner of a subscription asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionSpec {
    /// Where notices go.
    pub target: Target,
    /// Which notices are wanted.
    pub filter: NoticeFilter,
    /// Notices of this many seconds come together in one message; none: each by itself.
    pub period: Option<u64>,
    /// Whether notices are delivered; where not, they wait.
    pub enabled: bool,
}

/// Where notices go.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// To an address, signed with a secret.
    Webhook {
        /// The address.
        url: String,
        /// The secret, in base64, after `whsec_`. Empty where one is to be made.
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
    /// To a Harbor, which is asked to scan what they are about.
    Harbor(HarborTarget),
    /// Somewhere that only who has the key can read.
    Sealed(SealedTarget),
    /// To a receiver of Clair's notifications, which is told where to fetch them.
    Clair {
        /// The address of the receiver.
        url: String,
        /// The address, as the receiver sees it, below which notifications are fetched.
        callback: String,
        /// The key with which requests are signed, in base64. Empty where it is to stay as it is.
        key: String,
    },
}

/// A Harbor that is asked to scan again what a change affects.
#[derive(Clone, PartialEq, Eq)]
pub struct HarborTarget {
    /// Its address.
    pub url: String,
    /// The registry as names of images begin: a host, with its port where it has one of its own.
    pub registry: String,
    /// A robot account that may scan.
    pub username: String,
    /// Its secret. Empty where the one stays that is known.
    pub password: String,
    /// How many scans are asked for in a minute, at most.
    pub rate: u32,
}

impl std::fmt::Debug for HarborTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HarborTarget").field("registry", &self.registry).finish_non_exhaustive()
    }
}

/// Where notices go, encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedTarget {
    /// The name of the key.
    pub key: String,
    /// What is encrypted.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Target {
    /// Tells the kind only: addresses hold credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Webhook { .. } => f.write_str("Webhook"),
            Self::Amqp { .. } => f.write_str("Amqp"),
            Self::Harbor(_) => f.write_str("Harbor"),
            Self::Sealed(sealed) => write!(f, "Sealed({})", sealed.key),
            Self::Clair { .. } => f.write_str("Clair"),
        }
    }
}

/// Which notices are wanted: those that all of these admit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeFilter {
    /// Kinds; empty: all.
    pub kinds: Vec<NoticeKind>,
    /// Globs of which one matches a name of the image; empty: any image.
    pub names: Vec<String>,
    /// Labels of the image, `key` or `key=value`, of which one is there; empty: any image.
    pub labels: Vec<String>,
    /// Namespaces of advisories; empty: all.
    pub namespaces: Vec<String>,
    /// Least severity.
    pub severity: Option<Severity>,
    /// Only what has a fixed version, or only what has none.
    pub fixable: Option<bool>,
    /// Only what is exploited.
    pub exploited: bool,
    /// Whether `severity` also leaves out what nobody has rated; otherwise that passes.
    pub leave_out_unrated: bool,
    /// Watches of which one follows, or has followed, a name of the image; empty: any image.
    pub watches: Vec<String>,
    /// An expression that one of the findings is true of, or of which that cannot be said.
    pub expression: Option<String>,
}

/// A subscription, and how its deliveries go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionState {
    /// The subscription.
    pub subscription: Subscription,
    /// Notices that wait.
    pub pending: u64,
    /// When the oldest of these was raised, in milliseconds since 1970.
    pub oldest: Option<u64>,
    /// When it is tried, in milliseconds since 1970; none where nothing waits, or nothing is sent.
    pub next_attempt: Option<u64>,
    /// Why its last attempt failed.
    pub failure: Option<String>,
    /// Notices that were delivered since the process started.
    pub delivered: u64,
    /// Notices that were given up since the process started.
    pub dead: u64,
}

/// A subscription that was made or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribed {
    /// As it is now.
    pub subscription: Subscription,
    /// The secret that was made for it, which is told only once.
    pub secret: Option<String>,
}
