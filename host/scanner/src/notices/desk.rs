use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is remembered of deliveries from the start of the process on, and the bell that calls those
/// who deliver.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    queues: Mutex<HashMap<String, Queue>>,
    rung: Mutex<bool>,
    bell: Condvar,
    /// Whoever changes notices that are there does so alone. Taken after the lock of those who take
    /// in documents, where both are.
    pub(super) outbox: Mutex<()>,
}

/// What is remembered of a subscription.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Queue {
    /// No notice below this number waits.
    pub(super) first: u64,
    /// How often notices that were done with came back.
    pub(super) rewinds: u64,
    /// Nothing is sent before this, in milliseconds since 1970.
    pub(super) not_before: u64,
    /// Attempts in a row that failed.
    pub(super) failures: u32,
    /// Notices that were delivered.
    pub(super) delivered: u64,
    /// Notices that were given up.
    pub(super) dead: u64,
}

impl Desk {
    /// What is remembered of a subscription.
    pub(super) fn queue(&self, subscription: &str) -> Queue {
        self.queues().get(subscription).copied().unwrap_or_default()
    }

    pub(super) fn change(&self, subscription: &str, change: impl FnOnce(&mut Queue)) {
        change(self.queues().entry(subscription.to_owned()).or_default());
    }

    /// Remembers that no notice below a number waits, unless some came back since `seen`.
    pub(super) fn advance(&self, subscription: &str, seen: Queue, first: u64) {
        self.change(subscription, |queue| {
            if queue.rewinds == seen.rewinds {
                queue.first = queue.first.max(first);
            }
        });
    }

    /// Remembers that a notice waits again, and that nothing stands in its way.
    pub(super) fn rewind(&self, subscription: &str, number: u64) {
        self.change(subscription, |queue| {
            queue.first = queue.first.min(number);
            queue.rewinds += 1;
            queue.not_before = 0;
        });
    }

    /// Remembers nothing of a subscription but that something has changed.
    pub(super) fn forget(&self, subscription: &str) {
        self.change(subscription, |queue| *queue = Queue { rewinds: queue.rewinds + 1, ..Queue::default() });
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<String, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that something may have to be delivered.
    pub(crate) fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_all();
    }

    /// Waits until the bell is rung, or has been since the last wait, but not longer than `longest`.
    pub(super) fn wait(&self, longest: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.bell.wait_timeout_while(rung, longest, |rung| !*rung);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_before_a_notice_came_back_moves_nothing() {
        let desk = Desk::default();
        desk.advance("s", desk.queue("s"), 7);
        assert_eq!(desk.queue("s").first, 7);
        let seen = desk.queue("s");
        desk.rewind("s", 3);
        desk.advance("s", seen, 9);
        assert_eq!(desk.queue("s").first, 3);
        desk.advance("s", desk.queue("s"), 9);
        assert_eq!(desk.queue("s").first, 9);
        let seen = desk.queue("s");
        desk.forget("s");
        desk.advance("s", seen, 9);
        assert_eq!(desk.queue("s").first, 0);
    }

    #[test]
    fn a_bell_that_was_rung_before_is_heard() {
        let desk = Desk::default();
        desk.ring();
        desk.wait(Duration::from_secs(600));
        desk.wait(Duration::ZERO);
    }
}
