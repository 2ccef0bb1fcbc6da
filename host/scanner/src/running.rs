//! Feeds that are being fetched: of each there is one run at a time.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Error;

/// The feeds that are being fetched.
#[derive(Debug, Default)]
pub(crate) struct Runs(Mutex<BTreeSet<String>>);

/// A run that is under way, until this is dropped.
#[derive(Debug)]
pub(crate) struct Running<'r> {
    runs: &'r Runs,
    feed: &'r str,
}

impl Runs {
    /// # Errors
    /// [`Error::Running`] where one of that feed is under way.
    pub(crate) fn begin<'r>(&'r self, feed: &'r str) -> Result<Running<'r>, Error> {
        if !self.feeds().insert(feed.to_owned()) {
            return Err(Error::Running(feed.to_owned()));
        }
        Ok(Running { runs: self, feed })
    }

    /// Whether a feed is being fetched.
    pub(crate) fn is_running(&self, feed: &str) -> bool {
        self.feeds().contains(feed)
    }

    fn feeds(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.runs.feeds().remove(self.feed);
    }
}
