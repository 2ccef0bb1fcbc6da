//! A subscription: what it asks for, and what of it has not come through.

use askama::Template;
use limpid_formats::json::{self, Subscription, SubscriptionWanted};

use super::notices::Row;
use crate::api::{Api, Problem};
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::shown;
use crate::{Address, Answer, Call, Form, Lasts, Method, Request};

/// Notices that are listed of those that wait, and of those that were given up.
const ROWS: usize = 20;

/// Values of a field of the filter that are shown.
const VALUES: usize = 20;

#[derive(Template)]
#[template(path = "subscription.html")]
struct View<'a> {
    frame: Frame<'a>,
    subscription: &'a Subscription,
    target: String,
    filter: Vec<Asked>,
    notices: Vec<Listed<'a>>,
}

/// What a field of the filter asks for.
struct Asked {
    field: &'static str,
    /// Of which one fits.
    values: Vec<String>,
    more: usize,
}

/// Notices in one state.
struct Listed<'a> {
    title: &'static str,
    id: &'static str,
    rows: Vec<Row<'a>>,
    /// Where there are all of them.
    all: String,
}

/// The subscription of a name.
///
/// # Errors
/// Those of the API, and where the request makes no sense.
pub fn show(api: &dyn Api, request: &Request, name: &str) -> Result<Answer, Problem> {
    let path = Address::of(&["v1", "subscriptions", name]);
    let subscription: Subscription = api.get(path.clone())?;
    let notices = |state: &str| -> Result<json::Notices, Problem> {
        let target = Address::of(&["v1", "notices"]).with("subscription", name).with("state", state);
        api.get(target.with("limit", &ROWS.to_string()))
    };
    let (dead, pending) = (notices("dead")?, notices("pending")?);
    let all =
        |state: &str| Address::of(&["notices"]).with("subscription", name).with("state", state).to_string();
    let notices = vec![
        Listed { title: "Given up", id: "dead-title", rows: rows(&dead), all: all("dead") },
        Listed { title: "Waiting", id: "pending-title", rows: rows(&pending), all: all("pending") },
    ];
    let view = View {
        frame: Frame::new(request, Section::Notices).with_data(path),
        target: target(&subscription.wanted),
        filter: filter(&subscription.wanted),
        notices,
        subscription: &subscription,
    };
    render(200, Lasts::Moment, &view)
}

/// Does what a form of a subscription's page asks for: sends a test message.
///
/// # Errors
/// Those of the API, among them that it was not received, and where the form asks for something else.
pub fn act(api: &dyn Api, form: &Form, name: &str) -> Result<Answer, Problem> {
    if form.get("action") != "test" {
        return Err(Problem::bad_request(
            "the form does not ask for anything that can be done to a subscription",
        ));
    }
    api.ask(&Call { method: Method::Post, target: Address::of(&["v1", "subscriptions", name, "test"]) })?;
    Ok(Answer::Elsewhere(Address::of(&["subscriptions", name]).with("tested", "1").to_string()))
}

fn rows(page: &json::Notices) -> Vec<Row<'_>> {
    page.notices.iter().map(Row::of).collect()
}

/// Where notices go, in one line.
pub(super) fn target(wanted: &SubscriptionWanted) -> String {
    match &wanted.amqp {
        Some(amqp) => format!("{} {} {}", amqp.url, amqp.exchange, amqp.routing_key).trim().to_owned(),
        None => wanted.url().unwrap_or_default().to_owned(),
    }
}

fn filter(wanted: &SubscriptionWanted) -> Vec<Asked> {
    let filter = &wanted.filter;
    let one = |value: Option<String>| value.into_iter().collect::<Vec<_>>();
    let fields = [
        ("Changes", filter.kinds.clone()),
        ("Names", filter.names.clone()),
        ("Labels", filter.labels.clone()),
        ("Namespaces", filter.namespaces.clone()),
        ("Watches", filter.watches.clone()),
        ("Least severity", one(filter.severity.clone())),
        ("Unrated", one(filter.leave_out_unrated.then(|| "left out".to_owned()))),
        (
            "Fixable",
            one(filter
                .fixable
                .map(|it| if it { "only with a fix" } else { "only without a fix" }.to_owned())),
        ),
        ("Exploited", one(filter.exploited.then(|| "only what is exploited".to_owned()))),
        ("Expression", one(filter.expression.clone())),
    ];
    let stated = fields.into_iter().filter(|(_, values)| !values.is_empty());
    let stated = stated.map(|(field, values)| {
        let more = values.len().saturating_sub(VALUES);
        let values = values.iter().take(VALUES).map(|it| shown::clip_to(it, 400).into_owned()).collect();
        Asked { field, values, more }
    });
    stated.collect()
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Fake, HOSTILE, assert_harmless, form, html, request};
    use crate::views::notices::tests::notice;

    /// A subscription in which all that others may choose is `text`.
    pub(in crate::views) fn subscription(name: &str, text: &str) -> Value {
        json!({
            "name": name,
            "created": "2026-11-29T01:02:03Z",
            "webhook": { "url": text },
            "filter": {
                "kinds": ["renamed"], "names": [text], "labels": [text], "namespaces": [text], "watches": [text],
                "severity": "high", "fixable": true, "exploited": true, "leave_out_unrated": true, "expression": text,
            },
            "period": 60,
            "enabled": true,
            "pending": 3,
            "oldest_pending": "2026-11-29T01:02:03Z",
            "next_attempt": "2026-11-29T02:02:03Z",
            "failure": null,
        })
    }

    fn shown(text: &str) -> String {
        let path = |state: &str| format!("/v1/notices?subscription=shop&state={state}&limit=20");
        let mut failing = subscription("shop", text);
        failing["failure"] = json!(text);
        let api = Fake::default()
            .with("/v1/subscriptions/shop", failing)
            .with(&path("dead"), json!({ "notices": [notice(1, "dead", text)], "next": null }))
            .with(&path("pending"), json!({ "notices": [notice(2, "pending", text)], "next": null }));
        html(show(&api, &request("/subscriptions/shop", ""), "shop"))
    }

    #[test]
    fn a_subscription_says_what_it_asks_for_and_what_did_not_come_through() {
        let page = shown("https://receiver.example");
        for part in ["Least severity", "only with a fix", "60 s", "Given up", "Waiting", "class=\"warning\""]
        {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert_eq!(page.matches("<td data-title=\"Delivery\">").count(), 2, "{page}");
    }

    #[test]
    fn texts_of_others_are_text() {
        let long = "x".repeat(4_096);
        for text in HOSTILE.iter().copied().chain([long.as_str()]) {
            let page = shown(text);
            assert_harmless(&page);
            assert!(page.len() < 100_000, "{} bytes with {text:?}", page.len());
        }
    }

    #[test]
    fn a_form_sends_a_test_message() {
        let api = Fake::default().with("/v1/subscriptions/shop/test", json!(null));
        let act = |action: &str, name: &str| act(&api, &form(&[("action", action)]), name);
        assert_eq!(
            act("test", "shop").unwrap(),
            Answer::Elsewhere("/subscriptions/shop?tested=1".to_owned())
        );
        assert_eq!(act("test", "other").unwrap_err().status, 404);
        assert_eq!(act("delete", "shop").unwrap_err().status, 400);
    }
}
