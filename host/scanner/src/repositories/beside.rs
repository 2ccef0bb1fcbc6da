use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use limpid_bytes::Stop;
use limpid_model::chain;

use crate::workers::Workers;
use crate::{Error, Scanner, yield_to_others};

/// How often it is looked whether something is to be counted.
const INTERVAL: Duration = Duration::from_millis(500);

/// How long the end of the process waits for who has been told to stop.
const STOPPING: Duration = Duration::from_secs(5);

/// Counts what repositories have, beside the requests that ask for it, until it is dropped.
pub struct Summarizing {
    stop: Stop,
    workers: Workers,
}

impl Summarizing {
    /// Starts the thread. It has nothing to do before somebody has asked.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn start(scanner: Scanner) -> Result<Self, Error> {
        let stop = Stop::default();
        let mut workers = Workers::default();
        let stopping = stop.clone();
        workers.start("summaries".to_owned(), move || work(&scanner, &stopping))?;
        Ok(Self { stop, workers })
    }
}

fn work(scanner: &Scanner, stop: &Stop) {
    yield_to_others();
    while !stop.wait(INTERVAL) {
        match catch_unwind(AssertUnwindSafe(|| scanner.count_repositories(stop))) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("repositories are not counted: {}", chain(&error)),
            Err(_) => tracing::error!("repositories are not counted: a mistake in this program"),
        }
    }
}

impl Drop for Summarizing {
    fn drop(&mut self) {
        self.stop.stop();
        self.workers.wait(STOPPING);
    }
}

impl std::fmt::Debug for Summarizing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Summarizing")
    }
}
