//! Notices: what a change of advisories means for images, and who is told.
//!
//! A document is ingested as a difference. The vulnerabilities that it touches are compared with the
//! inventory twice, as they were and as they will be. What differs between the two is announced: each
//! change is written once, in bounded batches, before the batch of the difference, which says that the
//! announcement counts. Then changes become notices of subscriptions, in bounded batches again, each of
//! which says how far it is. Nothing is scanned again, and wherever the process ends, no notice is lost,
//! none is there twice, and none tells of something that is not there.
//!
//! From the outbox they go to their receivers, at least once, and in order within a subscription: a
//! notice waits there until its receiver has acknowledged it and that is written.

mod announce;
pub(crate) mod backoff;
mod deliveries;
mod delivery;
mod difference;
mod harbor;
mod message;
mod notifications;
mod outbox;
mod passed_on;
mod poster;
mod posting;
mod record;
mod references;
mod sealing;
mod secret;
mod subscriptions;
mod transport;

use limpid_store::Store;

use crate::Settings;
use crate::writer::Writers;
pub(crate) use deliveries::Deliveries;
pub use delivery::Delivery;
pub(crate) use difference::Changes;
pub use sealing::SecretsAtRest;
pub use subscriptions::check as check_subscription;
pub use transport::{Message, Then, Transport, Undelivered};

/// What telling of changes needs of the service.
#[derive(Clone, Copy)]
pub(crate) struct Notifying<'s> {
    pub(crate) store: &'s Store,
    pub(crate) writers: &'s Writers,
    pub(crate) settings: &'s Settings,
    pub(crate) deliveries: &'s Deliveries,
}
