//! What is known of how feeds are fetched.

use super::{Sample, digest, plugin, sample, some};
use crate::tables::{deltas, fetches, runs, sources};

pub(super) fn all() -> Vec<Sample> {
    let source = sources::Key { feed: "feed".into(), source: "source".into() };
    let change = deltas::Key { feed: "feed".into(), source: "source".into(), number: 300, piece: 1 };
    let delta = deltas::Row { name: "name".into(), size: 300, bytes: b"piece".to_vec() };
    vec![
        sample::<fetches::Fetches>("one", &source, &fetch()),
        sample::<fetches::Fetches>("by-hand", &source, &fetches::Row::default()),
        sample::<deltas::Deltas>("one", &change, &delta),
        sample::<runs::Runs>("one", &"feed".into(), &run()),
        sample::<runs::Runs>("none", &"feed".into(), &runs::Row::default()),
    ]
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
