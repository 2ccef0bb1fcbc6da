//! What a change of plugins means for what is known, done in the background: versions are ordered
//! anew, kept documents parsed anew, kept files shown to detectors that have not seen them.

mod detectors;

use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;

use limpid_model::PluginId;
use limpid_runtime::Change;

use crate::error::chain;
use crate::{Error, Scanner};

/// The thread that refreshes, until it is dropped.
#[derive(Debug)]
pub struct Refresh {
    scanner: Scanner,
    thread: Option<JoinHandle<()>>,
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
        // Begun when the change is made, so that no report in between says that all is done.
        let begun = scanner.clone();
        scanner.registry().on_change(move |change| {
            begun.begin_refresh();
            if changed.send(Event::Changed(change.clone())).is_err() {
                begun.end_refresh();
            }
        });
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
    let stopped = || scanner.refresher().is_none();
    scanner.begin_refresh();
    let done = scanner.refresh_images(&stopped);
    report(done);
    scanner.end_refresh();
    while let Ok(event) = events.recv() {
        match event {
            Event::Changed(change) => report(scanner.refresh_after(&change, &stopped)),
            Event::Images => report(scanner.refresh_images(&stopped)),
            Event::Stop => break,
        }
        scanner.end_refresh();
    }
}

fn report(outcome: Result<(), Error>) {
    if let Err(error) = outcome {
        tracing::error!("what plugins have changed cannot be refreshed: {}", chain(&error));
    }
}

impl Scanner {
    /// Whether what is known does not rest yet on the plugins that are loaded.
    pub fn is_refreshing(&self) -> bool {
        self.0.refreshing.load(Ordering::SeqCst) > 0
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
    }

    fn end_refresh(&self) {
        self.0.refreshing.fetch_sub(1, Ordering::SeqCst);
    }

    fn refresh_after(&self, change: &Change, stopped: &dyn Fn() -> bool) -> Result<(), Error> {
        self.rekey()?;
        if let Some(feed) = change.after.as_ref().filter(|id| self.is_feed(id)) {
            self.parse_again(&feed.name)?;
        }
        self.refresh_images(stopped)
    }

    fn is_feed(&self, id: &PluginId) -> bool {
        self.plugins().feed(&id.name).is_some()
    }
}
