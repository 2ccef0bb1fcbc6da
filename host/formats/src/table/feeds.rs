//! What is stored of feeds, and what came of changing it.

use crate::json as api;

use super::{Page, rows, span};

/// The feeds and what is stored of each, and below what went wrong.
pub fn feeds(page: &mut Page, feeds: &[api::Feed]) {
    let each = feeds.iter().map(|feed| {
        let next = if feed.running { Some("now".to_owned()) } else { feed.next_run.clone() };
        vec![
            feed.name.clone(),
            feed.revision.to_string(),
            feed.advisories.to_string(),
            feed.sources.len().to_string(),
            feed.rejected.to_string(),
            feed.age.map_or_else(|| "never".to_owned(), age),
            feed.failing_since.clone().unwrap_or_default(),
            next.unwrap_or_default(),
        ]
    });
    let header =
        ["feed", "revision", "advisories", "sources", "rejected", "up to date", "failing since", "next run"];
    rows(page, &header, each);
    for feed in feeds {
        if let (Some(at), Some(why)) = (&feed.last_failure, &feed.last_failure_reason) {
            page.line(&[format!("{} failed at {at}: {why}", feed.name).into()]);
        }
        for rejection in feed.rejections.iter().take(5) {
            page.line(&[format!("{} rejected {}: {}", feed.name, rejection.id, rejection.reason).into()]);
        }
    }
}

/// How long ago something was, roughly.
fn age(seconds: u64) -> String {
    if seconds < 60 { "just now".to_owned() } else { format!("{} ago", span(seconds)) }
}

/// What came of fetching feeds.
pub fn runs(page: &mut Page, runs: &[api::Run]) {
    let each = runs.iter().map(|run| {
        let counts = [run.ingested, run.unchanged, run.added, run.changed, run.withdrawn, run.rejected];
        let state = if run.complete { "up to date" } else { "incomplete" };
        let texts = [run.feed.clone(), state.to_owned()].into_iter();
        texts.chain(counts.iter().map(ToString::to_string)).collect()
    });
    let header = ["feed", "state", "ingested", "unchanged", "added", "changed", "withdrawn", "rejected"];
    rows(page, &header, each);
    for run in runs {
        for absent in run.absent.iter().take(5) {
            page.line(&[format!("{}: `{}` is not there: {}", run.feed, absent.source, absent.reason).into()]);
        }
    }
}

/// What came of documents that were ingested.
pub fn ingested(page: &mut Page, ingested: &[api::Ingested]) {
    let each = ingested.iter().map(|ingested| {
        let counts =
            [ingested.advisories, ingested.added, ingested.changed, ingested.withdrawn, ingested.rejected];
        let counts = counts.iter().map(ToString::to_string);
        [ingested.feed.clone(), ingested.source.clone()].into_iter().chain(counts).collect()
    });
    rows(page, &["feed", "source", "advisories", "added", "changed", "withdrawn", "rejected"], each);
    for rejection in ingested.iter().flat_map(|ingested| ingested.rejections.iter().take(5)) {
        page.line(&[format!("rejected: {}: {}", rejection.id, rejection.reason).into()]);
    }
}

/// What came of a bundle.
pub fn imported(page: &mut Page, imported: &api::Imported) {
    let each = imported.feeds.iter().map(|feed| {
        let counts = [
            feed.revision,
            feed.ingested,
            feed.unchanged,
            feed.added,
            feed.changed,
            feed.withdrawn,
            feed.rejected,
        ];
        std::iter::once(feed.feed.clone()).chain(counts.iter().map(ToString::to_string)).collect()
    });
    let header = ["feed", "revision", "ingested", "unchanged", "added", "changed", "withdrawn", "rejected"];
    rows(page, &header, each);
    for feed in &imported.feeds {
        for (what, failed) in [("refused", &feed.refused), ("not in the bundle", &feed.missing)] {
            for api::Failed { source, reason } in failed.iter().take(20) {
                page.line(&[format!("{what}: {} {source}: {reason}", feed.feed).into()]);
            }
        }
    }
}
