//! Signs of life on standard error, where that is a terminal.

use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use limpid_scanner::RunProgress;

/// What takes less than this is not shown.
const AFTER: Duration = Duration::from_millis(800);

/// A spinner with a sentence. It draws itself until it is finished.
pub(crate) fn spinner(what: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(AFTER / 8);
    bar
}

/// How far the runs of feeds are: documents that are known of, those that are done, bytes that came.
pub(crate) fn show_run(bar: &ProgressBar, feed: &str, run: &RunProgress) {
    let bytes = HumanBytes(run.bytes());
    bar.set_message(format!("fetching {feed}: {} of {} documents, {bytes}", run.done(), run.known()));
}
