use std::sync::Weak;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use limpid_scanner::Scanner;
use tokio::sync::oneshot;

use crate::Workers;

/// How long the store may take to answer a service that is ready.
const ANSWERING: Duration = Duration::from_millis(500);

/// Questions that may wait: all are answered together.
const WAITING: usize = 1_024;

type Answer = oneshot::Sender<Result<(), String>>;

/// Whether the service can do its work, looked at on a thread of its own: whatever clients ask, this
/// waits for none of them.
#[derive(Clone, Debug)]
pub(crate) struct Readiness(SyncSender<Answer>);

impl Readiness {
    /// Starts the thread. It ends with the last clone of this.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub(crate) fn start(scanner: Scanner, workers: Weak<Workers>) -> std::io::Result<Self> {
        let (sender, asked) = sync_channel::<Answer>(WAITING);
        std::thread::Builder::new().name("readiness".to_owned()).spawn(move || {
            while let Ok(first) = asked.recv() {
                let others: Vec<_> = asked.try_iter().collect();
                let state = look(&scanner, &workers);
                for answer in std::iter::once(first).chain(others) {
                    let _ = answer.send(state.clone());
                }
            }
        })?;
        Ok(Self(sender))
    }

    /// # Errors
    /// Why it cannot.
    pub(crate) async fn now(&self) -> Result<(), String> {
        let (sender, answer) = oneshot::channel();
        let silent = || format!("the store does not answer within {} ms", ANSWERING.as_millis());
        self.0.try_send(sender).map_err(|_| silent())?;
        match tokio::time::timeout(ANSWERING, answer).await {
            Ok(Ok(state)) => state,
            Ok(Err(_)) | Err(_) => Err(silent()),
        }
    }
}

fn look(scanner: &Scanner, workers: &Weak<Workers>) -> Result<(), String> {
    let answers = scanner.images(None, 1);
    answers.map_err(|error| format!("the store does not answer: {}", limpid_model::chain(&error)))?;
    scanner.try_writing().map_err(|error| limpid_model::chain(&error))?;
    if let Some(why) = workers.upgrade().and_then(|workers| workers.jobs.obstacle()) {
        return Err(format!("submissions wait: {why}"));
    }
    match scanner.plugins().plugins().len() {
        0 => Err("no plugin is loaded; see `/v1/plugins` for files that were refused".to_owned()),
        _ => Ok(()),
    }
}
