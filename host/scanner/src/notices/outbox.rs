//! Notices that are there: to be listed, sent again, and forgotten.

use limpid_model::{Notice, NoticePosition, NoticeState, Page, Subscription, SubscriptionState};
use limpid_store::tables::announcements::{Announcements, Receiver, Stage};
use limpid_store::tables::outbox::{self, Outbox, State};
use limpid_store::tables::subscriptions::Subscriptions;
use limpid_store::{Batch, View};

use super::Notifying;
use super::deliveries::{Queue, Waiting};
use super::message::pending;
use super::references::{self, Counts};
use crate::Error;

/// Notices that are looked at for one page.
const LOOKED_AT: usize = 20_000;

/// Notices that are changed in one batch.
pub(super) const A_BATCH: usize = 1_000;

impl Notifying<'_> {
    /// All subscriptions, by name, and how their deliveries go.
    pub(crate) fn subscription_states(&self) -> Result<Vec<SubscriptionState>, Error> {
        let subscriptions = self.subscriptions()?;
        subscriptions.into_iter().map(|subscription| self.state_of(subscription)).collect()
    }

    /// A subscription, and how its deliveries go.
    ///
    /// # Errors
    /// [`Error::NoSubscription`] where there is none of that name.
    pub(crate) fn subscription_state(&self, name: &str) -> Result<SubscriptionState, Error> {
        self.state_of(self.subscription(name)?)
    }

    fn state_of(&self, subscription: Subscription) -> Result<SubscriptionState, Error> {
        let due = self.due(&subscription.name)?;
        // Before anything is read: what comes back after that is seen.
        let queue = self.deliveries.queue(&subscription.name);
        let view = self.store.view();
        let head = pending(&view, &subscription.name, queue.first).next().transpose()?;
        let first = head.as_ref().map_or(subscription.next_number, |(key, _)| key.number);
        self.deliveries.advance(&subscription.name, queue, first);
        let head = head.map(|(_, row)| row);
        let pending = self.waiting(&subscription.name)? + unposted(&view, &subscription)?;
        Ok(SubscriptionState {
            pending,
            oldest: head.as_ref().map(|row| row.at),
            next_attempt: due.map(|due| due.at),
            failure: self.why_locked(&subscription).or_else(|| head.and_then(|row| row.failure)),
            delivered: queue.delivered,
            dead: queue.dead,
            subscription,
        })
    }

    /// How many notices of a subscription wait in the outbox.
    fn waiting(&self, subscription: &str) -> Result<u64, Error> {
        let writer = self.writers.notices();
        let Queue { first, waiting, .. } = self.deliveries.queue(subscription);
        if let Waiting::Known(waiting) = waiting {
            return Ok(waiting);
        }
        let view = writer.view();
        let count = self.deliveries.begin_count(subscription);
        // Nobody waits while they are counted.
        drop(writer);
        let mut waiting = 0;
        for row in pending(&view, subscription, first) {
            row?;
            waiting += 1;
        }
        self.deliveries.end_count(subscription, count, waiting);
        Ok(waiting)
    }

    /// Notices by subscription and number, from the one after `after` on, `limit` at most: those of
    /// one subscription, and in one state, where these are named.
    ///
    /// # Errors
    /// [`Error::NoSubscription`] where there is no subscription of that name.
    pub(crate) fn notices(
        &self,
        subscription: Option<&str>,
        state: Option<NoticeState>,
        after: Option<&NoticePosition>,
        limit: usize,
    ) -> Result<Page<Notice, NoticePosition>, Error> {
        if let Some(name) = subscription {
            self.subscription(name)?;
        }
        let view = self.store.view();
        let (mut items, mut last) = (Vec::new(), None);
        for (looked_at, row) in from(&view, subscription, after.map(outbox::Key::from).as_ref()).enumerate() {
            // One more is there: where the page or the patience ends, another begins.
            if items.len() >= limit || looked_at >= LOOKED_AT {
                return Ok(Page { items, next: last });
            }
            let (key, row) = row?;
            last = Some(NoticePosition::from(key.clone()));
            if state.is_none_or(|state| state == row.state.into()) {
                let body = references::read(&view, row.body.clone(), &key.subscription)?;
                items.push(row.into_notice(key, body));
            }
        }
        Ok(Page { items, next: None })
    }

    /// Sends a notice again, whatever came of it before. It goes before all with higher numbers.
    ///
    /// # Errors
    /// [`Error::NoNotice`] where there is none of that number.
    pub(crate) fn replay(&self, subscription: &str, number: u64) -> Result<(), Error> {
        let key = key(subscription, number);
        if self.store.view().get::<Outbox>(&key)?.is_none() {
            self.subscription(subscription)?;
            return Err(Error::NoNotice { subscription: subscription.to_owned(), number });
        }
        self.pend(&[key]).map(|_| ())
    }

    /// Sends all notices of a subscription again, from a number on. Returns how many.
    ///
    /// # Errors
    /// [`Error::NoSubscription`] where there is none of that name.
    pub(crate) fn replay_from(&self, subscription: &str, number: u64) -> Result<u64, Error> {
        // Those that are raised meanwhile are sent anyhow.
        let end = self.subscription(subscription)?.next_number;
        let (mut first, mut replayed) = (number, 0);
        while first < end {
            let after = first.checked_sub(1).map(|before| key(subscription, before));
            let view = self.store.view();
            let rows = from(&view, Some(subscription), after.as_ref()).take(A_BATCH);
            let keys = rows.map(|row| Ok(row?.0)).collect::<Result<Vec<_>, Error>>()?;
            let Some(last) = keys.last() else { break };
            first = last.number.saturating_add(1);
            replayed += self.pend(&keys)?;
        }
        Ok(replayed)
    }

    /// Lets notices wait as if they had never been tried. Returns how many are there.
    fn pend(&self, keys: &[outbox::Key]) -> Result<u64, Error> {
        let writer = self.writers.notices();
        let view = writer.view();
        let now = self.settings.clock.now();
        let mut batch = Batch::default();
        let mut more = 0;
        let rows = view.multi_get::<Outbox>(keys)?;
        for (key, row) in keys.iter().zip(rows) {
            let Some(row) = row else { continue };
            more += u64::from(row.state != State::Pending);
            let row = outbox::Row { state: State::Pending, attempts: 0, when: now, failure: None, ..row };
            batch.put::<Outbox>(key, &row)?;
        }
        let pended = batch.len() as u64;
        writer.commit(batch)?;
        if let Some(first) = keys.first() {
            self.deliveries.rewind(&first.subscription, first.number);
            self.deliveries.change(&first.subscription, |queue| queue.waiting.add(more));
        }
        self.deliveries.ring();
        Ok(pended)
    }

    /// Forgets notices that were delivered or given up long ago. Returns how many.
    pub(super) fn forget_old_notices(&self) -> Result<u64, Error> {
        let now = self.settings.clock.now();
        let old = |row: &outbox::Row| now >= row.when.saturating_add(self.settings.notices.retention);
        let mut forgotten = 0;
        for subscription in self.store.view().keys::<Subscriptions>(|_| ()) {
            let subscription = subscription?;
            let writer = self.writers.notices();
            let view = writer.view();
            let (mut batch, mut references) = (Batch::default(), Counts::default());
            for row in from(&view, Some(&subscription), None).take(A_BATCH) {
                let (key, row) = row?;
                // What follows is younger, but for what was sent again, which may wait for it.
                if row.state == State::Pending || !old(&row) {
                    break;
                }
                references.remove(&row.body);
                batch.delete::<Outbox>(&key);
            }
            forgotten += batch.len() as u64;
            if !batch.is_empty() {
                references.put(&view, &mut batch)?;
                writer.commit(batch)?;
            }
        }
        Ok(forgotten)
    }
}

/// Notices of a subscription that were announced and that come to the outbox yet.
fn unposted(view: &View<'_>, subscription: &Subscription) -> Result<u64, Error> {
    let mut unposted = 0;
    for row in view.scan::<Announcements>(|_| ()) {
        let (_, row) = row?;
        if matches!(row.stage, Stage::Posting { .. }) {
            let is_it = |it: &&Receiver| it.name == subscription.name && it.created == subscription.created;
            unposted += row.receivers.iter().filter(is_it).map(|it| it.unposted).sum::<u64>();
        }
    }
    Ok(unposted)
}

fn key(subscription: &str, number: u64) -> outbox::Key {
    outbox::Key { subscription: subscription.to_owned(), number }
}

pub(super) type Rows<'v> =
    Box<dyn Iterator<Item = Result<(outbox::Key, outbox::Row), limpid_store::Error>> + 'v>;

/// Notices after a key, of one subscription or of all.
pub(super) fn from<'v>(
    view: &'v View<'_>,
    subscription: Option<&'v str>,
    after: Option<&'v outbox::Key>,
) -> Rows<'v> {
    let Some(name) = subscription else { return Box::new(view.scan_after::<Outbox>(after)) };
    let first =
        after.filter(|after| after.subscription == name).map_or(0, |after| after.number.saturating_add(1));
    let rows = view.scan_from::<Outbox>(
        |key| {
            key.text(name);
        },
        move |key| {
            key.text(name).number(first);
        },
    );
    Box::new(rows)
}
