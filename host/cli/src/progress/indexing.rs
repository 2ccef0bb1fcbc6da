use std::io::IsTerminal as _;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use limpid_formats::json::JobProgress;

use super::{AFTER, EACH};

/// How often a line is written where nobody sees a bar.
const LINES: Duration = Duration::from_secs(5);

/// How far indexing is: a bar on a terminal, lines elsewhere. What takes less than a second is not shown.
pub(crate) struct IndexingBar {
    began: Instant,
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    /// When the last line was written.
    Lines(Instant),
}

impl IndexingBar {
    pub(crate) fn start() -> Self {
        let began = Instant::now();
        let shown = if std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            Shown::Bar(bar)
        } else {
            Shown::Lines(began)
        };
        Self { began, shown }
    }

    /// Does something, and shows meanwhile how far it is.
    pub(crate) fn watching<T>(mut self, far: impl Fn() -> JobProgress + Sync, work: impl FnOnce() -> T) -> T {
        let (going, ended) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let far = &far;
            scope.spawn(move || {
                while ended.recv_timeout(EACH) == Err(RecvTimeoutError::Timeout) {
                    self.show(&far());
                }
            });
            let done = work();
            drop(going);
            done
        })
    }

    /// Shows how far it is.
    pub(crate) fn show(&mut self, progress: &JobProgress) {
        match &mut self.shown {
            Shown::Bar(bar) => {
                if bar.is_hidden() && self.began.elapsed() >= AFTER {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                    bar.enable_steady_tick(EACH);
                }
                let template = match progress.bytes {
                    0 => "{spinner} {msg} ({elapsed})",
                    _ => "{spinner} [{bar:30}] {bytes} of {total_bytes}, {msg} ({elapsed})",
                };
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style.progress_chars("=> "));
                }
                bar.set_length(progress.bytes);
                bar.set_position(read(progress));
                bar.set_message(layers(progress));
            }
            Shown::Lines(last) if last.elapsed() >= LINES => {
                *last = Instant::now();
                let (read, bytes) = (HumanBytes(read(progress)), HumanBytes(progress.bytes));
                eprintln!("{}: {read} of {bytes}", layers(progress));
            }
            Shown::Lines(_) => {}
        }
    }
}

impl Drop for IndexingBar {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

/// What has come or was read, whichever is more: layers are fetched before they are read to their end.
fn read(progress: &JobProgress) -> u64 {
    progress.bytes_done.max(progress.bytes_fetched).min(progress.bytes)
}

fn layers(progress: &JobProgress) -> String {
    match &*progress.phase {
        "reading" => format!("layer {} of {}", progress.layers_done + 1, progress.layers),
        "opening" => "looking which layers are new".to_owned(),
        "storing" => "storing what was found".to_owned(),
        phase => phase.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_come_counts_before_it_was_read_and_never_more_than_there_is() {
        let progress = |bytes_done, bytes_fetched| JobProgress {
            phase: "reading".into(),
            layers: 2,
            layers_done: 1,
            bytes: 100,
            bytes_done,
            bytes_fetched,
        };
        assert_eq!([progress(10, 0), progress(10, 50), progress(10, 500)].map(|p| read(&p)), [10, 50, 100]);
        assert_eq!(layers(&progress(0, 0)), "layer 2 of 2");
    }
}
