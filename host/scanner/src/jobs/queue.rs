//! Which job is next: those that wait for their first turn, and those that wait to be tried again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a job that is tried again early has waited at least, and how often it is looked whether there
/// is more room.
const LEAST: Duration = Duration::from_secs(1);

/// How much more room is worth another try, in bytes.
const MORE_ROOM: u64 = 1 << 20;

/// How often it is looked whether a job that is being done only waits for another.
const LOOK: Duration = Duration::from_millis(50);

/// Jobs that are acknowledged and not done.
#[derive(Debug)]
pub(super) struct Queue {
    limit: usize,
    /// How many are done at a time, beside those that only wait for others.
    workers: usize,
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    ready: VecDeque<u64>,
    running: BTreeSet<u64>,
    waiting: BTreeMap<u64, Waiting>,
    /// The job that is being tried again: one at a time, so that jobs for which there is room one by one do
    /// not take it from each other.
    again: Option<u64>,
    /// The last failure for lack of room, where nothing was done since.
    last_failure: Option<Failure>,
    failures: u64,
    is_closed: bool,
}

/// That a job could not be done, for a reason that is not its input's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    /// Why.
    pub(super) reason: String,
    /// How often it was tried.
    pub(super) attempts: u32,
    /// When it was last tried, and is to be tried next, in milliseconds since 1970.
    pub(super) since: u64,
    pub(super) next: u64,
    /// When that is.
    pub(super) due: Instant,
    pub(super) tried: Instant,
    /// How much room there was, where there was too little.
    pub(super) room: Option<u64>,
}

#[derive(Clone, Debug)]
struct Failure {
    at: Instant,
    reason: String,
}

/// What a job is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    Running,
    Waiting(Waiting),
}

/// How many jobs there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueLength {
    /// Jobs that wait for their first turn.
    pub queued: usize,
    /// Jobs that are being done.
    pub running: usize,
    /// Jobs that wait to be tried again.
    pub waiting: usize,
    /// Tries since the start of the process that failed for a reason that was not the archive's.
    pub failures: u64,
}

/// No more jobs are taken.
#[derive(Debug)]
pub(super) struct Full;

impl Queue {
    /// A queue of so many jobs, of which so many are done at a time, and of those that are there already.
    pub(super) fn new(limit: usize, workers: usize, left: Vec<u64>) -> Self {
        let inner = Inner { ready: left.into(), ..Inner::default() };
        Self {
            limit: limit.max(1),
            workers: workers.max(1),
            inner: Mutex::new(inner),
            changed: Condvar::new(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_full(&self) -> bool {
        let inner = self.inner();
        inner.is_closed || inner.ready.len() + inner.waiting.len() >= self.limit
    }

    pub(super) fn push(&self, id: u64) -> Result<(), Full> {
        if self.is_full() {
            return Err(Full);
        }
        self.inner().ready.push_back(id);
        self.changed.notify_one();
        Ok(())
    }

    /// The next job, once there is one and not too many are being done; none when the queue is closed. `room` tells
    /// how much room there is, `only_waits` whether a job that is being done waits for what another one does: it
    /// does not count, so that two that wait for a slow registry do not keep all others from their turn.
    pub(super) fn take(
        &self,
        room: impl Fn() -> Option<u64>,
        only_waits: impl Fn(u64) -> bool,
    ) -> Option<u64> {
        let mut inner = self.inner();
        loop {
            if inner.is_closed {
                return None;
            }
            let now = Instant::now();
            let is_free = inner.running.iter().filter(|id| !only_waits(**id)).count() < self.workers;
            if !is_free {
                let waited = if inner.may_have_next() {
                    let waited = self.changed.wait_timeout(inner, LOOK);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                } else {
                    self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner)
                };
                inner = waited;
                continue;
            }
            if let Some(id) = inner.next(now) {
                inner.running.insert(id);
                return Some(id);
            }
            let (mut longest, mut looks) = (None, false);
            if inner.again.is_none() {
                longest = inner.waiting.values().map(|waiting| waiting.due).min();
                looks = inner.waiting.values().any(|waiting| waiting.room.is_some());
            }
            let longest = longest.map(|due| due.saturating_duration_since(now));
            let longest = if looks { longest.map(|longest| longest.min(LEAST)) } else { longest };
            inner = match longest {
                Some(longest) => {
                    let waited = self.changed.wait_timeout(inner, longest);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner),
            };
            if looks && inner.again.is_none() {
                drop(inner);
                let room = room();
                inner = self.inner();
                if let Some(room) = room {
                    inner.hasten(|waiting| waiting.room.is_some_and(|before| room > before + MORE_ROOM));
                }
            }
        }
    }

    /// A job is done, or refused, and nothing more happens to it. What waits is tried again, because
    /// something could be done.
    pub(super) fn ended(&self, id: u64) {
        let mut inner = self.inner();
        inner.waiting.remove(&id);
        inner.stops(id);
        inner.last_failure = None;
        inner.hasten(|_| true);
        drop(inner);
        self.changed.notify_all();
    }

    /// A job could not be done. `waiting` says how it waits, by how often it was tried.
    pub(super) fn failed(&self, id: u64, waiting: impl FnOnce(u32) -> Waiting) -> Waiting {
        let mut inner = self.inner();
        let attempts = inner.waiting.get(&id).map_or(0, |waiting| waiting.attempts).saturating_add(1);
        let waiting = waiting(attempts);
        inner.stops(id);
        inner.failures += 1;
        if waiting.room.is_some() {
            inner.last_failure = Some(Failure { at: waiting.tried, reason: waiting.reason.clone() });
        }
        inner.waiting.insert(id, waiting.clone());
        drop(inner);
        self.changed.notify_all();
        waiting
    }

    /// How often a job was tried in vain.
    pub(super) fn attempts(&self, id: u64) -> u32 {
        self.inner().waiting.get(&id).map_or(0, |waiting| waiting.attempts)
    }

    /// What a job is doing; none where it waits for its first turn.
    pub(super) fn doing(&self, id: u64) -> Option<Doing> {
        let inner = self.inner();
        if inner.running.contains(&id) {
            return Some(Doing::Running);
        }
        inner.waiting.get(&id).cloned().map(Doing::Waiting)
    }

    /// The job that was acknowledged first of those that have not ended: numbers only grow.
    pub(super) fn oldest(&self) -> Option<u64> {
        let inner = self.inner();
        let (ready, running) = (inner.ready.iter().min(), inner.running.first());
        ready.into_iter().chain(running).chain(inner.waiting.keys().next()).min().copied()
    }

    pub(super) fn length(&self) -> QueueLength {
        let inner = self.inner();
        QueueLength {
            queued: inner.ready.len(),
            running: inner.running.len(),
            waiting: inner.waiting.keys().filter(|id| !inner.running.contains(id)).count(),
            failures: inner.failures,
        }
    }

    /// Why there was no room for the last job that found none, where that was not longer ago, and none was
    /// done since.
    pub(super) fn last_failure(&self, within: Duration) -> Option<String> {
        let failure = self.inner().last_failure.clone()?;
        (failure.at.elapsed() <= within).then_some(failure.reason)
    }

    #[cfg(test)]
    pub(super) fn is_closed(&self) -> bool {
        self.inner().is_closed
    }

    /// Nothing more is begun.
    pub(super) fn close(&self) {
        self.inner().is_closed = true;
        self.changed.notify_all();
    }
}

impl Inner {
    fn may_have_next(&self) -> bool {
        !self.ready.is_empty() || self.waiting.keys().any(|id| !self.running.contains(id))
    }

    fn next(&mut self, now: Instant) -> Option<u64> {
        let is_due = |(id, waiting): &(&u64, &Waiting)| waiting.due <= now && !self.running.contains(id);
        if self.again.is_none()
            && let Some(id) = self.waiting.iter().filter(is_due).min_by_key(|(_, w)| w.due).map(|(id, _)| *id)
        {
            self.again = Some(id);
            return Some(id);
        }
        self.ready.pop_front()
    }

    fn stops(&mut self, id: u64) {
        self.running.remove(&id);
        self.again = self.again.filter(|again| *again != id);
    }

    /// Makes what waits due, but not before it has waited a moment.
    fn hasten(&mut self, which: impl Fn(&Waiting) -> bool) {
        for waiting in self.waiting.values_mut().filter(|waiting| which(waiting)) {
            waiting.due = waiting.due.min(waiting.tried + LEAST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(attempts: u32, wait: Duration, room: Option<u64>) -> Waiting {
        let tried = Instant::now();
        Waiting { reason: "full".into(), attempts, since: 0, next: 0, due: tried + wait, tried, room }
    }

    #[test]
    fn jobs_that_wait_are_tried_again_one_at_a_time() {
        let queue = Queue::new(10, 10, vec![1, 2]);
        let take = || queue.take(|| None, |_| false).unwrap();
        assert_eq!([take(), take()], [1, 2]);
        for id in [1, 2] {
            let waiting = queue.failed(id, |attempts| waiting(attempts, Duration::ZERO, None));
            assert_eq!(waiting.attempts, 1);
        }
        queue.push(3).unwrap();
        assert_eq!(queue.length(), QueueLength { queued: 1, running: 0, waiting: 2, failures: 2 });
        assert_eq!(queue.oldest(), Some(1), "it is still to be done");
        assert_eq!([take(), take()], [1, 3], "2 is due, and 1 is being tried again");
        assert_eq!(queue.doing(1), Some(Doing::Running));
        assert!(matches!(queue.doing(2), Some(Doing::Waiting(_))));
        assert_eq!(queue.failed(1, |attempts| waiting(attempts, Duration::from_secs(60), None)).attempts, 2);
        assert_eq!(take(), 2);
        queue.ended(2);
        assert_eq!((queue.doing(2), queue.doing(3)), (None, Some(Doing::Running)));
        assert_eq!(queue.oldest(), Some(1));
        queue.ended(1);
        assert_eq!(queue.oldest(), Some(3));
    }

    #[test]
    fn what_waits_counts_as_much_as_what_is_queued() {
        let queue = Queue::new(2, 10, vec![]);
        queue.push(1).unwrap();
        assert_eq!(queue.take(|| None, |_| false), Some(1));
        queue.failed(1, |attempts| waiting(attempts, Duration::from_secs(60), None));
        queue.push(2).unwrap();
        assert!(queue.is_full() && queue.push(3).is_err());
    }

    #[test]
    fn more_room_or_a_job_that_is_done_ends_a_wait_early() {
        let early = Duration::from_secs(600);
        for room in [Some(5), None] {
            let queue = Queue::new(2, 10, vec![1, 2]);
            assert_eq!([queue.take(|| None, |_| false), queue.take(|| None, |_| false)], [Some(1), Some(2)]);
            queue.failed(1, |attempts| waiting(attempts, early, room));
            assert_eq!(queue.last_failure(early).as_deref(), room.map(|_| "full"));
            if room.is_none() {
                queue.ended(2);
                assert_eq!(queue.last_failure(early), None);
            }
            let began = Instant::now();
            assert_eq!(queue.take(|| Some(5 + MORE_ROOM + 1), |_| false), Some(1));
            assert!(began.elapsed() < Duration::from_secs(60));
        }
    }

    #[test]
    fn a_job_that_only_waits_for_another_leaves_its_place_to_the_next() {
        let queue = Queue::new(10, 2, vec![1, 2, 3, 4]);
        let waits = Mutex::new(BTreeSet::from([2]));
        let take = || queue.take(|| None, |id| waits.lock().unwrap().contains(&id));
        assert_eq!([take(), take(), take()], [1, 2, 3].map(Some));
        std::thread::scope(|scope| {
            let next = scope.spawn(take);
            assert_eq!(queue.length().queued, 1);
            waits.lock().unwrap().insert(1);
            assert_eq!(next.join().unwrap(), Some(4));
        });
    }

    #[test]
    fn a_closed_queue_gives_nothing_more() {
        let queue = Queue::new(2, 10, vec![1]);
        queue.close();
        assert_eq!(queue.take(|| None, |_| false), None);
        assert!(queue.push(2).is_err());
    }
}
