use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// Ends waiting, fetching and reading, from another thread. Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stopped: bool,
    within: Vec<Weak<Inner>>,
}

impl Stop {
    /// One that ends with this one, and may end before.
    #[must_use]
    pub fn within(&self) -> Self {
        let inner = Self::default();
        let mut state = self.0.state();
        inner.0.state().stopped = state.stopped;
        state.within.retain(|inner| inner.strong_count() > 0);
        state.within.push(Arc::downgrade(&inner.0));
        drop(state);
        inner
    }

    /// From now on nothing more is to be done.
    pub fn stop(&self) {
        let within = {
            let mut state = self.0.state();
            state.stopped = true;
            std::mem::take(&mut state.within)
        };
        self.0.changed.notify_all();
        for inner in within.iter().filter_map(Weak::upgrade) {
            Self(inner).stop();
        }
    }

    /// Whether nothing more is to be done.
    pub fn is_stopped(&self) -> bool {
        self.0.state().stopped
    }

    /// Waits, and says whether it was stopped meanwhile.
    pub fn wait(&self, time: Duration) -> bool {
        let waited = self.0.changed.wait_timeout_while(self.0.state(), time, |state| !state.stopped);
        waited.unwrap_or_else(PoisonError::into_inner).0.stopped
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_within_ends_with_it_and_not_the_other_way_round() {
        let all = Stop::default();
        let (one, other) = (all.within(), all.within());
        one.stop();
        assert!(one.is_stopped() && !other.is_stopped() && !all.is_stopped());
        let waiting = other.within();
        let waiter = std::thread::spawn(move || waiting.wait(Duration::from_secs(60)));
        all.stop();
        assert!(waiter.join().unwrap());
        assert!(other.is_stopped() && all.within().is_stopped());
    }
}
