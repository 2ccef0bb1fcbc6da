//! What a change of plugins means for what is known, done in the background: versions are ordered
//! anew, kept documents parsed anew, kept files shown to detectors that have not seen them.

mod detectors;
mod healing;

use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use limpid_model::PluginId;
use limpid_model::chain;
use limpid_runtime::Change;

use crate::index::Indexer;
use crate::ingest::Ingest;
use crate::refreshing::Event;
use crate::rekey::Rekeying;
use crate::{Error, Scanner, yield_to_others};
use crate::{history, stated};
use healing::Quarantines;

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
            .map_err(Error::no_thread)?;
        let changed = sender.clone();
        // Begun before the change is made, so that no report in between says that all is done.
        let (begun, told) = (scanner.clone(), scanner.clone());
        scanner.registry().on_change(
            move |_| {
                begun.0.refreshing.begin();
                report(begun.rekeying().doubt_keys());
            },
            move |change| {
                if changed.send(Event::Changed(change.clone())).is_err() {
                    told.0.refreshing.end();
                }
            },
        );
        scanner.0.refreshing.listen(sender);
        Ok(Self { scanner, thread: Some(thread) })
    }
}

impl Drop for Refresh {
    /// Waits for the image or document that is being refreshed. The next process does the rest.
    fn drop(&mut self) {
        self.scanner.0.refreshing.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(scanner: &Scanner, events: &mpsc::Receiver<Event>) {
    yield_to_others();
    let stopped = || scanner.0.refreshing.is_stopped();
    scanner.0.refreshing.begin();
    report(stated::learn_names(scanner.store()));
    report(scanner.refreshes().refresh_images(&stopped));
    report(scanner.refreshes().vouch());
    report(scanner.refreshes().heal(&stopped));
    scanner.0.refreshing.end();
    let mut quarantines = Quarantines::default();
    quarantines.have_ended(scanner);
    let mut tidied = None;
    loop {
        if tidied.is_none_or(|tidied: Instant| tidied.elapsed() >= TIDYING) {
            report(history::forget_history(scanner.store(), scanner.settings()));
            tidied = Some(Instant::now());
        }
        match events.recv_timeout(LOOK) {
            Ok(Event::Changed(change)) => report(scanner.refreshes().refresh_after(&change, &stopped)),
            Ok(Event::Images) => report(scanner.refreshes().refresh_images(&stopped)),
            Err(RecvTimeoutError::Timeout) => {
                if quarantines.have_ended(scanner) {
                    scanner.0.refreshing.begin();
                    report(scanner.refreshes().heal(&stopped));
                    scanner.0.refreshing.end();
                }
                continue;
            }
            Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => break,
        }
        scanner.0.refreshing.end();
        tidied = None;
    }
}

fn report(outcome: Result<(), Error>) {
    if let Err(error) = outcome {
        tracing::error!("what is known cannot be refreshed: {}", chain(&error));
    }
}

/// What refreshing needs of the service.
#[derive(Clone, Copy)]
pub(crate) struct Refreshes<'s> {
    pub(crate) indexer: Indexer<'s>,
    pub(crate) ingest: Ingest<'s>,
    pub(crate) rekeying: Rekeying<'s>,
}

impl Refreshes<'_> {
    fn refresh_after(&self, change: &Change, stopped: &dyn Fn() -> bool) -> Result<(), Error> {
        self.rekeying.rekey()?;
        if let Some(feed) = change.after.as_ref().filter(|id| self.is_feed(id)) {
            self.ingest.parse_again(&feed.name)?;
        }
        self.refresh_images(stopped)?;
        if stopped() { Ok(()) } else { self.forget_replaced() }
    }

    fn is_feed(&self, id: &PluginId) -> bool {
        self.indexer.registry.snapshot().feed(&id.name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use crate::test_support::scanner;

    #[test]
    fn what_is_read_while_a_refresh_begins_or_ends_may_rest_on_both_sides_of_it() {
        let (scanner, _scratch) = scanner(limpid_store::Store::in_memory());
        let before = scanner.0.refreshing.moment();
        assert!(!scanner.0.refreshing.has_begun_since(before));
        scanner.0.refreshing.begin();
        let during = scanner.0.refreshing.moment();
        scanner.0.refreshing.end();
        assert!(scanner.0.refreshing.has_begun_since(before));
        assert!(scanner.0.refreshing.has_begun_since(during));
        assert!(!scanner.0.refreshing.has_begun_since(scanner.0.refreshing.moment()));
    }
}
