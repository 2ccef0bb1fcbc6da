use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::harbor::Rescans;
use super::poster::Poster;

/// How deliveries have gone since the process started, and the bell that wakes those who deliver.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    queues: Mutex<HashMap<String, Queue>>,
    rung: Mutex<bool>,
    bell: Condvar,
    /// Nothing that was deferred is due before this, in milliseconds since 1970.
    deferred_until: AtomicU64,
    /// Counts that were begun.
    counts: AtomicU64,
    pub(super) poster: Poster,
    /// What scans of Harbors have seen.
    pub(super) rescans: Rescans,
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
    /// Notices that wait.
    pub(super) waiting: Waiting,
}

/// How many notices of a subscription wait. They are counted when somebody asks first; from then on, whoever changes
/// that says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Waiting {
    /// Nobody has asked.
    #[default]
    Unknown,
    /// They are being counted, as they were at some moment.
    Counting {
        /// Number of the count.
        count: u64,
        /// How many more wait since that moment.
        more: i64,
    },
    Known(u64),
}

impl Waiting {
    /// More wait than before.
    pub(super) fn add(&mut self, notices: u64) {
        self.change(i64::try_from(notices).unwrap_or(i64::MAX));
    }

    /// Fewer wait than before.
    pub(super) fn remove(&mut self, notices: u64) {
        self.change(i64::try_from(notices).map_or(i64::MIN, |notices| -notices));
    }

    fn change(&mut self, by: i64) {
        match self {
            Self::Unknown => {}
            Self::Counting { more, .. } => *more = more.saturating_add(by),
            Self::Known(known) => *known = known.saturating_add_signed(by),
        }
    }

    /// So many waited when a count was begun.
    fn counted(&mut self, which: u64, notices: u64) {
        if let Self::Counting { count, more } = *self
            && count == which
        {
            *self = Self::Known(notices.saturating_add_signed(more));
        }
    }
}

impl Deliveries {
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
        self.rescans.forget(subscription);
        self.change(subscription, |queue| {
            queue.first = queue.first.min(number);
            queue.rewinds += 1;
            queue.not_before = 0;
        });
    }

    /// Remembers nothing of a subscription but that something has changed.
    pub(super) fn forget(&self, subscription: &str) {
        self.rescans.forget(subscription);
        self.change(subscription, |queue| *queue = Queue { rewinds: queue.rewinds + 1, ..Queue::default() });
    }

    /// Begins to count what waits, under the lock of those who change it. Returns the number of the count.
    pub(super) fn begin_count(&self, subscription: &str) -> u64 {
        let count = self.counts.fetch_add(1, Ordering::Relaxed);
        self.change(subscription, |queue| {
            // Somebody else may be at it.
            if queue.waiting == Waiting::Unknown {
                queue.waiting = Waiting::Counting { count, more: 0 };
            }
        });
        count
    }

    /// Remembers how many notices waited when a count was begun, unless another one was.
    pub(super) fn end_count(&self, subscription: &str, count: u64, notices: u64) {
        self.change(subscription, |queue| queue.waiting.counted(count, notices));
    }

    /// When deferred notices are looked at next, in milliseconds since 1970.
    pub(super) fn deferred_until(&self) -> u64 {
        self.deferred_until.load(Ordering::SeqCst)
    }

    /// Deferred notices are looked at by then.
    pub(super) fn defer_until(&self, until: u64) {
        self.deferred_until.fetch_min(until, Ordering::SeqCst);
    }

    /// Nothing that is deferred is known of.
    pub(super) fn forget_deferred(&self) {
        self.deferred_until.store(u64::MAX, Ordering::SeqCst);
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
        let deliveries = Deliveries::default();
        deliveries.advance("s", deliveries.queue("s"), 7);
        assert_eq!(deliveries.queue("s").first, 7);
        let seen = deliveries.queue("s");
        deliveries.rewind("s", 3);
        deliveries.advance("s", seen, 9);
        assert_eq!(deliveries.queue("s").first, 3);
        deliveries.advance("s", deliveries.queue("s"), 9);
        assert_eq!(deliveries.queue("s").first, 9);
        let seen = deliveries.queue("s");
        deliveries.forget("s");
        deliveries.advance("s", seen, 9);
        assert_eq!(deliveries.queue("s").first, 0);
    }

    #[test]
    fn what_changes_while_notices_are_counted_is_counted_too() {
        let deliveries = Deliveries::default();
        let waiting = || deliveries.queue("s").waiting;
        deliveries.change("s", |queue| queue.waiting.add(1));
        assert_eq!(waiting(), Waiting::Unknown);
        let count = deliveries.begin_count("s");
        deliveries.change("s", |queue| queue.waiting.remove(2));
        let other = deliveries.begin_count("s");
        deliveries.end_count("s", other, 100);
        deliveries.end_count("s", count, 7);
        assert_eq!(waiting(), Waiting::Known(5));
        let late = deliveries.begin_count("s");
        deliveries.forget("s");
        deliveries.end_count("s", late, 9);
        assert_eq!(waiting(), Waiting::Unknown);
    }

    #[test]
    fn a_bell_that_was_rung_before_is_heard() {
        let deliveries = Deliveries::default();
        deliveries.ring();
        deliveries.wait(Duration::from_secs(600));
        deliveries.wait(Duration::ZERO);
    }
}
