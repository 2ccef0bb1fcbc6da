use limpid_formats::clair::{NotificationId, Webhook};
use limpid_formats::notice;
use limpid_model::{Digest, Subscription, Target};
use limpid_store::View;
use limpid_store::tables::outbox::{self, Outbox, State};
use limpid_store::tables::subscriptions::Subscriptions;
use serde::Serialize;

use super::Notifying;
use super::deliveries::Queue;
use super::harbor::Rescanning;
use super::references;
use crate::{Error, Settings};

/// What is next for a subscription.
#[derive(Debug)]
pub(super) enum Next {
    /// Nothing waits.
    Nothing,
    /// Something does, and not yet for long enough.
    Later,
    /// This is to be sent.
    Now(Box<OutgoingMessage>),
}

/// One or more notices in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OutgoingMessage {
    pub(super) subscription: String,
    pub(super) target: Target,
    pub(super) id: String,
    pub(super) body: Vec<u8>,
    /// The notices in it, with their identifiers.
    pub(super) notices: Vec<(u64, String)>,
    /// Where it asks a Harbor for scans.
    pub(super) rescanning: Option<Rescanning>,
}

/// The first notice that waits for a subscription.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) number: u64,
    pub(super) row: outbox::Row,
    /// When it is to be sent, in milliseconds since 1970.
    due: u64,
    pub(super) known: Subscription,
    queue: Queue,
}

/// When a subscription is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// In milliseconds since 1970.
    pub(super) at: u64,
    /// Whether its last attempt failed.
    pub(super) is_failing: bool,
}

impl Notifying<'_> {
    /// When something is to be sent to a subscription; none where nothing waits.
    pub(super) fn due(&self, subscription: &str) -> Result<Option<Due>, Error> {
        let head = self.head(&self.store.view(), subscription)?;
        Ok(head
            .map(|head| Due { at: head.due, is_failing: head.row.attempts > 0 || head.queue.failures > 0 }))
    }

    /// What is next for a subscription.
    pub(super) fn next(&self, subscription: &str) -> Result<Next, Error> {
        let view = self.store.view();
        let Some(head) = self.head(&view, subscription)? else { return Ok(Next::Nothing) };
        if self.settings.clock.now() < head.due {
            return Ok(Next::Later);
        }
        let message = match (&head.known.spec.target, head.known.spec.period) {
            (Target::Harbor(target), _) => {
                let target = target.clone();
                self.rescan(&view, (subscription, head), &target)?
            }
            (Target::Clair { callback, .. }, _) => notification(&view, &head, callback, self.settings)?,
            (_, None) => OutgoingMessage {
                subscription: subscription.to_owned(),
                target: head.known.spec.target,
                id: head.row.id.clone(),
                body: references::read(&view, head.row.body, subscription)?,
                notices: vec![(head.number, head.row.id)],
                rescanning: None,
            },
            (_, Some(_)) => self.digest(&view, subscription, head)?,
        };
        Ok(Next::Now(Box::new(message)))
    }

    fn head(&self, view: &View<'_>, subscription: &str) -> Result<Option<Head>, Error> {
        // Before anything is read: what comes back after that is seen.
        let queue = self.deliveries.queue(subscription);
        let Some(row) = view.get::<Subscriptions>(&subscription.to_owned())? else { return Ok(None) };
        let known = row.into_subscription(subscription.to_owned())?;
        if !known.spec.enabled {
            return Ok(None);
        }
        let known = self.readable(known);
        // They wait for who has the key.
        if matches!(known.spec.target, Target::Sealed(_)) {
            return Ok(None);
        }
        let Some(first) = pending(view, subscription, queue.first).next() else {
            self.deliveries.advance(subscription, queue, known.next_number);
            return Ok(None);
        };
        let (key, notice) = first?;
        self.deliveries.advance(subscription, queue, key.number);
        let mut due = notice.when.max(queue.not_before);
        if let Some(period) = known.spec.period.filter(|_| notice.attempts == 0) {
            due = due.max(notice.at.saturating_add(period.saturating_mul(1000)));
        }
        Ok(Some(Head { number: key.number, row: notice, due, known, queue }))
    }

    /// What waits, in one message. What failed together is tried together, and alone: the same
    /// identifier always stands for the same notices.
    fn digest(&self, view: &View<'_>, subscription: &str, head: Head) -> Result<OutgoingMessage, Error> {
        let settings = &self.settings.notices;
        let (mut notices, mut bodies, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut last = head.row.at;
        for row in pending(view, subscription, head.number) {
            let (key, row) = row?;
            if row.attempts != head.row.attempts {
                break;
            }
            let body = references::read(view, row.body, subscription)?;
            bytes += body.len();
            let full = notices.len() >= settings.digest_notices || bytes > settings.digest_bytes;
            if full && !notices.is_empty() {
                break;
            }
            last = row.at;
            notices.push((key.number, row.id));
            bodies.push(body);
        }
        let ids: Vec<&str> = notices.iter().map(|(_, id)| id.as_str()).collect();
        let bodies = ids.iter().copied().zip(bodies.iter().map(Vec::as_slice));
        let body = written("a digest", &notice::digest(bodies, last))?;
        Ok(OutgoingMessage {
            subscription: subscription.to_owned(),
            target: head.known.spec.target,
            id: message_id(&ids.join(" ")),
            body,
            notices,
            rescanning: None,
        })
    }
}

/// That notifications of Clair's form are there: for all notices that wait and follow each other. What failed together is
/// told of together again, and alone.
fn notification(
    view: &View<'_>,
    head: &Head,
    callback: &str,
    settings: &Settings,
) -> Result<OutgoingMessage, Error> {
    let name = &head.known.name;
    let most = settings.notices.digest_notices.clamp(1, NotificationId::MOST);
    let mut notices = Vec::new();
    for row in pending(view, name, head.number) {
        let (key, row) = row?;
        let follows = key.number == head.number + notices.len() as u64;
        if notices.len() >= most || !follows || row.attempts != head.row.attempts {
            break;
        }
        notices.push((key.number, row.id));
    }
    let id = NotificationId::of_notices(&head.known, head.number, notices.len(), head.row.at);
    Ok(OutgoingMessage {
        subscription: name.clone(),
        target: head.known.spec.target.clone(),
        id: id.to_string(),
        body: callback_body(callback, &id)?,
        notices,
        rescanning: None,
    })
}

/// What a receiver of Clair's notifications is sent.
pub(super) fn callback_body(callback: &str, id: &NotificationId) -> Result<Vec<u8>, Error> {
    written("a notification", &Webhook::new(callback, id))
}

/// What is sent, as JSON.
pub(super) fn written(what: &str, body: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(body)
        .map_err(|error| Error::Host { what: format!("{what} cannot be written"), source: error.into() })
}

/// An identifier of a message, that of the same `of` being the same.
pub(super) fn message_id(of: &str) -> String {
    format!("msg_{}", Digest::of(of.as_bytes()).hex().get(..32).unwrap_or_default())
}

/// The notices of a subscription that wait, from a number on.
pub(super) fn pending<'v>(
    view: &'v View<'_>,
    subscription: &'v str,
    first: u64,
) -> impl Iterator<Item = Result<(outbox::Key, outbox::Row), limpid_store::Error>> + 'v {
    let rows = view.scan_from::<Outbox>(
        |key| {
            key.text(subscription);
        },
        move |key| {
            key.text(subscription).number(first);
        },
    );
    rows.filter(|row| row.as_ref().map_or(true, |(_, row)| row.state == State::Pending))
}
