//! Who posts what was announced. An ingest that nobody waits for runs when a processor is idle, and cannot take another
//! priority: what it locked, others would wait for. So while somebody delivers, a thread of theirs posts, and whoever
//! ingests waits for it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Passes what is to be posted to the thread that does so.
#[derive(Debug, Default)]
pub(super) struct Poster {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Whether there is such a thread.
    is_there: bool,
    /// How often somebody wanted that all is posted, and which of these times it was.
    wanted: u64,
    done: u64,
}

impl Poster {
    /// From now on a thread calls [`Poster::next`].
    pub(super) fn begin(&self) {
        self.state().is_there = true;
    }

    /// It does not any more.
    pub(super) fn end(&self) {
        self.state().is_there = false;
        self.changed.notify_all();
    }

    /// Waits until that thread has posted what is announced, as far as it could: it may fail, or end meanwhile. Returns
    /// at once where there is none.
    pub(super) fn post(&self) {
        let mut state = self.state();
        state.wanted += 1;
        let mine = state.wanted;
        self.changed.notify_all();
        drop(self.changed.wait_while(state, |state| state.is_there && state.done < mine));
    }

    /// Waits until somebody wants that all is posted, but not longer than `longest`. Returns what [`Poster::posted`]
    /// takes; none where there is nothing more to wait for.
    pub(super) fn next(&self, longest: Duration) -> Option<u64> {
        let idle = |state: &mut State| state.is_there && state.wanted == state.done;
        let waited = self.changed.wait_timeout_while(self.state(), longest, idle);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_there.then_some(state.wanted)
    }

    /// What was announced when [`Poster::next`] returned this is posted, as far as that could be.
    pub(super) fn posted(&self, wanted: u64) {
        let mut state = self.state();
        state.done = state.done.max(wanted);
        drop(state);
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_wants_that_all_is_posted_waits_for_the_thread_that_posts() {
        let poster = Poster::default();
        // There is no thread yet.
        poster.post();
        poster.begin();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| poster.post());
            let mut wanted = 1;
            while wanted < 2 {
                wanted = poster.next(Duration::from_secs(600)).unwrap();
                poster.posted(wanted.min(1));
            }
            assert!(!waits.is_finished());
            poster.posted(wanted);
        });
        std::thread::scope(|scope| {
            scope.spawn(|| poster.post());
            while poster.next(Duration::ZERO) == Some(2) {}
            poster.end();
        });
        assert_eq!(poster.next(Duration::from_secs(600)), None);
    }
}
