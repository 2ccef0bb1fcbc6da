use std::time::Duration;

use limpid_bytes::Stop;

use crate::Error;

/// How often something is tried, and how long to wait between.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retries {
    pub(crate) attempts: u32,
    /// After the first failure; twice as long after each further one.
    pub(crate) backoff: Duration,
    /// At most. Whoever asks for more time is not asked again.
    pub(crate) longest_wait: Duration,
}

impl Retries {
    /// Does something until it succeeds, or fails in a way that another try does not help.
    pub(crate) fn persist<T>(
        &self,
        stop: &Stop,
        mut attempt: impl FnMut() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut attempts = 1;
        loop {
            match attempt() {
                Ok(done) => return Ok(done),
                Err(error) => self.pause(attempts, error, stop)?,
            }
            attempts += 1;
        }
    }

    /// Waits before another try, after so many.
    ///
    /// # Errors
    /// There is none: what the last one failed of, or that fetching was stopped.
    pub(crate) fn pause(&self, attempts: u32, error: Error, stop: &Stop) -> Result<(), Error> {
        let wait = error.retry_after().unwrap_or_else(|| self.backoff(attempts, fastrand::f64()));
        if !error.is_transient() || attempts >= self.attempts || wait > self.longest_wait {
            return Err(error);
        }
        if stop.wait(wait) { Err(Error::Stopped) } else { Ok(()) }
    }

    /// How long to wait after so many attempts: by chance up to half less, so that many who failed
    /// together do not come again together.
    pub(crate) fn backoff(&self, attempts: u32, chance: f64) -> Duration {
        let doubled = self.backoff.saturating_mul(1 << attempts.saturating_sub(1).min(16));
        doubled.min(self.longest_wait).mul_f64(1.0 - chance.clamp(0.0, 1.0) / 2.0)
    }
}
