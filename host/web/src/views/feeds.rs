//! The feeds: whether what they state can be believed, and which of their documents changed last.

use std::cmp::Reverse;

use askama::Template;
use limpid_formats::json::{self, Feed, Source};

use super::feed::Standing;
use crate::api::{Api, Problem};
use crate::elapsed::elapsed;
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::table;
use crate::{Address, Answer, Lasts, Request};

/// Documents that are listed as those that changed last.
const LATEST: usize = 12;

/// Feeds that the page lists. The data has all.
const FEEDS: usize = 100;

#[derive(Template)]
#[template(path = "feeds.html")]
struct View<'a> {
    frame: Frame<'a>,
    figures: Figures,
    /// What cannot be believed in full is first.
    rows: Vec<Row<'a>>,
    more: usize,
    latest: Vec<Latest<'a>>,
}

struct Figures {
    feeds: usize,
    /// Of which something is wrong.
    wrong: usize,
    sources: usize,
    advisories: u64,
    rejected: u64,
}

struct Row<'a> {
    feed: &'a Feed,
    standing: Standing,
    address: String,
    age: Option<String>,
    rejected: u64,
}

/// A document that changed lately.
struct Latest<'a> {
    feed: &'a str,
    address: String,
    source: &'a Source,
    at: &'a str,
}

/// All feeds.
///
/// # Errors
/// Those of the API, and where the request makes no sense.
pub fn show(api: &dyn Api, request: &Request) -> Result<Answer, Problem> {
    let path = Address::of(&["v1", "feeds"]);
    let known: json::Feeds = api.get(path.clone())?;
    if request.wants_csv()? {
        let rows = known.feeds.iter().flat_map(|feed| feed.sources.iter().map(move |it| (feed, it)));
        return Ok(Answer::Csv { name: "feeds".to_owned(), text: csv(rows) });
    }
    let mut rows: Vec<_> = known.feeds.iter().map(Row::of).collect();
    rows.sort_by_key(|row| !row.standing.is_wrong());
    let figures = Figures {
        feeds: rows.len(),
        wrong: rows.iter().filter(|row| row.standing.is_wrong()).count(),
        sources: known.feeds.iter().map(|feed| feed.sources.len()).sum(),
        advisories: known.feeds.iter().map(|feed| feed.advisories).sum(),
        rejected: rows.iter().map(|row| row.rejected).sum(),
    };
    let more = rows.len().saturating_sub(FEEDS);
    rows.truncate(FEEDS);
    let view = View {
        frame: Frame::new(request, Section::Feeds).with_data(path).with_csv(),
        figures,
        rows,
        more,
        latest: latest(&known.feeds),
    };
    render(200, Lasts::Moment, &view)
}

impl<'a> Row<'a> {
    fn of(feed: &'a Feed) -> Self {
        Self {
            standing: Standing::of(feed),
            address: Address::of(&["feeds", &feed.name]).to_string(),
            age: feed.age.map(elapsed),
            rejected: rejected(feed),
            feed,
        }
    }
}

/// How many records of a feed could not be used.
pub(super) fn rejected(feed: &Feed) -> u64 {
    feed.sources.iter().map(|source| source.rejected).sum()
}

/// The documents that came last, over all feeds.
fn latest(feeds: &[Feed]) -> Vec<Latest<'_>> {
    let sources = feeds.iter().flat_map(|feed| feed.sources.iter().map(move |source| (feed, source)));
    let mut came: Vec<_> =
        sources.filter_map(|(feed, source)| Some((source.fetched.as_deref()?, feed, source))).collect();
    came.sort_by_key(|(at, feed, source)| (Reverse(*at), feed.name.as_str(), source.name.as_str()));
    let rows = came.into_iter().take(LATEST).map(|(at, feed, source)| Latest {
        feed: &feed.name,
        address: Address::of(&["feeds", &feed.name]).to_string(),
        source,
        at,
    });
    rows.collect()
}

/// Sources as lines of a file.
pub(super) fn csv<'a>(rows: impl Iterator<Item = (&'a Feed, &'a Source)>) -> String {
    let columns = [
        "feed",
        "revision",
        "source",
        "namespaces",
        "last-stated",
        "last-changed",
        "bytes",
        "changes",
        "records",
        "rejected",
    ];
    let lines = rows.map(|(feed, source)| {
        [
            feed.name.clone(),
            feed.revision.to_string(),
            source.name.clone(),
            source.namespaces.join(" "),
            source.ingested.clone(),
            source.fetched.clone().unwrap_or_default(),
            source.bytes.map(|bytes| bytes.to_string()).unwrap_or_default(),
            source.changes.to_string(),
            source.advisories.to_string(),
            source.rejected.to_string(),
        ]
    });
    table::csv(columns, lines)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Fake, HOSTILE, assert_harmless, html, request};
    use crate::views::feed::tests::feed;

    fn api(feeds: Vec<Value>) -> Fake {
        Fake::default().with("/v1/feeds", json!({ "feeds": feeds }))
    }

    fn shown(feeds: Vec<Value>) -> String {
        html(show(&api(feeds), &request("/feeds", "")))
    }

    #[test]
    fn figures_are_the_sum_of_rows() {
        let page = shown(vec![feed("a", "x", 1), feed("b", "x", 2)]);
        for part in [
            "<dt>feeds</dt><dd>2</dd>",
            "<dt>sources</dt><dd>3</dd>",
            "<dt>records</dt><dd>30</dd>",
            "<dt>records not used</dt><dd>6</dd>",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn what_cannot_be_believed_is_first_and_counted() {
        let mut failing = feed("z-failing", "x", 1);
        failing["failures"] = json!(3);
        failing["failing_since"] = json!("2026-11-28T00:00:00Z");
        let page = shown(vec![feed("a-good", "x", 1), failing]);
        let place = |name: &str| page.find(&format!("<a href=\"/feeds/{name}\">")).unwrap();
        assert!(place("z-failing") < place("a-good"), "{page}");
        assert!(page.contains("1 of 2 feeds"), "{page}");
    }

    #[test]
    fn the_latest_documents_are_those_that_changed_last() {
        let mut old = feed("old", "x", 1);
        old["sources"][0]["fetched"] = json!("2026-01-01T00:00:00Z");
        let page = shown(vec![old, feed("new", "x", 1)]);
        let (_, latest) = page.split_once("id=\"latest-title\"").unwrap();
        assert!(latest.find("/feeds/new").unwrap() < latest.find("/feeds/old").unwrap(), "{latest}");
    }

    #[test]
    fn texts_of_others_are_text() {
        let long = "x".repeat(4_096);
        for text in HOSTILE.iter().copied().chain([long.as_str()]) {
            let page = shown((0..40).map(|_| feed(text, text, 1)).collect());
            assert_harmless(&page);
            assert!(page.len() < 500_000, "{} bytes with {text:?}", page.len());
        }
    }

    #[test]
    fn a_file_has_a_line_for_each_source() {
        let csv = show(&api(vec![feed("=a", "x", 3)]), &request("/feeds", "format=csv")).unwrap();
        let Answer::Csv { text, .. } = csv else { panic!("{csv:?}") };
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("'=a,7,")), "{text}");
        assert_eq!(show(&api(vec![]), &request("/feeds", "format=x")).unwrap_err().status, 400);
    }
}
