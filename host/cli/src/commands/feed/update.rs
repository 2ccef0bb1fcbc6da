use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::bail;
use indicatif::MultiProgress;
use limpid_scanner::{Run, RunProgress, Scanner, Stop};
use limpid_server::api;

use super::trust;
use crate::commands::{Format, print, print_json};
use crate::settings::Settings;
use crate::{progress, table};

/// How often progress is shown.
const SHOWN: Duration = Duration::from_millis(200);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Names of feeds, as `limpid feed list` shows them [default: all that the settings do not
    /// disable]
    feeds: Vec<String>,
    /// Fetch documents that have not changed, too, and take them in even where they state next to
    /// nothing of what was there before
    #[arg(long)]
    force: bool,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Fetches feeds, several at a time. Prints what came of each; fails where one is not up to date.
pub(super) fn run(settings: &Settings, scanner: &Scanner, args: &Args) -> anyhow::Result<ExitCode> {
    let feeds = chosen(settings, scanner, args);
    if feeds.is_empty() {
        bail!("no plugin reads a feed that could be fetched");
    }
    let next = AtomicUsize::new(0);
    let ended = Mutex::new(Vec::new());
    let bars = MultiProgress::new();
    std::thread::scope(|scope| {
        for _ in 0..settings.feeds.jobs.clamp(1, feeds.len()) {
            scope.spawn(|| {
                while let Some(feed) = feeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let run = one(scanner, feed, args, &bars);
                    ended.lock().unwrap_or_else(PoisonError::into_inner).push((feed, run));
                }
            });
        }
    });
    let mut ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    ended.sort_by_key(|(feed, _)| feed.as_str());
    let mut failed = Vec::new();
    let mut runs = Vec::new();
    for (feed, run) in ended {
        match run {
            Ok(run) => {
                failed.extend(run.why().map(|why| format!("feed `{feed}`: {why}")));
                runs.push(api::Run::from(run));
            }
            Err(error) => failed.push(format!("feed `{feed}`: {}", limpid_scanner::chain(&error))),
        }
    }
    let code = match args.format {
        Format::Json => print_json(&runs)?,
        Format::Table if runs.is_empty() => ExitCode::SUCCESS,
        Format::Table => print(&table::runs(&runs))?,
    };
    if failed.is_empty() { Ok(code) } else { bail!("{}", failed.join("\n")) }
}

fn chosen(settings: &Settings, scanner: &Scanner, args: &Args) -> Vec<String> {
    if !args.feeds.is_empty() {
        return args.feeds.clone();
    }
    let plugins = scanner.plugins();
    let enabled = |feed: &String| settings.feeds.each.get(feed).is_none_or(|one| one.enabled);
    plugins.feeds().map(|feed| feed.name().to_owned()).filter(enabled).collect()
}

fn one(
    scanner: &Scanner,
    feed: &str,
    args: &Args,
    bars: &MultiProgress,
) -> Result<Run, limpid_scanner::Error> {
    let (far, stop, ended) = (RunProgress::default(), Stop::default(), Stop::default());
    let bar = bars.add(progress::spinner(&format!("fetching {feed}")));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.wait(SHOWN) {
                progress::show_run(&bar, feed, &far);
            }
        });
        let run = scanner.run_feed(feed, trust(args.force), &stop, &far);
        ended.stop();
        bar.finish_and_clear();
        run
    })
}
