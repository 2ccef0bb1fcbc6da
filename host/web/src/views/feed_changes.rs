//! What revisions of a feed changed: those of a run, or others that are asked for.

use askama::Template;
use limpid_formats::json::{FeedChange, FeedChanges};
use limpid_model::FeedChangeKind;

use crate::api::{Api, Problem};
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::table;
use crate::{Address, Answer, Lasts, Request};

/// Changes on a page. Of each, the images are counted that it affects.
const ROWS: &str = "50";

/// Changes in a file.
const ROWS_OF_A_FILE: &str = "1000";

#[derive(Template)]
#[template(path = "feed_changes.html")]
struct View<'a> {
    frame: Frame<'a>,
    name: &'a str,
    feed: String,
    changes: &'a FeedChanges,
    rows: Vec<Row<'a>>,
    kinds: Vec<Kind>,
    /// Where all kinds are.
    all: String,
    shows_all: bool,
    next: Option<String>,
    is_first: bool,
}

/// A change, as it is shown.
pub(super) struct Row<'a> {
    pub(super) change: &'a FeedChange,
    /// The page of the vulnerability; none of what is gone.
    pub(super) address: Option<String>,
}

impl<'a> Row<'a> {
    pub(super) fn of(change: &'a FeedChange) -> Self {
        let is_gone = change.change == FeedChangeKind::Withdrawn.as_str();
        let id = change.id.as_deref().filter(|_| !is_gone);
        Self { change, address: id.map(|id| Address::page("vulnerabilities", id).to_string()) }
    }

    /// What became of it, in words.
    pub(super) fn word(&self) -> &'static str {
        word(&self.change.change)
    }
}

/// A kind of changes that the page can be bound to.
struct Kind {
    word: &'static str,
    address: String,
    is_shown: bool,
}

fn word(change: &str) -> &'static str {
    match FeedChangeKind::from_word(change) {
        Some(FeedChangeKind::Added) => "new",
        Some(FeedChangeKind::Changed) => "changed",
        Some(FeedChangeKind::Withdrawn) => "withdrawn",
        Some(FeedChangeKind::First) => "first document",
        None => "other",
    }
}

/// The changes of a feed.
pub(super) fn address(name: &str, from: u64, to: u64) -> Address {
    Address::of(&["feeds", name, "changes"]).with("from", &from.to_string()).with("to", &to.to_string())
}

/// The same, as data.
pub(super) fn data(name: &str, from: u64, to: u64) -> Address {
    Address::of(&["v1", "feeds", name, "changes"]).with("from", &from.to_string()).with("to", &to.to_string())
}

/// What revisions of a feed changed.
///
/// # Errors
/// Those of the API, and where the request makes no sense.
pub fn show(api: &dyn Api, request: &Request, name: &str) -> Result<Answer, Problem> {
    let (asked, after) = (request.get("change"), request.get("after"));
    if let Some(kind) = asked
        && FeedChangeKind::from_word(kind).is_none()
    {
        return Err(Problem::bad_request(format!("`change`: there is no `{kind}`")));
    }
    let path = Address::of(&["v1", "feeds", name, "changes"])
        .with_some("from", request.get("from"))
        .with_some("to", request.get("to"))
        .with_some("change", asked)
        .with_some("after", after);
    if request.wants_csv()? {
        let changes: FeedChanges = api.get(path.with("limit", ROWS_OF_A_FILE))?;
        return Ok(Answer::Csv { name: "changes".to_owned(), text: csv(&changes) });
    }
    let shown = path.clone().with("limit", ROWS).with("images", "true");
    let changes: FeedChanges = api.get(shown)?;
    let kind = |kind: FeedChangeKind| Kind {
        word: word(kind.as_str()),
        address: request.here(&[("change", kind.as_str())], &["after"]),
        is_shown: asked == Some(kind.as_str()),
    };
    let view = View {
        frame: Frame::new(request, Section::Feeds).with_data(path).with_csv(),
        name,
        feed: Address::of(&["feeds", name]).to_string(),
        rows: changes.changes.iter().map(Row::of).collect(),
        kinds: FeedChangeKind::ALL.map(kind).into(),
        all: request.here(&[], &["change", "after"]),
        shows_all: asked.is_none(),
        next: changes.next.as_deref().map(|next| request.here(&[("after", next)], &[])),
        is_first: after.is_none(),
        changes: &changes,
    };
    render(200, Lasts::Moment, &view)
}

fn csv(changes: &FeedChanges) -> String {
    let columns = ["change", "id", "enrichment", "source", "revision", "at"];
    let lines = changes.changes.iter().map(|it| {
        [
            it.change.clone(),
            it.id.clone().unwrap_or_default(),
            it.enrichment.clone().unwrap_or_default(),
            it.source.clone(),
            it.revision.to_string(),
            it.at.clone(),
        ]
    });
    table::csv(columns, lines)
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Fake, HOSTILE, assert_harmless, html, request};

    /// Changes of each kind, in which all that others may choose is `text`.
    pub(in crate::views) fn changes(text: &str, next: Option<&str>) -> Value {
        let change = |change: &str, id: Option<&str>, enrichment: Option<&str>, images: Option<u64>| {
            json!({
                "change": change, "id": id, "enrichment": enrichment, "source": text, "revision": 17,
                "at": "2026-11-29T01:02:03Z", "images": images, "more_images": images == Some(100),
            })
        };
        json!({
            "feed": "x", "from": 11, "to": 17, "forgotten": 2, "next": next,
            "changes": [
                change("added", Some(text), None, Some(100)),
                change("changed", Some("CVE-2"), Some("epss"), Some(0)),
                change("withdrawn", Some("GONE-1"), None, None),
                change("first", None, None, None),
            ],
        })
    }

    fn shown(text: &str, query: &str) -> String {
        let base = "/v1/feeds/x/changes?from=11&to=17";
        let api = Fake::default()
            .with(&format!("{base}&limit=50&images=true"), changes(text, Some("[17,\"a\",\"b\",\"\"]")))
            .with(&format!("{base}&change=added&limit=50&images=true"), changes(text, None))
            .with(&format!("{base}&limit=1000"), changes(text, None));
        let request = request("/feeds/x/changes", query);
        match show(&api, &request, "x").unwrap() {
            Answer::Csv { text, .. } => text,
            page => html(Ok(page)),
        }
    }

    #[test]
    fn what_a_run_changed_is_listed_with_links_to_what_is_still_stated() {
        let page = shown("CVE-1", "from=11&to=17");
        for part in [
            "href=\"/vulnerabilities/CVE-1\"",
            "href=\"/vulnerabilities/CVE-2\"",
            "more than 100",
            "first document",
            "after 11 up to 17",
            "2 of these revisions",
            "change=withdrawn",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("/vulnerabilities/GONE-1"), "nothing is there of what is gone");
        assert!(page.contains("after=%5B17%2C%22a%22%2C%22b%22%2C%22%22%5D"), "{page}");
        assert!(shown("CVE-1", "from=11&to=17&change=added").contains("aria-current"));
    }

    #[test]
    fn a_file_has_the_changes() {
        let csv = shown("CVE-1", "from=11&to=17&format=csv");
        assert_eq!(csv.lines().count(), 5, "{csv}");
        assert!(csv.contains("changed,CVE-2,epss,CVE-1,17,2026-11-29T01:02:03Z"), "{csv}");
    }

    #[test]
    fn a_kind_that_there_is_not_is_refused() {
        let wrong = show(&Fake::default(), &request("/feeds/x/changes", "change=colour"), "x");
        assert_eq!(wrong.unwrap_err().status, 400);
    }

    #[test]
    fn texts_of_others_are_text() {
        for text in HOSTILE.iter().copied().chain(["x".repeat(4_096).as_str()]) {
            let page = shown(text, "from=11&to=17");
            assert_harmless(&page);
            assert!(page.len() < 30_000, "{}", page.len());
        }
    }
}
