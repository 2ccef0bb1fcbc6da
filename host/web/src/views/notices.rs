//! Notices: what an update changed for which image, and how far it is that somebody knows of it.

mod told;

use askama::Template;
use limpid_formats::json::{self, Notice};
use limpid_model::{NoticeState, Severity};

use crate::api::{Api, Problem};
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::table;
use crate::{Address, Answer, Call, Form, Lasts, Method, Request};
use told::Told;

/// Notices on a page.
const ROWS: usize = 40;

/// Notices that are asked for at once for a file, which is as many as the API gives.
const AT_ONCE: usize = 1_000;

/// Pages of these that a file may have.
const FILE_PAGES: usize = 20;

#[derive(Template)]
#[template(path = "notices.html")]
struct View<'a> {
    frame: Frame<'a>,
    subscriptions: Vec<(&'a str, bool)>,
    states: Vec<(&'static str, bool)>,
    rows: Vec<Row<'a>>,
    is_first: bool,
    next: Option<String>,
}

/// A notice as a row.
pub(in crate::views) struct Row<'a> {
    pub(super) notice: &'a Notice,
    /// What it says; none where it says it in a form that is not known.
    pub(super) told: Option<Told>,
    pub(super) subscription: String,
}

impl<'a> Row<'a> {
    pub(super) fn of(notice: &'a Notice) -> Self {
        let subscription = Address::of(&["subscriptions", &notice.subscription]).to_string();
        Self { told: Told::of(&notice.payload), subscription, notice }
    }
}

/// A severity as it is known, so that it names a style.
pub(super) fn level(word: &str) -> &'static str {
    Severity::from_word(word).unwrap_or(Severity::Unknown).as_str()
}

/// Notices.
///
/// # Errors
/// Those of the API, and where the request makes no sense.
pub fn show(api: &dyn Api, request: &Request) -> Result<Answer, Problem> {
    let path = |limit: usize, after: Option<&str>| {
        Address::of(&["v1", "notices"])
            .with_some("subscription", request.get("subscription"))
            .with_some("state", request.get("state"))
            .with("limit", &limit.to_string())
            .with_some("after", after)
    };
    let after = request.get("after");
    if request.wants_csv()? {
        return csv(api, |after| path(AT_ONCE, after));
    }
    let page: json::Notices = api.get(path(ROWS, after))?;
    let known: Option<json::Subscriptions> = api.find(Address::of(&["v1", "subscriptions"]))?;
    let known = known.map(|known| known.subscriptions).unwrap_or_default();
    let subscriptions =
        known.iter().map(|it| (it.name.as_str(), request.get("subscription") == Some(&it.name)));
    let states = NoticeState::ALL.map(NoticeState::as_str).map(|it| (it, request.get("state") == Some(it)));
    let view = View {
        frame: Frame::new(request, Section::Notices).with_data(path(ROWS, after)).with_csv(),
        subscriptions: subscriptions.collect(),
        states: states.to_vec(),
        rows: page.notices.iter().map(Row::of).collect(),
        is_first: after.is_none(),
        next: page.next.as_deref().map(|next| request.here(&[("after", next)], &[])),
    };
    render(200, Lasts::Moment, &view)
}

/// Does what a form of a notice asks for: sends it again.
///
/// # Errors
/// Those of the API, and where the form asks for something else.
pub fn act(api: &dyn Api, form: &Form) -> Result<Answer, Problem> {
    let (subscription, number) = (form.get("subscription"), form.get("number"));
    if form.get("action") != "replay" || subscription.is_empty() || number.parse::<u64>().is_err() {
        return Err(Problem::bad_request("the form does not ask for anything that can be done to a notice"));
    }
    let target = Address::of(&["v1", "notices", subscription, number, "replay"]);
    api.ask(&Call { method: Method::Post, target })?;
    Ok(Answer::Elsewhere(Address::of(&["notices"]).with("subscription", subscription).to_string()))
}

/// All notices that the filter admits.
fn csv(api: &dyn Api, path: impl Fn(Option<&str>) -> Address) -> Result<Answer, Problem> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..FILE_PAGES {
        let page: json::Notices = api.get(path(after.as_deref()))?;
        all.extend(page.notices.iter().map(line));
        after = page.next;
        if after.is_none() {
            let columns = [
                "subscription",
                "number",
                "raised",
                "state",
                "attempts",
                "failure",
                "change",
                "image",
                "vulnerability",
                "severity",
                "before",
                "after",
                "feed",
                "revision",
            ];
            let text = table::csv(columns, all.into_iter());
            return Ok(Answer::Csv { name: "notices".to_owned(), text });
        }
    }
    let most = AT_ONCE * FILE_PAGES;
    Err(Problem::bad_request(format!(
        "there are more notices than the {most} that a file may have: filter them, or read `/v1/notices` page by page"
    )))
}

fn line(notice: &Notice) -> [String; 14] {
    let told = Told::of(&notice.payload).unwrap_or_default();
    let (before, after) = told.change();
    let cause = told.data.cause.clone().unwrap_or_default();
    [
        notice.subscription.clone(),
        notice.number.to_string(),
        notice.raised.clone(),
        notice.state.to_string(),
        notice.attempts.to_string(),
        notice.failure.clone().unwrap_or_default(),
        told.kind(),
        told.data.image.digest.clone(),
        told.data.vulnerability.clone(),
        told.data.severity.clone(),
        before,
        after,
        cause.feed,
        cause.revision.to_string(),
    ]
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Fake, HOSTILE, assert_harmless, form, html, request};

    /// A notice in which all that others may choose is `text`.
    pub(in crate::views) fn notice(number: u64, state: &str, text: &str) -> Value {
        json!({
            "subscription": "shop",
            "number": number,
            "id": text,
            "raised": "2026-11-29T01:02:03Z",
            "state": state,
            "attempts": 3,
            "next_attempt": (state == "pending").then_some("2026-11-29T02:00:00Z"),
            "ended": (state != "pending").then_some("2026-11-29T01:03:00Z"),
            "failure": (state == "dead").then_some(text),
            "payload": {
                "type": "image.severity-changed",
                "timestamp": "2026-11-29T01:02:03Z",
                "data": {
                    "image": { "digest": text, "names": [text, text], "labels": { (text): text } },
                    "vulnerability": text,
                    "severity": "high",
                    "fixable": true,
                    "exploited": true,
                    "packages": [{
                        "name": text, "version": text, "fixed_version": text, "namespace": text, "advisory": text,
                        "feed": text, "fingerprint": text,
                    }],
                    "cause": { "feed": text, "revision": 7 },
                    "previous": "low",
                    "undecided": text,
                },
            },
        })
    }

    fn api(query: &str, notices: Value, next: Option<&str>) -> Fake {
        Fake::default()
            .with(&format!("/v1/notices{query}"), json!({ "notices": notices, "next": next }))
            .with("/v1/subscriptions", json!({ "subscriptions": [] }))
    }

    #[test]
    fn a_notice_says_what_changed_and_how_far_it_is() {
        let notices =
            json!([notice(1, "pending", "x"), notice(2, "dead", "why"), notice(3, "delivered", "x")]);
        let page = html(show(&api("?limit=40", notices, None), &request("/notices", "")));
        for part in
            ["<bdi>low</bdi> → <bdi>high</bdi>", "revision 7", "3 attempts", "next at", "given up", "why"]
        {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn filters_and_pages_are_those_of_the_api() {
        let notices = json!([notice(4, "dead", "x")]);
        let query = "?subscription=shop&state=dead&limit=40&after=shop/3";
        let api = api(query, notices, Some("shop/4"));
        let page = html(show(&api, &request("/notices", "subscription=shop&state=dead&after=shop/3")));
        assert!(
            page.contains("href=\"/notices?subscription=shop&#38;state=dead&#38;after=shop/4\""),
            "{page}"
        );
        assert!(page.contains("href=\"/notices?subscription=shop&#38;state=dead\""), "{page}");
    }

    #[test]
    fn a_notice_of_another_form_is_a_row_nevertheless() {
        let mut strange = notice(1, "delivered", "x");
        strange["payload"] = json!({ "type": 7 });
        let page = html(show(&api("?limit=40", json!([strange]), None), &request("/notices", "")));
        assert!(page.contains("in a form that is not known"), "{page}");
    }

    #[test]
    fn a_file_has_all_notices_or_says_that_there_are_more() {
        let path = |after: &str| format!("/v1/notices?limit=1000{after}");
        let of = |next: Option<&str>| json!({ "notices": [notice(1, "dead", "=1")], "next": next });
        let two = Fake::default().with(&path(""), of(Some("shop/1"))).with(&path("&after=shop/1"), of(None));
        let csv = show(&two, &request("/notices", "format=csv")).unwrap();
        let Answer::Csv { text, .. } = csv else { panic!("{csv:?}") };
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.contains("severity changed,'=1,'=1,high,low,high,'=1,7"), "{text}");
        let endless = Fake::default().with(&path(""), of(Some("a"))).with(&path("&after=a"), of(Some("a")));
        let problem = show(&endless, &request("/notices", "format=csv")).unwrap_err();
        assert!(problem.detail.contains("20000"), "{}", problem.detail);
    }

    #[test]
    fn texts_of_others_are_text() {
        let long = "x".repeat(4_096);
        for text in HOSTILE.iter().copied().chain([long.as_str()]) {
            let notices: Vec<_> = (0..40).map(|n| notice(n, "dead", text)).collect();
            let page = html(show(&api("?limit=40", json!(notices), None), &request("/notices", "")));
            assert_harmless(&page);
            assert!(page.len() < 150_000, "{} bytes with {text:?}", page.len());
        }
    }

    #[test]
    fn a_form_sends_one_notice_again() {
        let api = Fake::default().with("/v1/notices/shop/4/replay", json!({ "replayed": 1 }));
        let check = |fields: &[(&str, &str)], expected: Result<&str, u16>| {
            let done = act(&api, &form(fields)).map_err(|problem| problem.status);
            assert_eq!(done, expected.map(|to| Answer::Elsewhere(to.to_owned())), "{fields:?}");
        };
        let replay = ("action", "replay");
        check(&[replay, ("subscription", "shop"), ("number", "4")], Ok("/notices?subscription=shop"));
        check(&[replay, ("subscription", "shop"), ("number", "5")], Err(404));
        check(&[replay, ("subscription", "shop"), ("number", "../4")], Err(400));
        check(&[replay, ("number", "4")], Err(400));
        check(&[("subscription", "shop"), ("number", "4")], Err(400));
    }
}
