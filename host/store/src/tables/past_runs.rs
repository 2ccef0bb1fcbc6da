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
    brought: Brought,
    kind: Kind,
    before: Option<u64>,
}

/// What it brought: version 1 had nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Brought {
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
        let brought = (version == 1).then(|| postcard::from_bytes(fields).ok()).flatten()?;
        Some(Self { brought, kind: Kind::Fetched, before: None })
    }
}

impl Row {
    /// The key and the row of a run.
    pub fn of(run: PastRun) -> (Key, Self) {
        let PastRun { began, ended, result, absent, failed, rejections, why, kind, before } = run;
        let brought = Brought {
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
        };
        (Key::new(result.feed, began), Self { brought, kind: kind.into(), before })
    }

    /// The run of a key.
    pub fn into_run(self, key: Key) -> PastRun {
        let Self { brought, kind, before } = self;
        let rejection = |(source, id, reason)| RejectedRecord { source, id, reason };
        PastRun {
            began: key.began(),
            ended: brought.ended,
            result: RunResult {
                feed: key.feed,
                revision: brought.revision,
                ingested: brought.ingested,
                unchanged: brought.unchanged,
                bytes: brought.bytes,
                added: brought.added,
                changed: brought.changed,
                withdrawn: brought.withdrawn,
                rejected: brought.rejected,
                absent: brought.first_absent,
                failures: brought.first_failed,
            },
            absent: brought.absent,
            failed: brought.failed,
            rejections: brought.rejections.into_iter().map(rejection).collect(),
            why: brought.why,
            kind: kind.into(),
            before,
        }
    }
}
