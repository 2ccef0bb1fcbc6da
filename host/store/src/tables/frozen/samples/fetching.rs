//! What is known of how feeds are fetched.

use limpid_model::{Blame, FailureKind, PastRun, RecentFailure, RejectedRecord, RunKind, RunResult};

use super::{Sample, digest, plugin, sample, some};
use crate::tables::{deltas, fetches, past_runs, plugin_failures, runs, sources};

pub(super) fn all() -> Vec<Sample> {
    let source = sources::Key { feed: "feed".into(), source: "source".into() };
    let change = deltas::Key { feed: "feed".into(), source: "source".into(), number: 300, piece: 1 };
    let (began, past) = past_runs::Row::of(past_run());
    let of_kind = |(which, kind)| {
        let (began, past) = past_runs::Row::of(PastRun { kind, before: Some(300), ..past_run() });
        sample::<past_runs::PastRuns>(which, &began, &past)
    };
    let kinds =
        [("handed-in", RunKind::HandedIn), ("imported", RunKind::Imported), ("removed", RunKind::Removed)];
    let delta = deltas::Row { name: "name".into(), size: 300, bytes: b"piece".to_vec() };
    let mut all = vec![
        sample::<fetches::Fetches>("one", &source, &fetch()),
        sample::<fetches::Fetches>("by-hand", &source, &fetches::Row::default()),
        sample::<deltas::Deltas>("one", &change, &delta),
        sample::<runs::Runs>("one", &"feed".into(), &run()),
        sample::<past_runs::PastRuns>("one", &began, &past),
        sample::<plugin_failures::PluginFailures>("all", &"feed".into(), &plugin_failures()),
        sample::<runs::Runs>("none", &"feed".into(), &runs::Row::default()),
    ];
    all.extend(kinds.map(of_kind));
    all
}

fn fetch() -> fetches::Row {
    let followed = |name: &str, is_whole| fetches::Followed {
        name: name.to_owned(),
        url: format!("https://example.test/{name}"),
        is_whole,
    };
    let mut fetch = fetches::Row {
        address: "https://example.test/".into(),
        etag: some("\"tag\""),
        modified: some("Thu, 26 Nov 2026 10:00:00 GMT"),
        fetched: 1,
        confirmed: 2,
        bytes: 300,
        rejected: 6,
        rejections: vec![("id".into(), "why".into())],
        follow: vec![followed("whole", true), followed("delta", false)],
        changes: fetches::Changes { next: 4, count: 3, bytes: 500, initial: 2, initial_bytes: 1 },
        ..fetches::Row::default()
    };
    fetch.set_read(digest(7), plugin());
    fetch
}

fn past_run() -> PastRun {
    let pair = || vec![("source".to_owned(), "why".to_owned())];
    let result = RunResult {
        feed: "feed".into(),
        revision: 3,
        ingested: 4,
        unchanged: 5,
        bytes: 600,
        added: 7,
        changed: 8,
        withdrawn: 9,
        rejected: 10,
        absent: pair(),
        failures: pair(),
    };
    let rejection = RejectedRecord { source: "source".into(), id: "id".into(), reason: "why".into() };
    PastRun {
        began: 1,
        ended: 2,
        result,
        absent: 11,
        failed: 12,
        rejections: vec![rejection],
        why: some("why"),
        kind: RunKind::Fetched,
        before: None,
    }
}

fn plugin_failures() -> plugin_failures::Row {
    let kinds = [
        FailureKind::Time,
        FailureKind::Memory,
        FailureKind::Tables,
        FailureKind::Output,
        FailureKind::Trap,
        FailureKind::Contract,
        FailureKind::Refused,
        FailureKind::Host,
        FailureKind::Quarantined,
    ];
    let blames = [Blame::Plugin, Blame::Input, Blame::Host];
    let failures = kinds.into_iter().zip(blames.into_iter().cycle()).map(|(kind, blame)| RecentFailure {
        cause: "source `feed`".into(),
        call: "parse".into(),
        kind,
        blame,
        message: "why".into(),
        times: 1,
        first_at: 2,
        last_at: 300,
        is_avoided: false,
    });
    plugin_failures::Row::new(digest(7), failures.collect())
}

fn run() -> runs::Row {
    runs::Row {
        cursor: some("cursor"),
        last_run: Some(1),
        last_complete: Some(2),
        failing_since: Some(3),
        failures: 4,
        why: some("why"),
        next_run: Some(500),
        absent: vec![("source".into(), "why".into())],
    }
}
