//! Signs of life on standard error, where that is a terminal.

mod indexing;

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use limpid_scanner::RunProgress;

pub(crate) use indexing::IndexingBar;

/// What takes less than this is not shown.
const AFTER: Duration = Duration::from_secs(1);

/// How often what is shown is drawn.
const EACH: Duration = Duration::from_millis(100);

/// A sentence with a sign of life before it and the time after it: shown when what it is about has
/// taken a second, gone when it is dropped.
pub(crate) struct Spinner {
    bar: ProgressBar,
    /// Dropped when it has ended.
    _going: Sender<()>,
}

impl Spinner {
    pub(crate) fn start(what: &str) -> Self {
        let bar = hidden(what);
        let (going, ended) = mpsc::channel();
        let shown = bar.clone();
        thread::spawn(move || {
            if ended.recv_timeout(AFTER) == Err(RecvTimeoutError::Timeout) {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(EACH);
                let _ = ended.recv();
                shown.finish_and_clear();
            }
        });
        Self { bar, _going: going }
    }

    pub(crate) fn say(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A line that is drawn by whoever it is given to.
pub(crate) fn line(what: &str) -> ProgressBar {
    let bar = hidden(what);
    bar.enable_steady_tick(EACH);
    bar
}

fn hidden(what: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar
}

/// How far the runs of feeds are: documents that are known of, those that are done, bytes that came.
pub(crate) fn show_run(bar: &ProgressBar, feed: &str, run: &RunProgress) {
    let bytes = HumanBytes(run.bytes());
    bar.set_message(format!("fetching {feed}: {} of {} documents, {bytes}", run.done(), run.known()));
}
