//! Layers that are being read: one that several submissions have is fetched and read by one of them, for all.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use limpid_bytes::Stop;
use limpid_images::Error as ImageError;
use limpid_model::Digest;

use super::layer::ReadLayer;
use crate::Error;

/// How long somebody waits until it looks whether it should go on waiting.
const LOOK: Duration = Duration::from_millis(50);

/// What reading a layer gives depends on nothing else, as long as the settings are the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) diff_id: Digest,
    /// Components of the detectors that see it.
    pub(super) detectors: Vec<Digest>,
    /// Whether its files are counted by kind.
    pub(super) counts: bool,
}

/// The layers that are being read in this process, or were read and are not stored yet.
#[derive(Debug, Default)]
pub(crate) struct Flights(Mutex<HashMap<Key, Weak<Flight>>>);

/// A layer that one submission reads and others may wait for. Whoever read it or waited for it keeps this
/// until it has stored what it needs: until then, those who come later need not read it either.
#[derive(Debug)]
pub(super) struct Flight {
    key: Key,
    state: Mutex<State>,
    changed: Condvar,
}

enum State {
    UnderWay,
    Landed(Arc<ReadLayer>),
    /// Who read it failed: that may be of its source.
    Failed,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::UnderWay => "UnderWay",
            Self::Landed(_) => "Landed",
            Self::Failed => "Failed",
        })
    }
}

/// Whose turn it is to read a layer.
pub(super) enum Turn {
    /// Of who asks.
    Own(Owned),
    /// Somebody else reads it, or has.
    Others(Arc<Flight>),
}

/// The duty to read a layer. Dropped without that, it passes to those who wait.
pub(super) struct Owned(Arc<Flight>);

impl Flights {
    /// Whose turn it is to read a layer. Who is given it reads it at once, and waits for nobody meanwhile: so
    /// nobody who waits is waited for.
    pub(super) fn turn(&self, key: &Key) -> Turn {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = flights.get(key).and_then(Weak::upgrade);
        if let Some(flight) = known.filter(|flight| !matches!(*flight.state(), State::Failed)) {
            return Turn::Others(flight);
        }
        flights.retain(|_, flight| flight.strong_count() > 0);
        let (key, state) = (key.clone(), Mutex::new(State::UnderWay));
        let flight = Arc::new(Flight { key, state, changed: Condvar::new() });
        flights.insert(flight.key.clone(), Arc::downgrade(&flight));
        Turn::Own(Owned(flight))
    }
}

#[cfg(test)]
impl Flights {
    /// How many wait for a layer, or have waited and not stored it yet.
    pub(super) fn waiting(&self) -> usize {
        let flights = self.0.lock().unwrap();
        flights.values().map(|flight| flight.strong_count().saturating_sub(1)).sum()
    }
}

impl Owned {
    /// The layer was read.
    pub(super) fn landed(self, layer: &Arc<ReadLayer>) -> Arc<Flight> {
        self.0.end(State::Landed(Arc::clone(layer)));
        Arc::clone(&self.0)
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.end(State::Failed);
    }
}

impl Flight {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, state: State) {
        let mut current = self.state();
        if matches!(*current, State::UnderWay) {
            *current = state;
        }
        self.changed.notify_all();
    }

    /// Waits for who reads it; none where that failed, or `is_over` says that nobody needs it.
    ///
    /// # Errors
    /// Where `stop` says that nothing is to be waited for.
    pub(super) fn wait(
        &self,
        stop: &Stop,
        is_over: impl Fn() -> bool,
    ) -> Result<Option<Arc<ReadLayer>>, Error> {
        let mut state = self.state();
        loop {
            match &*state {
                State::Landed(layer) => return Ok(Some(Arc::clone(layer))),
                State::Failed => return Ok(None),
                State::UnderWay if stop.is_stopped() => {
                    let what = format!("layer `{}`", self.key.diff_id);
                    return Err(ImageError::Interrupted { what }.into());
                }
                State::UnderWay if is_over() => return Ok(None),
                State::UnderWay => {}
            }
            let waited = self.changed.wait_timeout(state, LOOK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
