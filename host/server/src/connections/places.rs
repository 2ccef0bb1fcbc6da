use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

/// How long a client may let the service wait before another one gets its place where there is none, in
/// milliseconds: in the middle of a request or an answer, and between them.
const PATIENCE: u64 = 5_000;
const PATIENCE_BETWEEN: u64 = 1_000;

/// What stands for no time: the service works, and the client waits.
const WORKING: u64 = u64::MAX;

/// Places for connections.
#[derive(Clone, Debug)]
pub(super) struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    count: usize,
    taken: Mutex<HashMap<u64, Arc<Slot>>>,
    last: AtomicU64,
    clock: Clock,
}

/// A place that is taken, until this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    number: u64,
    slot: Arc<Slot>,
}

/// How long a client has let the service wait.
#[derive(Debug)]
pub(super) struct Slot {
    /// Since when, in milliseconds.
    since: AtomicU64,
    clock: Clock,
    leave: Notify,
}

/// Milliseconds, from a while before the beginning on.
#[derive(Clone, Copy, Debug)]
struct Clock(Instant);

impl Clock {
    fn now(self) -> u64 {
        PATIENCE + u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX - PATIENCE)
    }
}

impl Places {
    pub(super) fn new(count: usize) -> Self {
        let (taken, last, clock) = (Mutex::default(), AtomicU64::new(0), Clock(Instant::now()));
        Self(Arc::new(Inner { count: count.max(1), taken, last, clock }))
    }

    /// A place: one that is free, or that of the client that has let the service wait for longest. None
    /// where none has for long.
    pub(super) fn take(&self) -> Option<Place> {
        let mut taken = self.lock();
        if taken.len() >= self.0.count && !self.leave(&mut taken) {
            return None;
        }
        Some(self.occupy(&mut taken))
    }

    /// A place that is free.
    pub(super) fn take_free(&self) -> Option<Place> {
        let mut taken = self.lock();
        (taken.len() < self.0.count).then(|| self.occupy(&mut taken))
    }

    /// Lets the client leave that has let the service wait for longest. Returns whether there is one.
    pub(super) fn let_one_leave(&self) -> bool {
        self.leave(&mut self.lock())
    }

    fn leave(&self, taken: &mut HashMap<u64, Arc<Slot>>) -> bool {
        let longest = taken.iter().map(|(number, slot)| (slot.since(), *number)).min();
        let now = self.0.clock.now();
        let Some((_, number)) = longest.filter(|(since, _)| since.saturating_add(PATIENCE) <= now) else {
            return false;
        };
        if let Some(slot) = taken.remove(&number) {
            slot.leave.notify_one();
        }
        true
    }

    fn occupy(&self, taken: &mut HashMap<u64, Arc<Slot>>) -> Place {
        let number = self.0.last.fetch_add(1, Ordering::Relaxed);
        let slot = Slot { since: AtomicU64::new(0), clock: self.0.clock, leave: Notify::new() };
        slot.rest();
        let slot = Arc::new(slot);
        taken.insert(number, Arc::clone(&slot));
        Place { places: self.clone(), number, slot }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Slot>>> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    pub(super) fn slot(&self) -> Arc<Slot> {
        Arc::clone(&self.slot)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().remove(&self.number);
    }
}

impl Slot {
    fn since(&self) -> u64 {
        self.since.load(Ordering::Relaxed)
    }

    /// The next request may come, or not.
    fn rest(&self) {
        let now = self.clock.now();
        self.since.store(now.saturating_sub(PATIENCE - PATIENCE_BETWEEN), Ordering::Relaxed);
    }

    /// A request has come.
    pub(super) fn work(&self) {
        self.since.store(WORKING, Ordering::Relaxed);
    }

    /// More of the body is due.
    pub(super) fn wait(&self) {
        let _ = self.since.compare_exchange(WORKING, self.clock.now(), Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The answer is there, and may be read.
    pub(super) fn answer(&self) {
        self.since.store(self.clock.now(), Ordering::Relaxed);
    }

    /// Some of it was read: not while the next request is worked on.
    pub(super) fn read(&self) {
        if self.since() != WORKING {
            self.answer();
        }
    }

    /// Ends when another client needs the place more.
    pub(super) async fn left(&self) {
        self.leave.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ago(slot: &Slot, milliseconds: u64) {
        let began = slot.since().saturating_sub(milliseconds);
        slot.since.store(began, Ordering::Relaxed);
    }

    #[test]
    fn who_lets_the_service_wait_for_longest_leaves_first() {
        let places = Places::new(3);
        let [silent, slow, working] = [(); 3].map(|()| places.take().unwrap());
        working.slot.work();
        slow.slot.work();
        slow.slot.wait();
        assert!(places.take().is_none(), "nobody has waited for long");
        ago(&silent.slot, PATIENCE_BETWEEN);
        ago(&slow.slot, PATIENCE - 1_000);
        let fresh = places.take().expect("the silent one leaves");
        assert!(places.take().is_none());
        ago(&slow.slot, 1_000);
        let second = places.take().expect("the slow one leaves");
        assert!(places.take().is_none() && !places.let_one_leave(), "who works stays");
        drop((fresh, second, silent, slow));
    }

    #[test]
    fn a_place_is_free_again_when_its_connection_has_ended() {
        let places = Places::new(1);
        let one = places.take_free().unwrap();
        assert!(places.take_free().is_none());
        drop(one);
        assert!(places.take_free().is_some());
    }

    #[test]
    fn a_client_that_goes_on_keeps_its_place() {
        let places = Places::new(1);
        let one = places.take().unwrap();
        one.slot.work();
        one.slot.wait();
        ago(&one.slot, PATIENCE);
        one.slot.work();
        assert!(places.take().is_none());
        one.slot.answer();
        ago(&one.slot, PATIENCE);
        one.slot.read();
        assert!(places.take().is_none());
    }
}
