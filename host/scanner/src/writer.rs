//! The unit of work: who writes what, and who waits for whom.
//!
//! Readers take a view of the store, and no lock. Whoever writes what others may write at the same time takes a
//! [`Writer`], reads from its view and commits one batch by it. There are two locks:
//!
//! 1. `images`: images, their layers and the inventory. What is written of an image rests on layers that nobody
//!    may delete meanwhile.
//! 2. `feeds`: what feeds state, subscriptions, and the notices that follow of both. A document is compared with
//!    what is there.
//!
//! Whoever needs both ingests them this order, which [`Writers::all`] does. No call of a plugin's `detect` or
//! `parse`, no request and no file is waited for under either of them.
//!
//! Rows that have one owner need no lock: those of a job, of a delivery, and all before the service begins.

use std::sync::{Mutex, MutexGuard, PoisonError};

use limpid_store::{Batch, Store, View};

use crate::Error;

/// The locks on what several threads write.
pub(crate) struct Writers {
    store: Store,
    images: Mutex<()>,
    feeds: Mutex<()>,
}

/// Somebody who writes alone, until it is dropped.
pub(crate) struct Writer<'w> {
    store: &'w Store,
    _images: Option<MutexGuard<'w, ()>>,
    _feeds: Option<MutexGuard<'w, ()>>,
}

impl Writers {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, images: Mutex::default(), feeds: Mutex::default() }
    }

    /// A writer of images, layers and the inventory.
    pub(crate) fn images(&self) -> Writer<'_> {
        Writer { store: &self.store, _images: Some(lock(&self.images)), _feeds: None }
    }

    /// A writer of what feeds state, of subscriptions and of notices.
    pub(crate) fn feeds(&self) -> Writer<'_> {
        Writer { store: &self.store, _images: None, _feeds: Some(lock(&self.feeds)) }
    }

    /// A writer of all of it.
    pub(crate) fn all(&self) -> Writer<'_> {
        let images = lock(&self.images);
        Writer { store: &self.store, _images: Some(images), _feeds: Some(lock(&self.feeds)) }
    }
}

impl<'w> Writer<'w> {
    /// What is there, as nobody else changes it before this writer is dropped.
    pub(crate) fn view(&self) -> View<'w> {
        self.store.view()
    }

    /// Writes all of a batch, or nothing.
    pub(crate) fn commit(&self, batch: Batch) -> Result<(), Error> {
        Ok(self.store.commit(batch)?)
    }
}

fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
