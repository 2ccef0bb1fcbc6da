//! Whether what is known rests on the plugins that are loaded, or is still being refreshed.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};

use limpid_runtime::Change;

/// Refreshes that are to be done, and who does them.
#[derive(Debug, Default)]
pub(crate) struct Refreshing {
    /// How many are under way or to be done.
    under_way: AtomicUsize,
    /// How many have begun.
    begun: AtomicU64,
    listener: Mutex<Option<mpsc::Sender<Event>>>,
}

/// What whoever refreshes is told.
#[derive(Debug)]
pub(crate) enum Event {
    /// A plugin has changed.
    Changed(Change),
    /// An image was indexed by detectors that have changed meanwhile.
    Images,
    Stop,
}

/// How far refreshing was at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    begun: u64,
    under_way: bool,
}

impl Refreshing {
    /// Whether what is known does not rest yet on the plugins that are loaded.
    pub(crate) fn is_under_way(&self) -> bool {
        self.under_way.load(Ordering::SeqCst) > 0
    }

    /// How far refreshing is now.
    pub(crate) fn moment(&self) -> Moment {
        let begun = self.begun.load(Ordering::SeqCst);
        Moment { begun, under_way: self.is_under_way() }
    }

    /// How many have begun, where all of them have ended.
    pub(crate) fn ended(&self) -> Option<u64> {
        let Moment { begun, under_way } = self.moment();
        (!under_way).then_some(begun)
    }

    /// Whether what was read since a moment may rest on plugins of before and of after a change. It
    /// may where a refresh was under way then, even if it has ended by now, and where one has begun.
    pub(crate) fn has_begun_since(&self, moment: Moment) -> bool {
        moment.under_way || moment.begun != self.begun.load(Ordering::SeqCst)
    }

    /// Asks for images to be refreshed, because one was indexed by detectors that are gone by now.
    pub(crate) fn ask(&self) {
        if let Some(listener) = &*self.listener() {
            self.begin();
            let _ = listener.send(Event::Images);
        }
    }

    /// Counts one that is to be done.
    pub(crate) fn begin(&self) {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        self.begun.fetch_add(1, Ordering::SeqCst);
    }

    /// One is done.
    pub(crate) fn end(&self) {
        self.under_way.fetch_sub(1, Ordering::SeqCst);
    }

    /// From now on events go there.
    pub(crate) fn listen(&self, listener: mpsc::Sender<Event>) {
        *self.listener() = Some(listener);
    }

    /// Tells whoever refreshes to stop.
    pub(crate) fn stop(&self) {
        if let Some(listener) = self.listener().take() {
            let _ = listener.send(Event::Stop);
        }
    }

    /// Whether nobody refreshes, or is to go on with it.
    pub(crate) fn is_stopped(&self) -> bool {
        self.listener().is_none()
    }

    fn listener(&self) -> MutexGuard<'_, Option<mpsc::Sender<Event>>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
