//! What a change of plugins means for what is known, done in the background: versions are ordered
//! anew, kept documents parsed anew, kept files shown to detectors that have not seen them.

mod detectors;
mod healing;

use std::sync::atomic::Ordering;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use limpid_model::PluginId;
use limpid_runtime::Change;

use healing::Quarantines;

use crate::error::chain;
use crate::{Error, Scanner, yield_to_others};

/// How often what is too long ago is forgotten, at least.
const TIDYING: Duration = Duration::from_secs(60 * 60);

/// How often it is looked whether a plugin that was quarantined may be called again.
const LOOK: Duration = Duration::from_secs(2);

/// The thread that refreshes, until it is dropped.
#[derive(Debug)]
pub struct Refresh {
    scanner: Scanner,
    thread: Option<JoinHandle<()>>,
}

/// How far refreshing was at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    begun: u64,
    under_way: bool,
}

/// What the thread is told.
pub(crate) enum Event {
    /// A plugin has changed.
    Changed(Change),
    /// An image was indexed by detectors that have changed meanwhile.
    Images,
    Stop,
}

impl Refresh {
    /// Refreshes what an earlier process left, and then after each change of plugins.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn start(scanner: Scanner) -> Result<Self, Error> {
        let (sender, events) = mpsc::channel();
        let worker = scanner.clone();
        let thread = std::thread::Builder::new()
            .name("refresh".to_owned())
            .spawn(move || work(&worker, &events))
            .map_err(|source| Error::Host { what: "a thread cannot be started".to_owned(), source })?;
        let changed = sender.clone();
        // Begun before the change is made, so that no report in between says that all is done.
        let (begun, told) = (scanner.clone(), scanner.clone());
        scanner.registry().on_change(
            move |_| {
                begun.begin_refresh();
                report(begun.doubt_keys());
            },
            move |change| {
                if changed.send(Event::Changed(change.clone())).is_err() {
                    told.end_refresh();
                }
            },
        );
        *scanner.refresher() = Some(sender);
        Ok(Self { scanner, thread: Some(thread) })
    }
}

impl Drop for Refresh {
    /// Waits for the image or document that is being refreshed. The next process does the rest.
    fn drop(&mut self) {
        if let Some(sender) = self.scanner.refresher().take() {
            let _ = sender.send(Event::Stop);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(scanner: &Scanner, events: &mpsc::Receiver<Event>) {
    yield_to_others();
    let stopped = || scanner.refresher().is_none();
    scanner.begin_refresh();
    report(scanner.learn_names());
    report(scanner.refresh_images(&stopped));
    report(scanner.vouch());
    report(scanner.heal(&stopped));
    scanner.end_refresh();
    let mut quarantines = Quarantines::default();
    quarantines.have_ended(scanner);
    let mut tidied = None;
    loop {
        if tidied.is_none_or(|tidied: Instant| tidied.elapsed() >= TIDYING) {
            report(scanner.forget_history());
            tidied = Some(Instant::now());
        }
        match events.recv_timeout(LOOK) {
            Ok(Event::Changed(change)) => report(scanner.refresh_after(&change, &stopped)),
            Ok(Event::Images) => report(scanner.refresh_images(&stopped)),
            Err(RecvTimeoutError::Timeout) => {
                if quarantines.have_ended(scanner) {
                    scanner.begin_refresh();
                    report(scanner.heal(&stopped));
                    scanner.end_refresh();
                }
                continue;
            }
            Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => break,
        }
        scanner.end_refresh();
        tidied = None;
    }
}

fn report(outcome: Result<(), Error>) {
    if let Err(error) = outcome {
        tracing::error!("what is known cannot be refreshed: {}", chain(&error));
    }
}

impl Scanner {
    /// Whether what is known does not rest yet on the plugins that are loaded.
    pub fn is_refreshing(&self) -> bool {
        self.0.refreshing.load(Ordering::SeqCst) > 0
    }

    /// How far refreshing is now.
    pub(crate) fn refreshes(&self) -> Moment {
        let begun = self.0.refreshes.load(Ordering::SeqCst);
        Moment { begun, under_way: self.is_refreshing() }
    }

    /// Whether what was read since a moment may rest on plugins of before and of after a change. It
    /// may where a refresh was under way then, even if it has ended by now, and where one has begun.
    pub(crate) fn has_refreshed_since(&self, moment: Moment) -> bool {
        moment.under_way || moment.begun != self.0.refreshes.load(Ordering::SeqCst)
    }

    /// Asks for images to be refreshed, because one was indexed by detectors that are gone by now.
    pub(crate) fn refresh_soon(&self) {
        if let Some(sender) = &*self.refresher() {
            self.begin_refresh();
            let _ = sender.send(Event::Images);
        }
    }

    fn refresher(&self) -> MutexGuard<'_, Option<mpsc::Sender<Event>>> {
        self.0.refresher.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin_refresh(&self) {
        self.0.refreshing.fetch_add(1, Ordering::SeqCst);
        self.0.refreshes.fetch_add(1, Ordering::SeqCst);
    }

    fn end_refresh(&self) {
        self.0.refreshing.fetch_sub(1, Ordering::SeqCst);
    }

    fn refresh_after(&self, change: &Change, stopped: &dyn Fn() -> bool) -> Result<(), Error> {
        self.rekey()?;
        if let Some(feed) = change.after.as_ref().filter(|id| self.is_feed(id)) {
            self.parse_again(&feed.name)?;
        }
        self.refresh_images(stopped)?;
        if stopped() { Ok(()) } else { self.forget_replaced() }
    }

    fn is_feed(&self, id: &PluginId) -> bool {
        self.plugins().feed(&id.name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use crate::test_support::scanner;

    #[test]
    fn what_is_read_while_a_refresh_begins_or_ends_may_rest_on_both_sides_of_it() {
        let (scanner, _scratch) = scanner(limpid_store::Store::in_memory());
        let before = scanner.refreshes();
        assert!(!scanner.has_refreshed_since(before));
        scanner.begin_refresh();
        let during = scanner.refreshes();
        scanner.end_refresh();
        assert!(scanner.has_refreshed_since(before));
        assert!(scanner.has_refreshed_since(during));
        assert!(!scanner.has_refreshed_since(scanner.refreshes()));
    }
}
