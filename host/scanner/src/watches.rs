//! Watching registries: what is new there, or has moved, is indexed, and what is gone is dropped after a while.
//!
//! A listing asks a registry which repositories and tags it has, and where each tag points; nothing more where nothing
//! has changed. What a tag points at is submitted before it is written that it was, so that a process that ends in
//! between submits it once more, which changes nothing. A push notification only makes the service look sooner: what it
//! says is asked of the registry, and one that is lost is caught by the next listing.

mod attached;
mod drop;
mod follow;
mod listing;
mod pushes;
mod refetch;
mod registry;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use limpid_bytes::Stop;
use limpid_model::{ImageReference, Naming, Push, PushesTaken, Watch, chain};

use crate::workers::Workers;
use crate::{Error, Scanner, watched};
pub use registry::{Referrers, RegistryLister, Submit, Unlisted};

/// How often it is looked whether a listing is due.
const TICK: Duration = Duration::from_millis(500);

/// How long a watch is left alone whose listing could not even be remembered.
const PAUSE: Duration = Duration::from_secs(60);

/// How long the end of the process waits for listings that have been told to stop.
const STOPPING: Duration = Duration::from_secs(5);

/// Lists registries when they are due, looks at what is pushed, and fetches again what detectors have not seen, until
/// it is dropped.
pub struct Watching {
    parts: Arc<Parts>,
    workers: Workers,
}

pub(crate) struct Parts {
    scanner: Scanner,
    lister: Arc<dyn RegistryLister>,
    submit: Arc<dyn Submit>,
    queue: Mutex<Queue>,
    changed: Condvar,
    stop: Stop,
}

#[derive(Debug, Default)]
struct Queue {
    pushes: VecDeque<Push>,
    /// Those that have moved nothing yet, and when they are looked at again.
    again: VecDeque<(Instant, Push)>,
    /// The registries, as pushes name them, that are being asked for one.
    asking: BTreeSet<Option<String>>,
    /// Watches that are left alone, until when.
    paused: BTreeMap<String, Instant>,
}

/// Registries at a time that are asked for what was pushed to them.
const PUSHES: usize = 4;

impl Watching {
    /// Starts the threads.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn start(
        scanner: Scanner,
        lister: Arc<dyn RegistryLister>,
        submit: Arc<dyn Submit>,
    ) -> Result<Self, Error> {
        let jobs = scanner.settings().watches.jobs.max(1);
        let (queue, changed, stop) = (Mutex::default(), Condvar::new(), Stop::default());
        let parts = Arc::new(Parts { scanner, lister, submit, queue, changed, stop });
        let mut workers = Workers::default();
        let mut begin = |name: String, work: fn(&Parts)| {
            let parts = Arc::clone(&parts);
            workers.start(name, move || work(&parts))
        };
        for number in 0..jobs {
            begin(format!("watches-{number}"), Parts::work)?;
        }
        for number in 0..PUSHES {
            begin(format!("pushes-{number}"), pushes::work)?;
        }
        begin("refetches".to_owned(), refetch::work)?;
        Ok(Self { parts, workers })
    }

    /// Takes push notifications. What a watch covers is looked at as soon as those before it are.
    ///
    /// # Errors
    /// The store fails.
    pub fn take(&self, pushes: Vec<Push>) -> Result<PushesTaken, Error> {
        pushes::take(&self.parts, pushes)
    }
}

impl Drop for Watching {
    /// Listings end where they are, and the next process begins them anew. One that waits for a registry that does
    /// not answer is not waited for: what it has not written is not there.
    fn drop(&mut self) {
        self.parts.stop.stop();
        self.parts.changed.notify_all();
        self.workers.wait(STOPPING);
    }
}

impl std::fmt::Debug for Watching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watching")
    }
}

impl Parts {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        self.scanner.settings().clock.now()
    }

    fn work(&self) {
        while let Some(watch) = self.next() {
            let listed = catch_unwind(AssertUnwindSafe(|| listing::list(self, &watch)));
            self.scanner.0.listing.watches().remove(&watch.name);
            let why = match listed {
                Ok(Ok(())) => None,
                Ok(Err(_)) if self.stop.is_stopped() => None,
                Ok(Err(error)) => Some(chain(&error)),
                Err(_) => Some("it ended by a mistake in this program".to_owned()),
            };
            if let Some(why) = why {
                tracing::error!(watch = watch.name, "listing of watch `{}` failed: {why}", watch.name);
                self.lock().paused.insert(watch.name, Instant::now() + PAUSE);
            }
        }
    }

    /// The next watch to list; none when there is nothing more to do.
    fn next(&self) -> Option<Watch> {
        let mut queue = self.lock();
        loop {
            if self.stop.is_stopped() {
                return None;
            }
            queue.paused.retain(|_, until| *until > Instant::now());
            match self.due(&queue) {
                Ok(Some(watch)) => {
                    self.scanner.0.listing.watches().insert(watch.name.clone());
                    return Some(watch);
                }
                Ok(None) => {}
                Err(error) => tracing::error!("watches cannot be read: {}", chain(&error)),
            }
            queue = self.changed.wait_timeout(queue, TICK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The watch that has been due for longest.
    fn due(&self, queue: &Queue) -> Result<Option<Watch>, Error> {
        // Asked before the view is taken: of a listing that ends in between, the view says that it is due still.
        let under_way = self.scanner.0.listing.watches().clone();
        let view = self.scanner.store().view();
        let (now, mut due) = (self.now(), None);
        for watch in watched::all(&view)?.into_iter().filter(|watch| watch.spec.enabled) {
            if under_way.contains(&watch.name) || queue.paused.contains_key(&watch.name) {
                continue;
            }
            let next = watched::listings(&view, &watch.name)?.next.unwrap_or(0);
            if next <= now && due.as_ref().is_none_or(|(before, _)| next < *before) {
                due = Some((next, watch));
            }
        }
        Ok(due.map(|(_, watch)| watch))
    }

    /// Submits an image, once there is room for it: a registry may have more images than may wait, and others want
    /// to submit some, too.
    fn submit(&self, reference: &ImageReference, naming: Naming) -> Result<u64, Error> {
        loop {
            if self.stop.is_stopped() {
                return Err(stopped());
            }
            if self.submit.has_room() {
                match self.submit.submit(reference.clone(), naming) {
                    Err(Error::Busy { .. } | Error::NoRoom { .. }) => {}
                    submitted => return submitted,
                }
            }
            let queue = self.lock();
            drop(self.changed.wait_timeout(queue, TICK).unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// The service ends. What was not done is done by the next process.
fn stopped() -> Error {
    Error::Host { what: "the service ends".to_owned(), source: std::io::ErrorKind::Interrupted.into() }
}

#[cfg(test)]
mod tests;
