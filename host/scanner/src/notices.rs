//! Notices: what a change of advisories means for images, and who is told.
//!
//! A document is ingested as a difference. The vulnerabilities that it touches are compared with the
//! inventory twice, as they were and as they will be; what differs between the two becomes notices,
//! which are written in the very batch that ingests the difference. Nothing is scanned again, and
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
pub use delivery::Delivery;
pub(crate) use desk::Desk;
pub(crate) use difference::Changes;
pub(crate) use raise::raise;

/// What telling of changes needs of the service.
#[derive(Clone, Copy)]
pub(crate) struct Notifying<'s> {
    pub(crate) store: &'s Store,
    pub(crate) writers: &'s Writers,
    pub(crate) settings: &'s Settings,
    pub(crate) desk: &'s Desk,
}
