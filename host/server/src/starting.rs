use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// What a service does that has not started yet: `/readyz` says so, and the log.
#[derive(Clone, Debug)]
pub struct Starting(Arc<Mutex<Step>>);

#[derive(Debug)]
struct Step {
    what: &'static str,
    since: Instant,
}

impl Default for Starting {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Step { what: "it begins", since: Instant::now() })))
    }
}

impl Starting {
    /// From now on this is being done, as in `plugins are being loaded`.
    pub fn begin(&self, what: &'static str) {
        let mut step = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *step = Step { what, since: Instant::now() };
        tracing::info!("starting: {what}");
    }

    /// What is being done, and for how many seconds.
    pub(crate) fn now(&self) -> (&'static str, u64) {
        let step = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (step.what, step.since.elapsed().as_secs())
    }
}
