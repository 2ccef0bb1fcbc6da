//! A run of a feed: from where it starts, over what its documents name, to the cursor that is left.
//!
//! What is to be fetched comes in levels: what the feed starts from, what that names, and so on.
//! Within a level documents are fetched and read several at a time, and written in the order in
//! which they were named, so that a run over the same documents leaves the same behind. Each source
//! is one step of its own: where one fails, the others are in all the same, and it keeps what it
//! stated. But the run is complete only when all of it is in, and only then the cursor moves.

mod end;
mod fetch;
mod handed;
mod level;
mod next;
mod past;
mod plan;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use limpid_fetch::{DocumentFetcher, Stop};
use limpid_model::{RejectedRecord, RunResult, chain};
use limpid_runtime::{Mode, Source};
use limpid_store::tables::fetches::{self, Fetches};
use limpid_store::tables::sources;

use crate::feeds::runs_of;
use crate::ingest::Ingest;
use crate::ingest::{Parser, Trust};
use crate::plugins::no_feed;
use crate::{Error, room};
use fetch::Fetch;
use level::{Done, Level};
pub(crate) use past::past_runs;
use plan::Plan;

/// Sources that are named of those of which a run failed, and how long that may be in bytes.
const FAILURES: usize = 20;
const FAILURES_BYTES: usize = 4 << 10;

/// Records that could not be used that are kept of a run, and bytes of what is kept of each text.
const REJECTIONS: usize = 50;
const TEXT_BYTES: usize = 512;

/// A text of a publisher as it is kept of a run.
fn shorten(text: &str) -> String {
    text.get(..text.floor_char_boundary(TEXT_BYTES)).unwrap_or_default().to_owned()
}

/// How far a run is; to be looked at from another thread.
#[derive(Debug, Default)]
pub struct RunProgress {
    known: AtomicU64,
    done: AtomicU64,
    bytes: AtomicU64,
}

impl RunProgress {
    /// Documents that are known of so far.
    pub fn known(&self) -> u64 {
        self.known.load(Ordering::Relaxed)
    }

    /// Those that were fetched, or need not be.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Bytes that came.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// What everybody may know of it.
    pub result: RunResult,
    /// After how long a publisher asks to come again.
    pub retry_after: Option<Duration>,
    /// The first records that could not be used.
    rejections: Vec<RejectedRecord>,
    /// What is remembered when the run is complete.
    left: Left,
}

/// What a complete run leaves.
#[derive(Clone, Debug, Default)]
struct Left {
    cursor: Option<String>,
    /// Whether it started from a cursor, and has brought what changed since then.
    is_delta: bool,
    deferred: Vec<(sources::Key, fetches::Row)>,
    /// Sources of which changes were kept, and the number of the first.
    changes: BTreeMap<String, u64>,
    /// Sources that took part.
    seen: Vec<String>,
}

impl Ingest<'_> {
    /// Fetches a feed, and ingests what has changed.
    ///
    /// # Errors
    /// [`Error::NoFeed`], [`Error::Running`] where it is being fetched already, [`Error::NoRoom`], and where nothing
    /// could be begun. What fails of single sources stands in [`RunResult::failures`].
    pub(crate) fn run_feed(
        &self,
        feed: &str,
        trust: Trust,
        stop: &Stop,
        progress: &RunProgress,
    ) -> Result<Run, Error> {
        let plugins = self.registry.snapshot();
        let Some(parser) = plugins.feed(feed) else { return Err(no_feed(&self.registry.snapshot(), feed)) };
        let _running = self.runs.begin(feed)?;
        let fetcher = DocumentFetcher::new(self.settings.feeds.options_for(feed), stop.clone());
        match fetcher {
            Ok(fetcher) => self.run(&parser, &fetcher, trust, progress),
            Err(error) => {
                let failed = Err(error.into());
                let before = past::revision(&self.store.view(), feed)?;
                self.end_run(feed, (self.settings.clock.now(), before), &failed)?;
                failed
            }
        }
    }

    fn run(
        &self,
        parser: &dyn Parser,
        fetch: &dyn Fetch,
        trust: Trust,
        progress: &RunProgress,
    ) -> Result<Run, Error> {
        // What nobody could keep is not fetched. Nothing of that is remembered: it is tried again soon.
        room::require_room(self.settings)?;
        let began = (self.settings.clock.now(), past::revision(&self.store.view(), parser.name())?);
        let mut run = self.try_run(parser, fetch, trust, progress);
        self.end_run(parser.name(), began, &run)?;
        if let Ok(run) = &mut run {
            // Where nothing came, it is that of before.
            run.result.revision = past::revision(&self.store.view(), &run.result.feed)?;
        }
        run
    }

    fn try_run(
        &self,
        parser: &dyn Parser,
        fetch: &dyn Fetch,
        trust: Trust,
        progress: &RunProgress,
    ) -> Result<Run, Error> {
        let feed = parser.name();
        let before = runs_of(&self.store.view(), feed)?;
        let (cursor, is_first) = (before.cursor, before.last_complete.is_none());
        let is_delta = cursor.is_some() && !self.keeps_too_much(feed)?;
        let starts = parser.sources(cursor.as_deref().filter(|_| is_delta))?;
        let mut run = Run::of(feed);
        run.left = Left { cursor, is_delta, ..Left::default() };
        let mut plan = Plan::new(&self.settings.feeds, feed, &starts);
        let mut jobs = plan.admit(starts, &mut run.result.failures)?;
        while !jobs.is_empty() {
            run.left.seen.extend(jobs.iter().map(|job| job.source.name.clone()));
            let level = Level { ingest: *self, parser, fetch, trust, is_delta, is_first, progress };
            let mut follow = Vec::new();
            for (name, done) in level.run(jobs)? {
                follow.extend(run.note(name, done)?);
            }
            jobs = plan.admit(follow, &mut run.result.failures)?;
        }
        run.result.bytes = progress.bytes();
        Ok(run)
    }

    /// Whether so many changes have come since a run without a cursor that all of it is less to read
    /// again. The run then starts without its cursor, and keeps it where no document has a newer one.
    fn keeps_too_much(&self, feed: &str) -> Result<bool, Error> {
        let view = self.store.view();
        let rows = view.scan::<Fetches>(|key| {
            key.text(feed);
        });
        let (mut deltas, mut bytes) = (0_u64, 0_u64);
        for row in rows {
            let (_, row) = row?;
            let fetches::Changes { count, bytes: all, initial, initial_bytes, .. } = row.changes;
            deltas = deltas.saturating_add(count.saturating_sub(initial));
            bytes = bytes.saturating_add(all.saturating_sub(initial_bytes));
        }
        let settings = &self.settings.feeds;
        Ok(deltas > settings.kept_deltas || bytes > settings.kept_delta_bytes)
    }
}

impl Run {
    fn of(feed: &str) -> Self {
        Self { result: RunResult { feed: feed.to_owned(), ..RunResult::default() }, ..Self::default() }
    }

    /// Whether all of it is in.
    pub fn is_complete(&self) -> bool {
        self.result.failures.is_empty()
    }

    /// What it failed of, source by source; none where it is complete.
    pub fn why(&self) -> Option<String> {
        if self.result.failures.is_empty() {
            return None;
        }
        let mut why = String::new();
        for (place, (name, reason)) in self.result.failures.iter().enumerate() {
            let next = format!("source `{name}`: {reason}");
            if place > 0 && (place >= FAILURES || why.len() + next.len() > FAILURES_BYTES) {
                why.push_str(&format!("; and {} more", self.result.failures.len() - place));
                break;
            }
            if place > 0 {
                why.push_str("; ");
            }
            why.push_str(&next);
        }
        Some(why)
    }

    /// Keeps the first records that could not be used.
    fn reject(&mut self, source: &str, rejections: &[(String, String)]) {
        let room = REJECTIONS.saturating_sub(self.rejections.len());
        let record = |(id, reason): &(String, String)| RejectedRecord {
            source: shorten(source),
            id: shorten(id),
            reason: shorten(reason),
        };
        self.rejections.extend(rejections.iter().take(room).map(record));
    }

    /// Adds what came of one source, and says what it names to be fetched.
    fn note(&mut self, name: String, done: Done) -> Result<Vec<Source>, Error> {
        match done {
            Done::Ingested { ingested, mode, cursor, deferred, first_change, absent } => {
                match first_change {
                    Some(first) => {
                        self.left.changes.entry(ingested.source.clone()).or_insert(first);
                    }
                    // The changes before a whole document are gone.
                    None if mode == Mode::Whole => {
                        self.left.changes.remove(&ingested.source);
                    }
                    None => {}
                }
                self.result.ingested += 1;
                self.result.added += ingested.added;
                self.result.changed += ingested.changed;
                self.result.withdrawn += ingested.withdrawn;
                self.result.rejected += ingested.rejected;
                self.reject(&name, &ingested.rejections);
                self.result.absent.extend(absent.into_iter().map(|why| (name.clone(), why)));
                self.left.cursor = cursor.or(self.left.cursor.take());
                self.left.deferred.extend(deferred.map(|deferred| *deferred));
                Ok(ingested.follow)
            }
            Done::Unchanged { follow } => {
                self.result.unchanged += 1;
                Ok(follow)
            }
            Done::Absent(why) => {
                self.result.absent.extend(why.into_iter().map(|why| (name.clone(), why)));
                Ok(Vec::new())
            }
            Done::Failed(error @ (Error::Fetch(limpid_fetch::Error::Stopped) | Error::Store(_))) => {
                Err(error)
            }
            Done::Failed(error) => {
                if let Error::Fetch(error) = &error {
                    self.retry_after = self.retry_after.max(error.retry_after());
                }
                self.result.failures.push((name, chain(&error)));
                Ok(Vec::new())
            }
        }
    }
}
