use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::bail;
use indicatif::{MultiProgress, ProgressBar};
use limpid_formats::json as api;
use limpid_formats::table;
use limpid_scanner::{Run, RunProgress, Scanner, Stop, Trust};

use super::trust;
use crate::commands::{Format, page, print_json, show};
use crate::holder::Holder;
use crate::open::OF_ADVISORIES;
use crate::progress;
use crate::settings::Settings;

/// How often progress is shown.
const SHOWN: Duration = Duration::from_millis(200);

/// What helps where no publisher is reached.
const OFFLINE: &str = "nothing came from any publisher: settings `feeds.proxy` and `feeds.NAME.mirrors` say how they are \
    reached; where none is, `limpid feed import` takes a bundle that `limpid feed export` made elsewhere";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Names of feeds, as `limpid feed list` shows them [default: all that the settings do not
    /// disable]
    feeds: Vec<String>,
    /// Fetch documents that have not changed, too, and ingest them even where they state next to
    /// nothing of what was there before
    #[arg(long)]
    force: bool,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Fetches feeds, several at a time. Prints what came of each; fails where one is not up to date.
pub(super) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let holder = Holder::of(settings, "limpid feed update", &OF_ADVISORIES)?;
    let feeds = chosen(settings, &holder, args)?;
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
                    let run = one(&holder, feed, args, &bars);
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
            Ok((run, why)) => {
                failed.extend(why.map(|why| format!("feed `{feed}`: {why}")));
                runs.push(run);
            }
            Err(error) => failed.push(format!("feed `{feed}`: {error:#}")),
        }
    }
    let code = match args.format {
        Format::Json => print_json(&runs)?,
        Format::Table if runs.is_empty() => ExitCode::SUCCESS,
        Format::Table => {
            let mut page = page();
            table::runs(&mut page, &runs);
            show(page)?
        }
    };
    if failed.is_empty() {
        return Ok(code);
    }
    let something_came = runs.iter().any(|run| run.ingested + run.unchanged > 0);
    if !something_came && !runs.is_empty() {
        failed.push(OFFLINE.to_owned());
    }
    bail!("{}", failed.join("\n"))
}

fn chosen(settings: &Settings, holder: &Holder, args: &Args) -> anyhow::Result<Vec<String>> {
    if !args.feeds.is_empty() {
        return Ok(args.feeds.clone());
    }
    match holder {
        Holder::Here(here) => {
            let plugins = here.scanner.plugins();
            let enabled = |feed: &String| settings.feeds.each.get(feed).is_none_or(|one| one.enabled);
            Ok(plugins.feeds().map(|feed| feed.name().to_owned()).filter(enabled).collect())
        }
        // Those that it fetches by itself; where it fetches none so, all.
        Holder::Service(_) => {
            let feeds = holder.feeds()?.feeds;
            let by_itself = feeds.iter().any(|feed| feed.next_run.is_some());
            let wanted =
                |feed: &api::Feed| if by_itself { feed.next_run.is_some() } else { feed.plugin.is_some() };
            Ok(feeds.into_iter().filter(wanted).map(|feed| feed.name).collect())
        }
    }
}

/// What came of the run, and why not all of it is in.
fn one(
    holder: &Holder,
    feed: &str,
    args: &Args,
    bars: &MultiProgress,
) -> anyhow::Result<(api::Run, Option<String>)> {
    let bar = bars.add(progress::line(&format!("fetching {feed}")));
    match holder {
        Holder::Here(here) => {
            let run = fetched(&here.scanner, feed, trust(args.force), &bar)?;
            let why = run.why();
            Ok((run.result.into(), why))
        }
        Holder::Service(service) => {
            let still = || bar.set_message(format!("fetching {feed}, by the service"));
            let run = service.updated(feed, args.force, still);
            bar.finish_and_clear();
            // Where not all of it is in, it answers why.
            Ok((run?, None))
        }
    }
}

fn fetched(
    scanner: &Scanner,
    feed: &str,
    trust: Trust,
    bar: &ProgressBar,
) -> Result<Run, limpid_scanner::Error> {
    let (far, stop, ended) = (RunProgress::default(), Stop::default(), Stop::default());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.wait(SHOWN) {
                progress::show_run(bar, feed, &far);
            }
        });
        let run = scanner.run_feed(feed, trust, &stop, &far);
        ended.stop();
        bar.finish_and_clear();
        run
    })
}
