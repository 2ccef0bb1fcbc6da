//! Runs that have ended, and what they brought.

use limpid_model::{Page, PastRun, RunResult, chain};
use limpid_store::tables::feeds::Feeds;
use limpid_store::tables::past_runs::{self, PastRuns};
use limpid_store::{Batch, Store, View};

use super::{Run, shorten};
use crate::Error;

/// Runs of a feed that are kept.
pub(super) const KEPT: usize = 500;

/// Of those that are more, how many go at a time.
const FORGOTTEN: usize = 100;

/// Sources that are kept of those that are not there, and of those that stay as they were.
const LISTED: usize = 50;

/// Keeps what came of a run, and forgets those of the feed that are too many.
pub(super) fn keep(
    (view, batch): (&View<'_>, &mut Batch),
    feed: &str,
    (began, ended): (u64, u64),
    run: &Result<Run, Error>,
) -> Result<(), Error> {
    let mut known = view.keys::<PastRuns>(|key| {
        key.text(feed);
    });
    let last = known.next().transpose()?;
    // Runs are in the order in which they were made, whatever the clock says.
    let began = last.map_or(began, |last| began.max(last.began().saturating_add(1)));
    for key in known.skip(KEPT - 2).take(FORGOTTEN) {
        batch.delete::<PastRuns>(&key?);
    }
    let revision = view.get::<Feeds>(&feed.to_owned())?.map_or(0, |stored| stored.revision);
    let (key, row) = past_runs::Row::of(past(feed, (began, ended.max(began)), run, revision));
    Ok(batch.put::<PastRuns>(&key, &row)?)
}

fn past(feed: &str, (began, ended): (u64, u64), run: &Result<Run, Error>, revision: u64) -> PastRun {
    let nothing = RunResult { feed: feed.to_owned(), revision, ..RunResult::default() };
    let run = match run {
        Ok(run) => run,
        Err(error) => {
            let why = Some(shorten(&chain(error)));
            return PastRun { began, ended, result: nothing, why, ..PastRun::default() };
        }
    };
    let first = |all: &[(String, String)]| -> Vec<(String, String)> {
        all.iter().take(LISTED).map(|(source, why)| (shorten(source), shorten(why))).collect()
    };
    let RunResult { absent, failures, .. } = &run.result;
    PastRun {
        began,
        ended,
        result: RunResult {
            absent: first(absent),
            failures: first(failures),
            ingested: run.result.ingested,
            unchanged: run.result.unchanged,
            bytes: run.result.bytes,
            added: run.result.added,
            changed: run.result.changed,
            withdrawn: run.result.withdrawn,
            rejected: run.result.rejected,
            ..nothing
        },
        absent: absent.len() as u64,
        failed: failures.len() as u64,
        rejections: run.rejections.clone(),
        why: None,
    }
}

/// Runs of a feed that have ended, the last first, before one that began at a time, `limit` at most.
///
/// # Errors
/// The store fails.
pub(crate) fn past_runs(
    store: &Store,
    feed: &str,
    before: Option<u64>,
    limit: usize,
) -> Result<Page<PastRun, u64>, Error> {
    let view = store.view();
    // What is not there comes first of all.
    let after = past_runs::Key::new(feed.to_owned(), before.unwrap_or(u64::MAX));
    let mut items = Vec::new();
    for row in view.scan_after::<PastRuns>(Some(&after)).take(limit.saturating_add(1)) {
        let (key, row) = row?;
        if key.feed != feed {
            break;
        }
        items.push(row.into_run(key));
    }
    Ok(Page::of(items, limit, |last| last.began))
}
