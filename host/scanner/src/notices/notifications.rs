//! Notices in pages, as receivers of Clair's notifications fetch them.

use limpid_formats::clair::{Announced, Notification, NotificationId, NotificationPage, Told};
use limpid_model::{Digest, Subscription};
use limpid_store::tables::advisories::Advisories;
use limpid_store::tables::images::Images;
use limpid_store::tables::outbox::{self, Outbox, State};
use limpid_store::{Batch, View};

use super::Notifying;
use super::references::{self, Counts};
use super::subscriptions;
use crate::Error;

/// The number of no notice: what is told of by it is that something would arrive.
pub(super) const NOTHING: u64 = 0;

impl Notifying<'_> {
    /// Some of the notifications of a message, from the one after `after` on, `size` at most. Of a message that nobody
    /// knows there are none.
    pub(crate) fn notification_page(
        &self,
        message: NotificationId,
        after: Option<NotificationId>,
        size: usize,
    ) -> Result<NotificationPage, Error> {
        let Some(subscription) = self.subscription_of(message)? else {
            return Ok(NotificationPage::new(size, Vec::new(), true));
        };
        let (first, last) = message.numbers();
        let begins = after.map_or((first, 0), |after| {
            let (number, place) = after.position();
            (number.max(first), place.saturating_add(1))
        });
        let view = self.store.view();
        let mut page = Vec::new();
        for row in in_range(&view, &subscription.name, (begins.0, last)) {
            let (key, row) = row?;
            let body = references::read(&view, row.body.clone(), &key.subscription)?;
            let notice = Announced { number: key.number, raised: row.at, body: &body };
            let skipped = if key.number == begins.0 { begins.1 } else { 0 };
            for notification in notifications(&view, message, &notice)?.into_iter().skip(skipped.into()) {
                if page.len() >= size {
                    return Ok(NotificationPage::new(size, page, false));
                }
                page.push(notification);
            }
        }
        Ok(NotificationPage::new(size, page, true))
    }

    /// Forgets the notices of a message, whose receiver has fetched them. Says whether there were any.
    pub(crate) fn forget_notification(&self, message: NotificationId) -> Result<bool, Error> {
        let Some(subscription) = self.subscription_of(message)? else { return Ok(false) };
        let (first, last) = message.numbers();
        if first == NOTHING {
            return Ok(true);
        }
        let writer = self.writers.notices();
        let view = writer.view();
        let (mut batch, mut references) = (Batch::default(), Counts::default());
        let mut pending = 0;
        for row in in_range(&view, &subscription.name, (first, last)) {
            let (key, row) = row?;
            // Its receiver may be quicker than the record of its delivery.
            pending += u64::from(row.state == State::Pending);
            references.remove(&row.body);
            batch.delete::<Outbox>(&key);
        }
        let is_known = !batch.is_empty();
        if is_known {
            references.put(&view, &mut batch)?;
            writer.commit(batch)?;
            self.deliveries.change(&subscription.name, |queue| queue.waiting.remove(pending));
        }
        Ok(is_known)
    }

    /// Whose message it is. Where that goes is as it is stored.
    fn subscription_of(&self, message: NotificationId) -> Result<Option<Subscription>, Error> {
        let all = subscriptions::all(&self.store.view())?;
        Ok(all.into_iter().find(|subscription| message.is_of(subscription)))
    }
}

/// Notices of a subscription by number, the last among them.
fn in_range<'v>(
    view: &'v View<'_>,
    subscription: &'v str,
    (first, last): (u64, u64),
) -> impl Iterator<Item = Result<(outbox::Key, outbox::Row), limpid_store::Error>> + 'v {
    let rows = view.scan_from::<Outbox>(
        |key| {
            key.text(subscription);
        },
        move |key| {
            key.text(subscription).number(first);
        },
    );
    rows.take_while(move |row| row.as_ref().map_or(true, |(key, _)| key.number <= last))
}

/// What a notice tells of each manifest of its image, as long as there is that image.
fn notifications(
    view: &View<'_>,
    message: NotificationId,
    notice: &Announced<'_>,
) -> Result<Vec<Notification>, Error> {
    let Some(told) = Told::read(notice) else { return Ok(Vec::new()) };
    let Some(row) = view.get::<Images>(&told.image())? else { return Ok(Vec::new()) };
    let manifests: Vec<Digest> = row.into_parts(told.image()).0.manifests;
    let (feed, id) = told.advisory();
    let first = view
        .scan::<Advisories>(|key| {
            key.text(feed).text(id);
        })
        .next()
        .transpose()?;
    // Where there is none, it was withdrawn.
    let told = match first.map(|(key, row)| row.into_advisory(key.id)) {
        Some(advisory) => told.described(&advisory.title, &advisory.references),
        None => told,
    };
    Ok(told.notifications(message, &manifests).collect())
}
