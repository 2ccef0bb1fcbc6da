mod checks;

use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use limpid_scanner::Scanner;
use tokio::sync::oneshot;

use crate::Workers;
use crate::metrics::Metrics;
use crate::settings::Ready;
use checks::Checks;
pub(crate) use checks::{Check, Outcome};

/// How long the store may take to answer a service that is ready.
const ANSWERING: Duration = Duration::from_millis(500);

/// How long a service counts as ready that was so before, while the store takes longer: a moment of much work
/// must not take it from those who ask it.
const GRACE: Duration = Duration::from_secs(10);

/// How often it is looked where nobody asks, for the metrics.
const EVERY: Duration = Duration::from_secs(15);

/// Questions that may wait: all are answered together.
const WAITING: usize = 1_024;

type Answer = oneshot::Sender<Vec<Check>>;

/// Whether the service can do its work, looked at on a thread of its own: whatever clients ask, this
/// waits for none of them.
#[derive(Clone, Debug)]
pub(crate) struct Readiness {
    asked: SyncSender<Answer>,
    last: Arc<Mutex<Option<Looked>>>,
}

/// What was found last.
#[derive(Debug)]
struct Looked {
    at: Instant,
    checks: Vec<Check>,
}

impl Readiness {
    /// Starts the thread. It ends with the last clone of this.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub(crate) fn start(
        scanner: Scanner,
        workers: Weak<Workers>,
        settings: Ready,
        metrics: Metrics,
    ) -> std::io::Result<Self> {
        let (sender, asked) = sync_channel::<Answer>(WAITING);
        let last: Arc<Mutex<Option<Looked>>> = Arc::default();
        let kept = Arc::clone(&last);
        std::thread::Builder::new().name("readiness".to_owned()).spawn(move || {
            let mut checks = Checks::new(scanner, workers, settings);
            loop {
                let first = match asked.recv_timeout(EVERY) {
                    Ok(first) => Some(first),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return,
                };
                let found = checks.look();
                for check in &found {
                    metrics.checked(check.name, matches!(check.outcome, Outcome::Passes));
                }
                // Whoever asked while it was looked is told, too.
                for answer in first.into_iter().chain(asked.try_iter()) {
                    let _ = answer.send(found.clone());
                }
                *lock(&kept) = Some(Looked { at: Instant::now(), checks: found });
            }
        })?;
        Ok(Self { asked: sender, last })
    }

    /// All checks.
    pub(crate) async fn now(&self) -> Vec<Check> {
        let (sender, answer) = oneshot::channel();
        if self.asked.try_send(sender).is_ok()
            && let Ok(Ok(checks)) = tokio::time::timeout(ANSWERING, answer).await
        {
            return checks;
        }
        let last = lock(&self.last);
        match last.as_ref().filter(|last| last.at.elapsed() < GRACE) {
            Some(last) => last.checks.clone(),
            None => vec![checks::silent(ANSWERING)],
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
