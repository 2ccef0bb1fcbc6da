//! What a run leaves behind.

use std::collections::{BTreeMap, BTreeSet};

use limpid_model::chain;
use limpid_store::tables::deltas::Deltas;
use limpid_store::tables::feeds::Feeds;
use limpid_store::tables::fetches::{self, Fetches};
use limpid_store::tables::runs::{self, Runs};
use limpid_store::tables::sources::{self, Sources};
use limpid_store::{Batch, View};

use super::next::{Ended, next_run};
use super::past::Fetched;
use super::{Left, Run, past};
use crate::Error;
use crate::feeds::runs_of;
use crate::ingest::Ingest;

/// Documents that are not there that are remembered.
const ABSENT: usize = 100;

impl Ingest<'_> {
    /// Remembers how a run went that began at a time and at a revision of the feed, and when the next one is due.
    /// Where it is complete, the cursor moves in the same step.
    pub(super) fn end_run(
        &self,
        feed: &str,
        (began, before): (u64, u64),
        run: &Result<Run, Error>,
    ) -> Result<(), Error> {
        // The next process does what this one did not come to.
        if matches!(run, Err(Error::Fetch(limpid_fetch::Error::Stopped))) {
            return Ok(());
        }
        let writer = self.writers.ingest();
        let view = writer.view();
        let mut batch = Batch::default();
        let name = feed.to_owned();
        let now = self.settings.clock.now();
        let mut row = runs_of(&view, feed)?;
        row.last_run = Some(began);
        let why = match run {
            Ok(run) => run.why(),
            Err(error) => Some(chain(error)),
        };
        match (run, why) {
            (Ok(run), None) => self.complete((&view, &mut batch), feed, &mut row, run)?,
            (_, why) => {
                let why = why.unwrap_or_default();
                let mut stored = view.get::<Feeds>(&name)?.unwrap_or_default();
                stored.last_failure = Some((now, why.clone()));
                batch.put::<Feeds>(&name, &stored)?;
                row.failing_since.get_or_insert(began);
                row.failures += 1;
                row.why = Some(why);
            }
        }
        let retry_after = run.as_ref().ok().and_then(|run| run.retry_after);
        let ended = Ended { began, now, failures: row.failures, retry_after };
        row.next_run = Some(next_run(&self.settings.feeds, feed, ended, fastrand::f64()));
        batch.put::<Runs>(&name, &row)?;
        let past = past::fetched(&view, Fetched { feed, began, ended: now, before, run })?;
        past::keep((&view, &mut batch), past)?;
        writer.commit(batch)
    }

    fn complete(
        &self,
        (view, batch): (&View<'_>, &mut Batch),
        feed: &str,
        row: &mut runs::Row,
        run: &Run,
    ) -> Result<(), Error> {
        let now = self.settings.clock.now();
        let Left { cursor, is_delta, deferred, changes, seen } = &run.left;
        let name = feed.to_owned();
        // Of a feed that takes documents by hand only, all is as old as before.
        let starts_nowhere = seen.is_empty();
        let absent = run.result.absent.iter().take(ABSENT).cloned().collect();
        *row = runs::Row {
            cursor: cursor.clone(),
            last_run: row.last_run,
            last_complete: if starts_nowhere { row.last_complete } else { Some(now) },
            absent,
            ..runs::Row::default()
        };
        if !starts_nowhere {
            let mut stored = view.get::<Feeds>(&name)?.unwrap_or_default();
            stored.last_success = Some(now);
            batch.put::<Feeds>(&name, &stored)?;
        }
        forget_unnamed(view, batch, feed, seen)?;
        let mut fetched: BTreeMap<&sources::Key, fetches::Row> = BTreeMap::new();
        for (key, row) in deferred {
            let changes = view.get::<Fetches>(key)?.unwrap_or_default().changes;
            fetched.insert(key, fetches::Row { changes, ..row.clone() });
        }
        for (key, row) in fetched {
            batch.put::<Fetches>(key, &row)?;
        }
        if *is_delta {
            confirm_all(view, batch, feed, now)?;
        } else {
            for (source, first) in changes {
                let key = sources::Key { feed: feed.to_owned(), source: source.clone() };
                forget_changes(view, batch, &key, *first, deferred)?;
            }
        }
        tracing::info!(
            feed,
            ingested = run.result.ingested,
            unchanged = run.result.unchanged,
            bytes = run.result.bytes,
            added = run.result.added,
            changed = run.result.changed,
            withdrawn = run.result.withdrawn,
            "feed `{feed}` is up to date"
        );
        Ok(())
    }
}

/// Forgets how documents came that are not named any more and of which nothing is stored: lists of
/// changes whose names have the cursor in them.
fn forget_unnamed(view: &View<'_>, batch: &mut Batch, feed: &str, seen: &[String]) -> Result<(), Error> {
    let seen: BTreeSet<&str> = seen.iter().map(String::as_str).collect();
    let rows = view.scan::<Fetches>(|key| {
        key.text(feed);
    });
    for row in rows {
        let (key, row) = row?;
        let leads_nowhere = row.follow.is_empty() && row.changes.count == 0;
        if leads_nowhere && !seen.contains(key.source.as_str()) && view.get::<Sources>(&key)?.is_none() {
            batch.delete::<Fetches>(&key);
        }
    }
    Ok(())
}

/// Forgets the changes of a source before those that a run has brought which began without a
/// cursor: it has brought all that there is.
fn forget_changes(
    view: &View<'_>,
    batch: &mut Batch,
    of: &sources::Key,
    first: u64,
    deferred: &[(sources::Key, fetches::Row)],
) -> Result<(), Error> {
    let rows = view.scan::<Deltas>(|key| {
        key.text(&of.feed).text(&of.source);
    });
    let (mut before, mut before_bytes) = (0, 0);
    for row in rows {
        let (key, row) = row?;
        if key.number < first {
            before += u64::from(key.piece == 0);
            before_bytes += row.size;
            batch.delete::<Deltas>(&key);
        }
    }
    let stored = view.get::<Fetches>(of)?.unwrap_or_default();
    let count = stored.changes.count.saturating_sub(before);
    let bytes = stored.changes.bytes.saturating_sub(before_bytes);
    let changes =
        fetches::Changes { next: stored.changes.next, count, bytes, initial: count, initial_bytes: bytes };
    let left = deferred.iter().rev().find(|(key, _)| key == of).map(|(_, row)| row.clone());
    batch.put::<Fetches>(of, &fetches::Row { changes, ..left.unwrap_or(stored) })?;
    Ok(())
}

/// All that has changed since the cursor is in: what did not change is as it was.
fn confirm_all(view: &View<'_>, batch: &mut Batch, feed: &str, now: u64) -> Result<(), Error> {
    let rows = view.scan::<Sources>(|key| {
        key.text(feed);
    });
    for row in rows {
        let (key, mut row) = row?;
        row.ingested = now;
        batch.put::<Sources>(&key, &row)?;
    }
    Ok(())
}
