use std::time::Duration;

use crate::workers::{Beside, attempt};
use crate::{Error, Scanner, yield_to_others};

/// How often it is looked whether something is to be counted.
const INTERVAL: Duration = Duration::from_millis(500);

/// Counts what repositories and all images have, beside the requests that ask for it, until it is dropped.
#[derive(Debug)]
pub struct Summarizing {
    _thread: Beside,
}

impl Summarizing {
    /// Starts the thread. It has nothing to do before somebody has asked.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn start(scanner: Scanner) -> Result<Self, Error> {
        let thread = Beside::start("summaries", move |stop| {
            yield_to_others();
            while !stop.wait(INTERVAL) {
                attempt("repositories are not counted", || scanner.count_repositories(stop));
                attempt("images are not counted", || scanner.count_statistics(stop));
            }
        });
        Ok(Self { _thread: thread? })
    }
}
