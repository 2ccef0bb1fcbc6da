//! Runs that have ended, and what they brought.

use limpid_model::{Ingested, Page, PastRun, RejectedRecord, RunKind, RunResult, chain};
use limpid_store::tables::feeds::Feeds;
use limpid_store::tables::past_runs::{self, PastRuns};
use limpid_store::{Batch, Store, View};

use super::{REJECTIONS, Run, shorten};
use crate::Error;

/// Runs of a feed that are kept.
pub(super) const KEPT: usize = 500;

/// Of those that are more, how many go at a time.
const FORGOTTEN: usize = 100;

/// Sources that are kept of those that are not there, and of those that stay as they were.
const LISTED: usize = 50;

/// Keeps what came of a run, and forgets those of the feed that are too many.
pub(super) fn keep((view, batch): (&View<'_>, &mut Batch), run: PastRun) -> Result<(), Error> {
    let mut known = view.keys::<PastRuns>(|key| {
        key.text(&run.result.feed);
    });
    let last = known.next().transpose()?;
    // Runs are in the order in which they were made, whatever the clock says.
    let began = last.map_or(run.began, |last| run.began.max(last.began().saturating_add(1)));
    for key in known.skip(KEPT - 2).take(FORGOTTEN) {
        batch.delete::<PastRuns>(&key?);
    }
    let (key, row) = past_runs::Row::of(PastRun { began, ended: run.ended.max(began), ..run });
    Ok(batch.put::<PastRuns>(&key, &row)?)
}

/// The revision of a feed; 0 where nothing was ever stored of it.
pub(super) fn revision(view: &View<'_>, feed: &str) -> Result<u64, Error> {
    Ok(view.get::<Feeds>(&feed.to_owned())?.map_or(0, |stored| stored.revision))
}

/// A run that fetched a feed.
pub(super) fn fetched(view: &View<'_>, ended: Fetched<'_>) -> Result<PastRun, Error> {
    let Fetched { feed, began, ended, before, run } = ended;
    let revision = revision(view, feed)?;
    let nothing = RunResult { feed: feed.to_owned(), revision, ..RunResult::default() };
    let past = PastRun { began, ended, before: Some(before), ..PastRun::default() };
    let run = match run {
        Ok(run) => run,
        Err(error) => return Ok(PastRun { result: nothing, why: Some(shorten(&chain(error))), ..past }),
    };
    let RunResult { absent, failures, .. } = &run.result;
    Ok(PastRun {
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
        ..past
    })
}

/// What is kept of sources and reasons.
pub(super) fn first(all: &[(String, String)]) -> Vec<(String, String)> {
    all.iter().take(LISTED).map(|(source, why)| (shorten(source), shorten(why))).collect()
}

/// The end of a run that fetched a feed. Times are milliseconds since 1970.
pub(super) struct Fetched<'a> {
    pub(super) feed: &'a str,
    pub(super) began: u64,
    pub(super) ended: u64,
    /// Revision of the feed before it.
    pub(super) before: u64,
    pub(super) run: &'a Result<Run, Error>,
}

/// A document that was handed in.
pub(super) fn handed_in(ingested: &Ingested) -> PastRun {
    let has_changed = ingested.added + ingested.changed + ingested.withdrawn > 0;
    let rejection = |(id, reason): &(String, String)| RejectedRecord {
        source: shorten(&ingested.source),
        id: shorten(id),
        reason: shorten(reason),
    };
    PastRun {
        kind: RunKind::HandedIn,
        before: Some(ingested.revision.saturating_sub(u64::from(has_changed))),
        result: RunResult {
            feed: ingested.feed.clone(),
            revision: ingested.revision,
            ingested: 1,
            added: ingested.added,
            changed: ingested.changed,
            withdrawn: ingested.withdrawn,
            rejected: ingested.rejected,
            ..RunResult::default()
        },
        rejections: ingested.rejections.iter().take(REJECTIONS).map(rejection).collect(),
        ..PastRun::default()
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
