//! The unit of work: who writes what, and who waits for whom.
//!
//! Readers take a view of the store, and no lock. Whoever writes what others may write at the same time takes a
//! [`Writer`], reads from its view and commits by it. There are six locks:
//!
//! 1. `images`: images, their layers and the inventory. What is written of an image rests on layers that nobody
//!    may delete meanwhile.
//! 2. `ingest`: what feeds state. A document is compared with what is there, and what it changes for images is
//!    computed, for as long as that takes. One document is ingested at a time; keys are computed anew, sources
//!    removed and runs ended under the same lock.
//! 3. `notices`: subscriptions, their outbox and what images were told last. It is locked for one batch of bounded
//!    size, so that deliveries and changes of subscriptions never wait for an ingest.
//!
//! 4. `watches`: what of registries is followed, and where tags pointed when they were seen. It is locked for one
//!    batch at a time, too.
//!
//! 5. `policies`: what users decide on findings. It is locked for one batch.
//!
//! 6. `access`: who may do what. It is locked for one batch.
//!
//! Whoever needs several takes them in this order: [`Writers::all`] takes the first two, and an ingest takes the
//! third for each batch of notices. No call of a plugin's `detect` or `parse`, no request and no file is waited for
//! under any of them.
//!
//! Rows that have one owner need no lock: those of a job, and all before the service begins.

use limpid_store::{Batch, Store, View};
use parking_lot::{Mutex, MutexGuard};

use crate::Error;

/// The locks on what several threads write.
pub(crate) struct Writers {
    store: Store,
    images: Mutex<()>,
    ingest: Mutex<()>,
    notices: Mutex<()>,
    watches: Mutex<()>,
    policies: Mutex<()>,
    access: Mutex<()>,
    /// How many more commits succeed.
    #[cfg(test)]
    pub(crate) commits_left: std::sync::atomic::AtomicU64,
}

/// Somebody who writes alone, until it is dropped.
pub(crate) struct Writer<'w> {
    writers: &'w Writers,
    guards: [Option<MutexGuard<'w, ()>>; 2],
}

impl Writers {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            images: Mutex::default(),
            ingest: Mutex::default(),
            notices: Mutex::default(),
            watches: Mutex::default(),
            policies: Mutex::default(),
            access: Mutex::default(),
            #[cfg(test)]
            commits_left: u64::MAX.into(),
        }
    }

    /// Where all is written.
    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    /// A writer of images, layers and the inventory.
    pub(crate) fn images(&self) -> Writer<'_> {
        self.writer([Some(self.images.lock()), None])
    }

    /// A writer of what feeds state.
    pub(crate) fn ingest(&self) -> Writer<'_> {
        self.writer([Some(self.ingest.lock()), None])
    }

    /// A writer of subscriptions and of notices. Others wait for it who deliver: it writes one batch of bounded
    /// size.
    pub(crate) fn notices(&self) -> Writer<'_> {
        self.writer([Some(self.notices.lock()), None])
    }

    /// A writer of watches, and of what they follow.
    pub(crate) fn watches(&self) -> Writer<'_> {
        self.writer([Some(self.watches.lock()), None])
    }

    /// A writer of policies and VEX documents.
    pub(crate) fn policies(&self) -> Writer<'_> {
        self.writer([Some(self.policies.lock()), None])
    }

    /// A writer of tokens.
    pub(crate) fn access(&self) -> Writer<'_> {
        self.writer([Some(self.access.lock()), None])
    }

    /// A writer of images and of what feeds state.
    pub(crate) fn all(&self) -> Writer<'_> {
        let images = self.images.lock();
        self.writer([Some(images), Some(self.ingest.lock())])
    }

    const fn writer<'w>(&'w self, guards: [Option<MutexGuard<'w, ()>>; 2]) -> Writer<'w> {
        Writer { writers: self, guards }
    }
}

impl<'w> Writer<'w> {
    /// What is there, as nobody else changes it before this writer is dropped.
    pub(crate) fn view(&self) -> View<'w> {
        self.writers.store.view()
    }

    /// Writes all of a batch, or nothing.
    pub(crate) fn commit(&self, batch: Batch) -> Result<(), Error> {
        #[cfg(test)]
        self.writers.count_commit()?;
        Ok(self.writers.store.commit(batch)?)
    }
}

impl Drop for Writer<'_> {
    /// Whoever has waited longest is next. Otherwise one who writes many batches would mostly have the lock again
    /// before those it has woken.
    fn drop(&mut self) {
        for guard in self.guards.iter_mut().rev().filter_map(Option::take) {
            MutexGuard::unlock_fair(guard);
        }
    }
}

#[cfg(test)]
impl Writers {
    /// Fails where no commit is left, as those of a process that is gone.
    fn count_commit(&self) -> Result<(), Error> {
        use std::sync::atomic::Ordering::Relaxed;

        let left = self.commits_left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        left.map(|_| ()).map_err(|_| Error::Host {
            what: "nothing more is written".to_owned(),
            source: std::io::Error::other("the test ends it here"),
        })
    }
}
