//! All that is known: repositories, how images are on the whole, and how old what is stated is.

use askama::Template;
use limpid_formats::json;

use crate::api::{Api, Problem};
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::table;
use crate::{Address, Answer, Lasts, Request};

/// Repositories on a page.
const ROWS: &str = "50";

/// Feeds that are named.
const FEEDS: usize = 30;

#[derive(Template)]
#[template(path = "inventory.html")]
struct View<'a> {
    frame: Frame<'a>,
    /// None where whoever asks sees some repositories only.
    statistics: Option<&'a json::Statistics>,
    levels: Vec<Level<'a>>,
    rows: Vec<Row<'a>>,
    sees_all: bool,
    next: Option<String>,
    is_first: bool,
    feeds: Vec<&'a json::Feed>,
    all_feeds: usize,
    /// Feeds that have failed since they last succeeded.
    failing: usize,
}

/// Images by the worst that affects them.
struct Level<'a> {
    name: &'a str,
    images: u64,
    x: u64,
    width: u64,
}

struct Row<'a> {
    repository: &'a json::Repository,
    address: String,
}

/// Units of the bar of severities.
const BAR: u64 = 1_000;

/// The inventory.
///
/// # Errors
/// Those of the API, and where the request makes no sense.
pub fn show(api: &dyn Api, request: &Request) -> Result<Answer, Problem> {
    let after = request.get("after");
    let path = Address::of(&["v1", "repositories"]).with("limit", ROWS).with_some("after", after);
    let repositories: Option<json::Repositories> = api.find(path.clone())?;
    if request.get("format") == Some("csv") {
        let repositories = repositories.map(|page| page.repositories).unwrap_or_default();
        return Ok(csv(&repositories));
    }
    let statistics: Option<json::Statistics> = api.find(Address::of(&["v1", "statistics"]))?;
    let json::Feeds { mut feeds } = api.get(Address::of(&["v1", "feeds"]))?;
    // What has failed is first, then what is oldest.
    feeds.sort_by_key(|feed| (feed.failing_since.is_none(), feed.last_success.clone()));
    let known = repositories.as_ref().map_or(&[][..], |page| &page.repositories);
    let row = |repository| Row { address: address(repository), repository };
    let next = repositories.as_ref().and_then(|page| page.next.as_deref());
    let view = View {
        frame: Frame::new(request, Section::Inventory).with_data(path).with_csv(),
        levels: statistics.as_ref().map(levels).unwrap_or_default(),
        statistics: statistics.as_ref(),
        rows: known.iter().map(row).collect(),
        sees_all: repositories.is_some(),
        next: next.map(|next| request.here(&[("after", next)], &[])),
        is_first: after.is_none(),
        all_feeds: feeds.len(),
        failing: feeds.iter().filter(|feed| feed.failing_since.is_some()).count(),
        feeds: feeds.iter().take(FEEDS).collect(),
    };
    render(200, Lasts::Moment, &view)
}

fn address(repository: &json::Repository) -> String {
    Address::page("repositories", &repository.name).to_string()
}

fn levels(statistics: &json::Statistics) -> Vec<Level<'_>> {
    let all = statistics.images.max(1);
    let known = limpid_model::Severity::WORST_FIRST.into_iter().filter_map(|severity| {
        let images = *statistics.by_worst_severity.get(severity.as_str()).filter(|images| **images > 0)?;
        Some((severity.as_str(), images))
    });
    let mut seen = 0;
    let mut out: Vec<Level<'_>> = Vec::new();
    for (name, images) in known {
        let x = seen * BAR / all;
        seen += images;
        out.push(Level { name, images, x, width: (seen * BAR / all).saturating_sub(x).max(2) });
    }
    out
}

fn csv(repositories: &[json::Repository]) -> Answer {
    let rows = repositories.iter().map(|repository| {
        [
            repository.name.clone(),
            repository.tags.to_string(),
            repository.images.to_string(),
            repository.last_indexed.clone().unwrap_or_default(),
        ]
    });
    let text = table::csv(["repository", "tags", "images", "last-indexed"], rows);
    Answer::Csv { name: "repositories".to_owned(), text }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Fake, HOSTILE, assert_harmless, html, request};

    fn repositories(text: &str) -> Value {
        json!({ "next": text, "repositories": [
            { "name": text, "tags": 3, "images": 2, "last_indexed": "2026-11-29T01:02:03Z" },
            { "name": "shop/web", "tags": 1, "images": 1, "last_indexed": null },
        ] })
    }

    fn feed(text: &str) -> Value {
        json!({ "feeds": [{
            "name": text, "plugin": null, "read_by": null, "revision": 1, "advisories": 7, "running": false,
            "last_success": "2026-11-29T01:02:03Z", "age": 60, "last_failure": null, "last_failure_reason": text,
            "last_run": null, "failing_since": "2026-11-28T00:00:00Z", "failures": 2, "next_run": null, "absent": [],
            "rejected": 0, "rejections": [], "sources": [],
        }] })
    }

    fn api(text: &str) -> Fake {
        Fake::default().with("/v1/repositories?limit=50", repositories(text)).with("/v1/feeds", feed(text))
    }

    fn statistics() -> Value {
        json!({
            "images": 10, "by_worst_severity": { "critical": 4, "low": 3, "high": 0 }, "unaffected": 2, "not_judged": 1,
            "exploited": 2, "fixable": 5, "wholly_fixable": 1,
            "oldest_unfixed": { "vulnerability": "CVE-1", "published": "2020-01-01" },
        })
    }

    #[test]
    fn figures_are_those_of_the_api_and_add_up() {
        let page = html(show(&api("x").with("/v1/statistics", statistics()), &request("/", "")));
        for part in [
            "<dt>images</dt><dd>10</dd>",
            "<dt>not judged</dt><dd>1</dd>",
            "<strong>4</strong>",
            "<strong>3</strong>",
            "/vulnerabilities/CVE-1",
            "/repositories/shop/web",
            "1 of 1 feeds fails",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("sev high"), "nothing is shown of what is not there");
    }

    #[test]
    fn whoever_sees_some_repositories_only_is_told_so() {
        let api = Fake::default().with("/v1/feeds", feed("x"));
        let page = html(show(&api, &request("/", "")));
        assert!(page.contains("bound to repositories"), "{page}");
    }

    #[test]
    fn texts_of_others_are_text() {
        for text in HOSTILE.iter().copied().chain(["x".repeat(4_096).as_str()]) {
            let page = html(show(&api(text), &request("/", "")));
            assert_harmless(&page);
            assert!(page.len() < 60_000, "{}", page.len());
        }
        let csv = show(&api("=1+1"), &request("/", "format=csv")).unwrap();
        assert!(matches!(&csv, Answer::Csv { text, .. } if text.contains("'=1+1,3,2,")), "{csv:?}");
    }
}
