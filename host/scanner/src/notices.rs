//! Notices: what a change of advisories means for images, and who is told.
//!
//! A document is taken in as a difference. The vulnerabilities that it touches are held against the
//! inventory twice, as they were and as they will be; what differs between the two becomes notices,
//! which are written in the very batch that takes in the difference. Nothing is scanned again, and
//! no notice is lost or told of something that is not there.
//!
//! From the outbox they go to their receivers, at least once, and in order within a subscription: a
//! notice waits there until its receiver has acknowledged it and that is written.

pub(crate) mod backoff;
mod courier;
mod delivery;
mod desk;
mod difference;
mod outbox;
mod parcel;
mod passed_on;
mod raise;
mod record;
mod secret;
mod subscriptions;

use limpid_store::Store;

use crate::Settings;
use crate::writer::Writers;
pub use courier::{Courier, Message, Then, Undelivered};
pub use delivery::{Delivery, Subscribed};
pub(crate) use desk::Desk;
pub(crate) use difference::Changes;
pub use outbox::{Notice, SubscriptionState};
pub(crate) use raise::raise;
pub use subscriptions::Subscription;

/// What telling of changes needs of the service.
#[derive(Clone, Copy)]
pub(crate) struct Notifying<'s> {
    pub(crate) store: &'s Store,
    pub(crate) writers: &'s Writers,
    pub(crate) settings: &'s Settings,
    pub(crate) desk: &'s Desk,
}

/// What kind of change a notice tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A vulnerability concerns an image that it did not concern.
    NewlyAffected,
    /// It concerns the image no longer.
    NoLongerAffected,
    /// The same, because the publisher took the advisory back.
    Withdrawn,
    /// It is more or less severe than before.
    SeverityChanged,
    /// It became known to be exploited.
    BecameExploited,
    /// There is an update that mends it now.
    FixAvailable,
    /// It has another name now; nothing else has changed.
    Renamed,
}

impl Kind {
    /// All of them.
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

    /// Whether it says that the image is concerned, or that it is not; none where it is concerned
    /// before and after.
    const fn concerned(self) -> Option<bool> {
        match self {
            Self::NewlyAffected => Some(true),
            Self::NoLongerAffected | Self::Withdrawn => Some(false),
            Self::SeverityChanged | Self::BecameExploited | Self::FixAvailable | Self::Renamed => None,
        }
    }
}
