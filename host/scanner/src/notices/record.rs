use limpid_store::Batch;
use limpid_store::tables::outbox::{self, Outbox, State};
use limpid_store::tables::subscriptions::{self, Subscriptions};

use super::Notifying;
use super::backoff::wait;
use super::message::OutgoingMessage;
use super::transport::{Then, Undelivered};
use crate::Error;

impl Notifying<'_> {
    /// Records what came of a message. Until this is done, it will be sent again.
    pub(super) fn record(
        &self,
        message: &OutgoingMessage,
        outcome: &Result<(), Undelivered>,
    ) -> Result<(), Error> {
        if matches!(outcome, Err(Undelivered { then: Then::Disable, .. })) {
            self.disable(&message.subscription)?;
        }
        let deliveries = self.deliveries;
        let writer = self.writers.notices();
        let view = writer.view();
        let now = self.settings.clock.now();
        let failures = deliveries.queue(&message.subscription).failures;
        let wait = match outcome {
            Ok(()) => 0,
            Err(failed) => wait(&self.settings.notices, failures.saturating_add(1), failed.then, random()),
        };
        let mut batch = Batch::default();
        let (mut delivered, mut dead) = (0, 0);
        for (number, id) in &message.notices {
            let key = outbox::Key { subscription: message.subscription.clone(), number: *number };
            // It may have been forgotten meanwhile, and another one have its number.
            let Some(row) = view.get::<Outbox>(&key)?.filter(|row| row.id == *id) else { continue };
            if row.state != State::Pending {
                continue;
            }
            let row = self.after_attempt(row, outcome, now, wait);
            delivered += u64::from(row.state == State::Delivered);
            dead += u64::from(row.state == State::Dead);
            batch.put::<Outbox>(&key, &row)?;
        }
        if !batch.is_empty() {
            writer.commit(batch)?;
        }
        let begun = message.rescanning.filter(|_| outcome.is_ok());
        if let Some(begun) = begun {
            deliveries.rescans.begun(&message.subscription, begun);
        }
        let pause = begun.map_or(0, |begun| begun.pause);
        deliveries.change(&message.subscription, |queue| {
            queue.delivered += delivered;
            queue.dead += dead;
            queue.waiting.remove(delivered + dead);
            queue.failures = if outcome.is_ok() { 0 } else { queue.failures.saturating_add(1) };
            queue.not_before = match outcome {
                Ok(()) if pause == 0 => 0,
                Ok(()) => now.saturating_add(pause),
                Err(_) => now.saturating_add(wait),
            };
        });
        report(message, outcome, dead);
        Ok(())
    }

    fn after_attempt(
        &self,
        row: outbox::Row,
        outcome: &Result<(), Undelivered>,
        now: u64,
        wait: u64,
    ) -> outbox::Row {
        let attempts = row.attempts.saturating_add(1);
        let settings = &self.settings.notices;
        match outcome {
            Ok(()) => outbox::Row { state: State::Delivered, attempts, when: now, failure: None, ..row },
            Err(failed) => {
                let given_up =
                    attempts >= settings.attempts || now >= row.at.saturating_add(settings.give_up);
                // Where nothing more is sent, nothing more is lost either.
                let is_dead = given_up && failed.then != Then::Disable;
                let (state, when) = match is_dead {
                    true => (State::Dead, now),
                    false => (State::Pending, now.saturating_add(wait)),
                };
                outbox::Row { state, attempts, when, failure: Some(failed.why.clone()), ..row }
            }
        }
    }

    /// Sends nothing more to a subscription, whose notices wait from now on.
    fn disable(&self, subscription: &str) -> Result<(), Error> {
        let writer = self.writers.notices();
        let name = subscription.to_owned();
        let Some(row) = writer.view().get::<Subscriptions>(&name)? else { return Ok(()) };
        let mut batch = Batch::default();
        let mut subscription = row.into_subscription(name.clone())?;
        subscription.spec.enabled = false;
        batch.put::<Subscriptions>(&name, &subscriptions::Row::from(&subscription))?;
        writer.commit(batch)
    }
}

fn report(message: &OutgoingMessage, outcome: &Result<(), Undelivered>, dead: u64) {
    let (subscription, id, notices) = (&message.subscription, &message.id, message.notices.len());
    match outcome {
        Ok(()) => {
            tracing::debug!(subscription, id, notices, "subscription `{subscription}` was told `{id}`");
        }
        Err(failed) => {
            let why = &failed.why;
            tracing::warn!(
                subscription,
                id,
                dead,
                "subscription `{subscription}` was not told `{id}`: {why}"
            );
        }
    }
}

/// Any number. Where the system has none to give, waits are as short as they may be.
fn random() -> u64 {
    getrandom::u64().unwrap_or_default()
}
