//! A feed: how its runs go, what could not be used of it, and its sources.

use std::cmp::Reverse;

use askama::Template;
use limpid_formats::json::{
    Failed, Feed, FeedChanges, PastRun, PastRuns, PluginRef, RejectedRecord, Rejection, Source,
};

use super::feed_changes::{self, Row};
use super::feeds::{csv, rejected};
use crate::api::{Api, Problem};
use crate::elapsed::elapsed;
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::table::{Column, Pager};
use crate::{Address, Answer, Call, Form, Lasts, Method, Request};

/// Sources on a page.
const ROWS: usize = 50;

/// Namespaces that a row names.
const NAMESPACES: usize = 3;

/// Records that could not be used, and sources that are not there, which are listed.
const LISTED: usize = 50;

/// Runs on a page, and what is listed of one; the JSON has more.
const RUNS: usize = 10;
const OF_A_RUN: usize = 10;

/// How far what a feed states can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its last runs failed.
    Failing,
    /// Nothing of it was ever ingested.
    Empty,
    /// Something was refused after it was last up to date.
    Refused,
    /// Something that was named is not there.
    Partial,
    /// No plugin is loaded that reads it.
    Unread,
    /// A publisher has stopped speaking of something.
    Silent,
    /// Nothing is wrong, but nobody looks whether it is up to date.
    Unwatched,
    /// It is fetched, and all of it is in.
    Current,
}

impl Standing {
    pub(super) fn of(feed: &Feed) -> Self {
        // Times of one form in one zone have the order of their texts.
        let refused = feed.last_failure.as_ref().is_some_and(|at| feed.last_success.as_ref() < Some(at));
        match feed {
            _ if feed.failures > 0 => Self::Failing,
            _ if feed.last_success.is_none() && feed.sources.is_empty() => Self::Empty,
            _ if feed.plugin.is_none() => Self::Unread,
            _ if refused => Self::Refused,
            _ if !feed.absent.is_empty() => Self::Partial,
            _ if feed.sources.iter().any(|source| !source.silent.is_empty()) => Self::Silent,
            _ if feed.next_run.is_none() => Self::Unwatched,
            _ => Self::Current,
        }
    }

    pub(super) const fn is_wrong(self) -> bool {
        !matches!(self, Self::Current | Self::Unwatched)
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Empty => "never ingested",
            Self::Refused => "refused",
            Self::Partial => "incomplete",
            Self::Unread => "no plugin",
            Self::Silent => "partly silent",
            Self::Unwatched => "not fetched",
            Self::Current => "up to date",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Failing => "Its last runs failed: it states what it stated before.",
            Self::Empty => "Nothing of it was ever ingested: what it would state is not known.",
            Self::Refused => {
                "Something was refused since it was last up to date: it states what it stated before."
            }
            Self::Partial => "Something that was named to be fetched is not there.",
            Self::Unread => "No plugin is loaded that reads it: it is never brought up to date.",
            Self::Silent => "A publisher has stopped speaking of something: what was stated of that stays.",
            Self::Unwatched => "All that was ingested is in. The service does not fetch it by itself.",
            Self::Current => "It is fetched by the service, and all of it is in.",
        }
    }
}

#[derive(Template)]
#[template(path = "feed.html")]
struct View<'a> {
    frame: Frame<'a>,
    feed: &'a Feed,
    standing: Standing,
    age: Option<String>,
    rejected: u64,
    rejections: Vec<(&'a str, &'a Rejection)>,
    silent: Vec<(&'a str, &'a str, &'a str)>,
    columns: [Column; 7],
    rows: Vec<&'a Source>,
    pager: Pager,
    runs: Vec<Run<'a>>,
    runs_next: Option<String>,
    runs_are_first: bool,
}

/// A run that has ended.
struct Run<'a> {
    run: &'a PastRun,
    /// The first of what it changed; none where that is not known.
    changes: Vec<Row<'a>>,
    /// Where all of it is; none where it changed nothing, or that was not recorded.
    all_changes: Option<String>,
    rejections: &'a [RejectedRecord],
    failures: &'a [Failed],
    absences: &'a [Failed],
}

impl<'a> Run<'a> {
    fn of(name: &str, run: &'a PastRun, changes: Option<&'a FeedChanges>) -> Self {
        fn first<T>(all: &[T]) -> &[T] {
            all.get(..OF_A_RUN).unwrap_or(all)
        }
        let all_changes = changed(run).map(|(from, to)| feed_changes::address(name, from, to).to_string());
        Self {
            changes: changes.map_or(&[][..], |it| &it.changes).iter().map(Row::of).collect(),
            all_changes,
            rejections: first(&run.rejections),
            failures: first(&run.failures),
            absences: first(&run.absences),
            run,
        }
    }

    const fn more_failures(&self) -> u64 {
        self.run.failed.saturating_sub(self.failures.len() as u64)
    }

    const fn more_rejections(&self) -> u64 {
        self.run.rejected.saturating_sub(self.rejections.len() as u64)
    }

    const fn more_absences(&self) -> u64 {
        self.run.absent.saturating_sub(self.absences.len() as u64)
    }

    /// How many advisories it changed that are not named.
    fn more_changes(&self) -> u64 {
        // What a source states first is one change, whatever it is.
        if self.changes.iter().any(|row| row.change.id.is_none()) {
            return 0;
        }
        let all = self.run.added + self.run.changed + self.run.withdrawn;
        all.saturating_sub(self.changes.len() as u64)
    }

    /// What it was, where it did not fetch the feed.
    fn word(&self) -> Option<&'static str> {
        match self.run.kind.as_str() {
            "handed-in" => Some("handed in"),
            "imported" => Some("from a bundle"),
            "removed" => Some("source removed"),
            _ => None,
        }
    }

    /// Whether it says more than its figures.
    const fn tells_more(&self) -> bool {
        self.run.why.is_some()
            || !(self.rejections.is_empty() && self.failures.is_empty() && self.absences.is_empty())
    }
}

/// The revisions that a run has made.
fn changed(run: &PastRun) -> Option<(u64, u64)> {
    let before = run.before.filter(|before| *before < run.revision)?;
    Some((before, run.revision))
}

impl View<'_> {
    fn namespaces<'a>(&self, source: &'a Source) -> &'a [String] {
        source.namespaces.get(..NAMESPACES).unwrap_or(&source.namespaces)
    }

    /// The plugin that reads the feed.
    fn plugin(&self) -> Option<String> {
        self.feed.plugin.as_ref().map(|plugin| Address::of(&["plugins", &plugin.name]).to_string())
    }

    /// The version that has read what is stored, where it is another than the one that is loaded.
    fn read_by(&self) -> Option<&str> {
        let digest = |plugin: &PluginRef| plugin.digest.clone();
        let read_by = self.feed.read_by.as_ref()?;
        let is_other = self.feed.plugin.as_ref().map(digest) != Some(digest(read_by));
        is_other.then_some(&read_by.version)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Name,
    Stated,
    Changed,
    Records,
    Rejected,
}

impl Order {
    fn of(request: &Request) -> Result<Self, Problem> {
        match request.get("sort") {
            None | Some("name") => Ok(Self::Name),
            Some("stated") => Ok(Self::Stated),
            Some("changed") => Ok(Self::Changed),
            Some("records") => Ok(Self::Records),
            Some("rejected") => Ok(Self::Rejected),
            Some(other) => Err(Problem::bad_request(format!("`sort`: there is no `{other}`"))),
        }
    }

    fn apply(self, rows: &mut [&Source]) {
        match self {
            Self::Name => {}
            Self::Stated => rows.sort_by_key(|it| Reverse(it.ingested.clone())),
            Self::Changed => rows.sort_by_key(|it| Reverse(it.fetched.clone())),
            Self::Records => rows.sort_by_key(|it| Reverse(it.advisories)),
            Self::Rejected => rows.sort_by_key(|it| Reverse(it.rejected)),
        }
    }

    fn columns(self, request: &Request) -> [Column; 7] {
        let column = |title, order: Option<(Self, &str)>| Column {
            title,
            is_sorted: order.is_some_and(|(order, _)| order == self),
            is_descending: order.is_some_and(|(order, _)| order != Self::Name),
            address: order.map(|(order, word)| match order {
                Self::Name => request.here(&[], &["sort", "page"]),
                _ => request.here(&[("sort", word)], &["page"]),
            }),
        };
        [
            column("Source", Some((Self::Name, "name"))),
            column("Last stated", Some((Self::Stated, "stated"))),
            column("Last changed", Some((Self::Changed, "changed"))),
            column("Size", None),
            column("Changes since", None),
            column("Records", Some((Self::Records, "records"))),
            column("Not used", Some((Self::Rejected, "rejected"))),
        ]
    }
}

/// The feed of a name.
///
/// # Errors
/// Those of the API, and where the request makes no sense.
pub fn show(api: &dyn Api, request: &Request, name: &str) -> Result<Answer, Problem> {
    let order = Order::of(request)?;
    let path = Address::of(&["v1", "feeds", name]);
    let feed: Feed = api.get(path.clone())?;
    let text = request.get("q").unwrap_or_default().to_lowercase();
    let has = |it: &str| it.to_lowercase().contains(&text);
    let admits = |source: &&Source| has(&source.name) || source.namespaces.iter().any(|it| has(it));
    let mut rows: Vec<&Source> = feed.sources.iter().filter(admits).collect();
    order.apply(&mut rows);
    if request.wants_csv()? {
        let text = csv(rows.into_iter().map(|source| (&feed, source)));
        return Ok(Answer::Csv { name: "sources".to_owned(), text });
    }
    let pager = Pager::take(request, &mut rows, ROWS)?;
    let rejections = feed
        .sources
        .iter()
        .flat_map(|source| source.rejections.iter().map(move |rejection| (source.name.as_str(), rejection)));
    let silent = feed.sources.iter().flat_map(|source| {
        source.silent.iter().map(|it| (source.name.as_str(), it.namespace.as_str(), it.last_stated.as_str()))
    });
    let before = request.get("runs-after");
    let runs = Address::of(&["v1", "feeds", name, "runs"]).with("limit", &RUNS.to_string());
    let runs: Option<PastRuns> = api.find(runs.with_some("after", before))?;
    let (runs, next) = runs.map_or_else(Default::default, |page| (page.runs, page.next));
    let changes = runs.iter().map(|run| match changed(run) {
        Some((from, to)) => api.find(feed_changes::data(name, from, to).with("limit", &OF_A_RUN.to_string())),
        None => Ok(None),
    });
    let changes: Vec<Option<FeedChanges>> = changes.collect::<Result<_, _>>()?;
    let view = View {
        runs: runs.iter().zip(&changes).map(|(run, changes)| Run::of(name, run, changes.as_ref())).collect(),
        runs_next: next.map(|next| request.here(&[("runs-after", &next)], &[])),
        runs_are_first: before.is_none(),
        frame: Frame::new(request, Section::Feeds).with_data(path).with_csv(),
        standing: Standing::of(&feed),
        age: feed.age.map(elapsed),
        rejected: rejected(&feed),
        rejections: rejections.take(LISTED).collect(),
        silent: silent.take(LISTED).collect(),
        columns: order.columns(request),
        rows,
        pager,
        feed: &feed,
    };
    render(200, Lasts::Moment, &view)
}

/// Does what a form of a feed's page asks for: fetches it now.
///
/// # Errors
/// Those of the API, and where the form asks for something else.
pub fn act(api: &dyn Api, form: &Form, name: &str) -> Result<Answer, Problem> {
    if form.get("action") != "update" {
        return Err(Problem::bad_request("the form does not ask for anything that can be done to a feed"));
    }
    api.ask(&Call { method: Method::Post, target: Address::of(&["v1", "feeds", name, "update"]) })?;
    Ok(Answer::Elsewhere(Address::of(&["feeds", name]).to_string()))
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Fake, HOSTILE, assert_harmless, form, html, request};
    use crate::views::feed_changes::tests::changes;

    /// A feed with so many sources, in which all that others may choose is `text`.
    pub(in crate::views) fn feed(name: &str, text: &str, sources: u64) -> Value {
        let plugin = json!({ "name": name, "version": text, "digest": text });
        let rejections = json!([{ "id": text, "reason": text }]);
        let source = |n: u64| {
            json!({
                "name": format!("{n:03}-{text}"),
                "ingested": format!("2026-11-29T01:02:{:02}Z", n % 60),
                "dated": null,
                "silent": [],
                "address": text,
                "fetched": format!("2026-11-29T00:02:{:02}Z", 59 - n % 60),
                "bytes": 1_500 * n,
                "changes": n,
                "advisories": 10,
                "rejected": 2,
                "rejections": rejections,
                "namespaces": [text, "b", "c", "d"],
            })
        };
        json!({
            "name": name,
            "plugin": plugin,
            "read_by": plugin,
            "revision": 7,
            "advisories": 10 * sources,
            "running": false,
            "last_success": "2026-11-29T01:02:03Z",
            "age": 7_300,
            "last_failure": null,
            "last_failure_reason": null,
            "last_run": "2026-11-29T01:02:03Z",
            "failing_since": null,
            "failures": 0,
            "next_run": "2026-11-30T01:02:03Z",
            "absent": [],
            "rejected": 2,
            "rejections": rejections,
            "sources": (0..sources).map(source).collect::<Vec<_>>(),
        })
    }

    fn api(feed: Value) -> Fake {
        Fake::default().with("/v1/feeds/x", feed)
    }

    fn shown(feed: Value, query: &str) -> String {
        html(show(&api(feed), &request("/feeds/x", query), "x"))
    }

    fn rows(page: &str) -> Vec<&str> {
        let cells = page.split("<th scope=\"row\" data-title=\"Source\"><bdi>").skip(1);
        cells.map(|cell| cell.split('<').next().unwrap()).collect()
    }

    #[test]
    fn a_feed_says_how_far_it_can_be_believed() {
        let check = |change: &[(&str, Value)], expected: Standing| {
            let mut value = feed("x", "x", 1);
            for (pointer, new) in change {
                *value.pointer_mut(pointer).unwrap() = new.clone();
            }
            let read: Feed = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(Standing::of(&read), expected, "{change:?}");
            let page = shown(value, "");
            assert!(page.contains(expected.sentence()), "{page}");
            assert_eq!(page.contains("class=\"warning\""), expected.is_wrong(), "{page}");
        };
        let failure = |at: &str| [("/last_failure", json!(at)), ("/last_failure_reason", json!("why"))];
        check(&[], Standing::Current);
        check(&[("/next_run", Value::Null)], Standing::Unwatched);
        check(&[("/failures", json!(2))], Standing::Failing);
        check(&[("/last_success", Value::Null), ("/sources", json!([]))], Standing::Empty);
        check(&[("/plugin", Value::Null)], Standing::Unread);
        check(&failure("2026-11-29T01:02:04Z"), Standing::Refused);
        check(&failure("2026-11-28T01:02:03Z"), Standing::Current);
        check(&[("/absent", json!([{ "source": "a", "reason": "gone" }]))], Standing::Partial);
        let silent = json!([{ "namespace": "x:1", "last_stated": "2026-11-01T00:00:00Z" }]);
        check(&[("/sources/0/silent", silent)], Standing::Silent);
    }

    #[test]
    fn sources_are_filtered_sorted_and_in_pages() {
        assert_eq!(rows(&shown(feed("x", "x", 3), "")), ["000-x", "001-x", "002-x"]);
        assert_eq!(rows(&shown(feed("x", "x", 3), "q=1-X")), ["001-x"]);
        assert_eq!(rows(&shown(feed("x", "x", 3), "sort=stated")), ["002-x", "001-x", "000-x"]);
        assert_eq!(rows(&shown(feed("x", "x", 3), "sort=changed")), ["000-x", "001-x", "002-x"]);
        assert_eq!(rows(&shown(feed("x", "x", 120), "page=3")).len(), 20);
        for wrong in ["sort=x", "page=x", "format=x"] {
            let problem = show(&api(feed("x", "x", 1)), &request("/feeds/x", wrong), "x").unwrap_err();
            assert_eq!(problem.status, 400, "{wrong}");
        }
    }

    #[test]
    fn what_was_not_used_is_there_with_its_reason() {
        let page = shown(feed("x", "of no version", 2), "");
        assert!(page.contains("<dt>records not used</dt><dd>4</dd>"), "{page}");
        assert_eq!(page.matches("<td data-title=\"Reason\">").count(), 2, "{page}");
    }

    #[test]
    fn texts_of_others_are_text() {
        let long = "x".repeat(4_096);
        for text in HOSTILE.iter().copied().chain([long.as_str()]) {
            let mut value = feed("x", text, 60);
            value["absent"] = json!([{ "source": text, "reason": text }]);
            value["last_failure"] = json!("2026-11-30T00:00:00Z");
            value["last_failure_reason"] = json!(text);
            value["failing_since"] = json!(text);
            value["sources"][0]["silent"] = json!([{ "namespace": text, "last_stated": text }]);
            value["read_by"]["digest"] = json!("other");
            let page = shown(value, "");
            assert_harmless(&page);
            assert!(page.len() < 100_000, "{} bytes with {text:?}", page.len());
        }
    }

    #[test]
    fn a_file_has_the_sources_that_are_shown() {
        let csv = show(&api(feed("x", "x", 3)), &request("/feeds/x", "format=csv&q=002"), "x").unwrap();
        let Answer::Csv { text, .. } = csv else { panic!("{csv:?}") };
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains("x,7,002-x,x b c d,2026-11-29T01:02:02Z,"), "{text}");
    }

    #[test]
    fn a_form_fetches_the_feed_and_nothing_else() {
        let api = Fake::default().with("/v1/feeds/a%2Fb/update", json!({}));
        let act = |action: &str| act(&api, &form(&[("action", action)]), "a/b");
        assert_eq!(act("update").unwrap(), Answer::Elsewhere("/feeds/a%2Fb".to_owned()));
        assert_eq!(*api.asked.borrow(), ["POST /v1/feeds/a%2Fb/update"]);
        assert_eq!(act("delete").unwrap_err().status, 400);
        assert!(shown(feed("x", "x", 1), "").contains("name=\"proof\" value=\"proof\""));
    }

    fn run(text: &str, wrong: u64) -> Value {
        let failed = json!([{ "source": text, "reason": text }]);
        let none = json!([]);
        json!({
            "began": "2026-11-29T01:00:00Z", "ended": "2026-11-29T01:04:00Z", "kind": "handed-in", "before": 11,
            "revision": 17,
            "complete": wrong == 0, "why": null, "ingested": 3, "unchanged": 40, "bytes": 5_000_000,
            "added": 1_234, "changed": 56, "withdrawn": 7, "rejected": 2 * wrong,
            "rejections": if wrong > 0 { json!([{ "source": text, "id": text, "reason": text }]) } else { none.clone() },
            "absent": wrong, "absences": if wrong > 0 { failed.clone() } else { none.clone() },
            "failed": wrong, "failures": if wrong > 0 { failed } else { none },
        })
    }

    #[test]
    fn past_runs_say_what_they_brought_and_what_they_did_not() {
        let runs = |text: &str| json!({ "feed": "x", "runs": [run(text, 0), run(text, 1)], "next": "17" });
        let page = |text: &str, query: &str| {
            let api = Fake::default()
                .with("/v1/feeds/x", feed("x", "y", 1))
                .with("/v1/feeds/x/changes?from=11&to=17&limit=10", changes(text, None))
                .with("/v1/feeds/x/runs?limit=10", runs(text))
                .with("/v1/feeds/x/runs?limit=10&after=17", runs(text));
            html(show(&api, &request("/feeds/x", query), "x"))
        };
        let shown = page("because", "");
        for part in ["data-title=\"New\">1,234<", "data-title=\"Withdrawn\">7<", "revision 17", "and 1 more"]
        {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(shown.contains("href=\"/vulnerabilities/because\"") && shown.contains("all that"), "{shown}");
        assert!(shown.contains("/feeds/x/changes?from=11&#38;to=17"), "{shown}");
        assert_eq!(shown.matches(">handed in</span>").count(), 2);
        assert_eq!(shown.matches(">incomplete</span>").count(), 1);
        assert_eq!(shown.matches("<summary>Why").count(), 1, "only what is wrong is told");
        assert!(shown.contains("runs-after=17") && page("x", "runs-after=17").contains(">First</a>"));
        for text in HOSTILE {
            assert_harmless(&page(text, ""));
        }
    }
}
