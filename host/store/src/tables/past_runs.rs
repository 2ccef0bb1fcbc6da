//! Runs of feeds that have ended, and what they brought. Rows are added, and the oldest of a feed go.

use limpid_model::{PastRun, RejectedRecord, RunKind, RunResult};
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    PastRuns = 65 "past_runs";

    /// What stands last in time comes first.
    key {
        /// Name of the feed.
        feed: String,
        /// Milliseconds from when it began until the last that can be counted.
        until_last: u64,
    }
}

impl Key {
    /// Of a run that began at a moment, in milliseconds since 1970.
    pub const fn new(feed: String, began: u64) -> Self {
        Self { feed, until_last: u64::MAX - began }
    }

    /// When it began.
    pub const fn began(&self) -> u64 {
        u64::MAX - self.until_last
    }
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    ended: u64,
    revision: u64,
    ingested: u64,
    unchanged: u64,
    bytes: u64,
    added: u64,
    changed: u64,
    withdrawn: u64,
    rejected: u64,
    rejections: Vec<(String, String, String)>,
    absent: u64,
    first_absent: Vec<(String, String)>,
    failed: u64,
    first_failed: Vec<(String, String)>,
    why: Option<String>,
    kind: Kind,
    before: Option<u64>,
}

/// How it came about. In this order for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Fetched,
    HandedIn,
    Imported,
    Removed,
}

impl From<RunKind> for Kind {
    fn from(kind: RunKind) -> Self {
        match kind {
            RunKind::Fetched => Self::Fetched,
            RunKind::HandedIn => Self::HandedIn,
            RunKind::Imported => Self::Imported,
            RunKind::Removed => Self::Removed,
        }
    }
}

impl From<Kind> for RunKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Fetched => Self::Fetched,
            Kind::HandedIn => Self::HandedIn,
            Kind::Imported => Self::Imported,
            Kind::Removed => Self::Removed,
        }
    }
}

impl table::Row for Row {
    const VERSION: u8 = 2;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        let old: FetchedOnly = (version == 1).then(|| postcard::from_bytes(fields).ok()).flatten()?;
        Some(Self {
            ended: old.ended,
            revision: old.revision,
            ingested: old.ingested,
            unchanged: old.unchanged,
            bytes: old.bytes,
            added: old.added,
            changed: old.changed,
            withdrawn: old.withdrawn,
            rejected: old.rejected,
            rejections: old.rejections,
            absent: old.absent,
            first_absent: old.first_absent,
            failed: old.failed,
            first_failed: old.first_failed,
            why: old.why,
            kind: Kind::Fetched,
            before: None,
        })
    }
}

/// Version 1.
#[derive(Deserialize)]
struct FetchedOnly {
    ended: u64,
    revision: u64,
    ingested: u64,
    unchanged: u64,
    bytes: u64,
    added: u64,
    changed: u64,
    withdrawn: u64,
    rejected: u64,
    rejections: Vec<(String, String, String)>,
    absent: u64,
    first_absent: Vec<(String, String)>,
    failed: u64,
    first_failed: Vec<(String, String)>,
    why: Option<String>,
}

impl Row {
    /// The key and the row of a run.
    pub fn of(run: PastRun) -> (Key, Self) {
        let PastRun { began, ended, result, absent, failed, rejections, why, kind, before } = run;
        let row = Self {
            ended,
            revision: result.revision,
            ingested: result.ingested,
            unchanged: result.unchanged,
            bytes: result.bytes,
            added: result.added,
            changed: result.changed,
            withdrawn: result.withdrawn,
            rejected: result.rejected,
            rejections: rejections.into_iter().map(|it| (it.source, it.id, it.reason)).collect(),
            absent,
            first_absent: result.absent,
            failed,
            first_failed: result.failures,
            why,
            kind: kind.into(),
            before,
        };
        (Key::new(result.feed, began), row)
    }

    /// The run of a key.
    pub fn into_run(self, key: Key) -> PastRun {
        let rejection = |(source, id, reason)| RejectedRecord { source, id, reason };
        PastRun {
            began: key.began(),
            ended: self.ended,
            result: RunResult {
                feed: key.feed,
                revision: self.revision,
                ingested: self.ingested,
                unchanged: self.unchanged,
                bytes: self.bytes,
                added: self.added,
                changed: self.changed,
                withdrawn: self.withdrawn,
                rejected: self.rejected,
                absent: self.first_absent,
                failures: self.first_failed,
            },
            absent: self.absent,
            failed: self.failed,
            rejections: self.rejections.into_iter().map(rejection).collect(),
            why: self.why,
            kind: self.kind.into(),
            before: self.before,
        }
    }
}
