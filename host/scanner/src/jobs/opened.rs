//! Sources that are opened before they are submitted, so that what lets fetch them need not outlive a queue.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use limpid_bytes::Stop;
use limpid_images::ImageSource;
use limpid_model::{Job, Submission};

use super::{Jobs, Parts, Secrets, shown};
use crate::index::{Ahead, Aheads};
use crate::{Error, Scanner};

impl Jobs {
    /// Opens what is elsewhere, before it is submitted: what is fetched meanwhile is there when its turn comes, and
    /// when it is tried again.
    ///
    /// # Errors
    /// [`Error::Images`] where it names nothing that can be asked, and where the store fails.
    pub fn open(&self, submission: Submission, secrets: Secrets) -> Result<Opened, Error> {
        let known = self.parts.known(&submission)?;
        let source = Arc::from(self.parts.sources.open(&submission, &secrets, known)?);
        let Parts { scanner, aheads, stop, .. } = &*self.parts;
        let (scanner, aheads, stop) = (scanner.clone(), Arc::clone(aheads), stop.within());
        Ok(Opened { submission, source, scanner, aheads, ahead: Mutex::default(), stop })
    }

    /// Acknowledges what was opened. A process that ends takes what was fetched with it, and what lets fetch it: that is
    /// not stored.
    ///
    /// # Errors
    /// [`Error::Busy`] where too many wait already, [`Error::NoRoom`] where the disk is full, and where the store fails.
    pub fn submit_opened(&self, opened: &Opened) -> Result<Job, Error> {
        self.require_place()?;
        // What let it be opened is with its source.
        let Opened { submission, source, .. } = opened;
        let id = self.next_id();
        if let Some(ahead) = opened.ahead().take() {
            self.parts.ahead().insert(id, ahead);
        }
        self.admit(id, without_queries(submission), Secrets::default(), Some(Arc::clone(source)))
    }
}

/// A submission as it is stored that was opened: queries of addresses are signatures that let in.
pub(super) fn without_queries(submission: &Submission) -> Submission {
    let mut submission = submission.clone();
    if let Submission::Addresses(manifest) = &mut submission {
        for layer in &mut manifest.layers {
            layer.uri.truncate(layer.uri.find('?').unwrap_or(layer.uri.len()));
        }
    }
    submission
}

/// What is elsewhere, opened before it is submitted.
pub struct Opened {
    submission: Submission,
    source: Arc<dyn ImageSource>,
    scanner: Scanner,
    aheads: Arc<Aheads>,
    /// What is read of it while it is fetched.
    ahead: Mutex<Option<Ahead>>,
    stop: Stop,
}

impl Opened {
    /// How many layers are to be fetched.
    pub fn to_fetch(&self) -> usize {
        self.source.to_fetch()
    }

    /// Ends what is fetched of it, and of nothing else.
    pub const fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Fetches them, so many at a time, and has them read while they come, unless enough others are read. Blocks until
    /// they are fetched; what cannot be had is asked for again when the job is done.
    pub fn fetch(&self, side_by_side: usize) {
        let ahead = Ahead::of_source(&self.scanner, &self.aheads, &self.source, side_by_side, &self.stop);
        if ahead.is_none() {
            self.source.fetch_ahead(side_by_side, &self.stop, &|_| ());
        }
        *self.ahead() = ahead;
    }

    fn ahead(&self) -> MutexGuard<'_, Option<Ahead>> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Opened").field(&shown(&self.submission)).finish()
    }
}
