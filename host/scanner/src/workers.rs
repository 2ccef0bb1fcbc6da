//! Threads that work beside the requests.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use limpid_bytes::Stop;
use limpid_model::chain;

use crate::Error;

/// How long the end of the process waits for a [`Beside`] that has been told to stop.
const STOPPING: Duration = Duration::from_secs(5);

/// Threads whose end is waited for, but not for ever: one that waits for somebody who does not answer is left
/// behind.
#[derive(Default)]
pub(crate) struct Workers(
    /// One for each, whose other side is gone when the thread is.
    Vec<Receiver<()>>,
);

impl Workers {
    /// Starts a thread.
    ///
    /// # Errors
    /// It cannot be had.
    pub(crate) fn start(&mut self, name: String, work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let (going, ended): (Sender<()>, _) = bounded(0);
        let work = move || {
            let _going = going;
            work();
        };
        std::thread::Builder::new().name(name).spawn(work).map_err(Error::no_thread)?;
        self.0.push(ended);
        Ok(())
    }

    /// Waits until all have ended, and no longer than `time`.
    pub(crate) fn wait(&self, time: Duration) {
        let until = Instant::now() + time;
        for worker in &self.0 {
            let left = until.saturating_duration_since(Instant::now());
            if worker.recv_timeout(left) == Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }
}

/// A thread that does something from time to time, until this is dropped.
pub(crate) struct Beside {
    stop: Stop,
    workers: Workers,
}

impl Beside {
    /// Starts the thread, which ends when it is told to stop.
    ///
    /// # Errors
    /// It cannot be had.
    pub(crate) fn start(name: &str, work: impl FnOnce(&Stop) + Send + 'static) -> Result<Self, Error> {
        let (stop, mut workers) = (Stop::default(), Workers::default());
        let stopping = stop.clone();
        workers.start(name.to_owned(), move || work(&stopping))?;
        Ok(Self { stop, workers })
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.stop.stop();
        self.workers.wait(STOPPING);
    }
}

impl std::fmt::Debug for Beside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Beside")
    }
}

/// What somebody does who is to go on whatever comes of it; none where it fails, which is logged as `what`.
pub(crate) fn attempt<T>(what: &str, work: impl FnOnce() -> Result<T, Error>) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => return Some(done),
        Ok(Err(error)) => tracing::error!("{what}: {}", chain(&error)),
        Err(_) => tracing::error!("{what}: a mistake in this program"),
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_end_are_waited_for_in_whatever_way_and_others_for_so_long() {
        let mut workers = Workers::default();
        workers.start("ends".to_owned(), || ()).unwrap();
        workers.start("panics".to_owned(), || std::panic::resume_unwind(Box::new(()))).unwrap();
        workers.wait(Duration::from_secs(3_600));
        let (hold, held) = bounded::<()>(0);
        workers.start("hangs".to_owned(), move || _ = held.recv()).unwrap();
        workers.wait(Duration::ZERO);
        drop(hold);
        workers.wait(Duration::from_secs(3_600));
    }
}
