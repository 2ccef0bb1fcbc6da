/// What kind of change a notice tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// A vulnerability affects an image that it did not affect before.
    NewlyAffected,
    /// It no longer affects the image.
    NoLongerAffected,
    /// The same, because the publisher took the advisory back.
    Withdrawn,
    /// It is more or less severe than before.
    SeverityChanged,
    /// It became known to be exploited.
    BecameExploited,
    /// There is a fixed version now.
    FixAvailable,
    /// It has another name now; nothing else has changed.
    Renamed,
}

impl NoticeKind {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 7] = [
        Self::NewlyAffected,
        Self::NoLongerAffected,
        Self::Withdrawn,
        Self::SeverityChanged,
        Self::BecameExploited,
        Self::FixAvailable,
        Self::Renamed,
    ];

    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewlyAffected => "newly-affected",
            Self::NoLongerAffected => "no-longer-affected",
            Self::Withdrawn => "withdrawn",
            Self::SeverityChanged => "severity-changed",
            Self::BecameExploited => "became-exploited",
            Self::FixAvailable => "fix-available",
            Self::Renamed => "renamed",
        }
    }

    /// The kind of that word; none where there is no such kind.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether the image is affected after the change; none where it is so before and after.
    pub const fn affected_after(self) -> Option<bool> {
        match self {
            Self::NewlyAffected => Some(true),
            Self::NoLongerAffected | Self::Withdrawn => Some(false),
            Self::SeverityChanged | Self::BecameExploited | Self::FixAvailable | Self::Renamed => None,
        }
    }
}

/// A notice of a subscription, and how far its delivery is. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whose it is, and its number there.
    pub position: NoticePosition,
    /// Its identifier, the same at each attempt.
    pub id: String,
    /// When what it tells came to be known.
    pub raised: u64,
    /// What it tells, as JSON.
    pub body: Vec<u8>,
    /// How far its delivery is.
    pub state: NoticeState,
    /// How often its delivery was tried.
    pub attempts: u32,
    /// When it is tried again, or when it was delivered or given up.
    pub when: u64,
    /// Why the last attempt failed.
    pub failure: Option<String>,
}

/// Where a notice stands among all: by subscription, then in the order in which they were raised.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NoticePosition {
    /// Name of the subscription.
    pub subscription: String,
    /// Grows with each notice of the subscription.
    pub number: u64,
}

/// How far the delivery of a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeState {
    /// It waits, for its turn or for another attempt.
    Pending,
    /// Its receiver has acknowledged it.
    Delivered,
    /// Given up: no attempt succeeded, and there are no more.
    Dead,
}

impl NoticeState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Dead];

    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// The state of that word; none where there is no such state.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}
