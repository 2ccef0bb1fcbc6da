//! Subscriptions: who is told of what, and whether it reaches them.

use askama::Template;
use limpid_formats::json::{self, Subscription};

use super::subscription::target;
use crate::api::{Api, Problem};
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::table::{self, Pager};
use crate::{Address, Answer, Lasts, Request};

/// Subscriptions on a page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "subscriptions.html")]
struct View<'a> {
    frame: Frame<'a>,
    pending: u64,
    failing: usize,
    rows: Vec<Row<'a>>,
    pager: Pager,
}

struct Row<'a> {
    subscription: &'a Subscription,
    address: String,
    target: String,
}

/// All subscriptions.
///
/// # Errors
/// Those of the API, and where the request makes no sense.
pub fn show(api: &dyn Api, request: &Request) -> Result<Answer, Problem> {
    let path = Address::of(&["v1", "subscriptions"]);
    let known: json::Subscriptions = api.get(path.clone())?;
    let known = known.subscriptions;
    if request.wants_csv()? {
        return Ok(Answer::Csv { name: "subscriptions".to_owned(), text: csv(&known) });
    }
    let mut rows: Vec<_> = known.iter().collect();
    rows.sort_by_key(|it| it.failure.is_none());
    let pager = Pager::take(request, &mut rows, ROWS)?;
    let row =
        |subscription: &'_ Subscription| Address::of(&["subscriptions", &subscription.name]).to_string();
    let view = View {
        frame: Frame::new(request, Section::Notices).with_data(path).with_csv(),
        pending: known.iter().map(|it| it.pending).sum(),
        failing: known.iter().filter(|it| it.failure.is_some()).count(),
        rows: rows
            .into_iter()
            .map(|it| Row { subscription: it, address: row(it), target: target(&it.wanted) })
            .collect(),
        pager,
    };
    render(200, Lasts::Moment, &view)
}

fn csv(known: &[Subscription]) -> String {
    let columns =
        ["subscription", "target", "enabled", "pending", "oldest-pending", "next-attempt", "failure"];
    let lines = known.iter().map(|it| {
        [
            it.name.clone(),
            target(&it.wanted),
            it.wanted.enabled.to_string(),
            it.pending.to_string(),
            it.oldest_pending.clone().unwrap_or_default(),
            it.next_attempt.clone().unwrap_or_default(),
            it.failure.clone().unwrap_or_default(),
        ]
    });
    table::csv(columns, lines)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Fake, HOSTILE, assert_harmless, html, request};
    use crate::views::subscription::tests::subscription;

    fn api(subscriptions: Vec<Value>) -> Fake {
        Fake::default().with("/v1/subscriptions", json!({ "subscriptions": subscriptions }))
    }

    #[test]
    fn what_does_not_reach_its_receiver_is_first() {
        let mut failing = subscription("z", "x");
        failing["failure"] = json!("refused");
        let page = html(show(&api(vec![subscription("a", "x"), failing]), &request("/subscriptions", "")));
        assert!(page.find("/subscriptions/z").unwrap() < page.find("/subscriptions/a").unwrap(), "{page}");
        assert!(page.contains("<dt>notices that wait</dt><dd>6</dd>"), "{page}");
    }

    #[test]
    fn texts_of_others_are_text() {
        let long = "x".repeat(4_096);
        for text in HOSTILE.iter().copied().chain([long.as_str()]) {
            let page = html(show(&api(vec![subscription("a", text)]), &request("/subscriptions", "")));
            assert_harmless(&page);
        }
    }

    #[test]
    fn a_file_has_a_line_for_each_subscription() {
        let csv =
            show(&api(vec![subscription("a", "=1")]), &request("/subscriptions", "format=csv")).unwrap();
        let Answer::Csv { text, .. } = csv else { panic!("{csv:?}") };
        assert!(text.contains("a,'=1,true,3,"), "{text}");
    }
}
