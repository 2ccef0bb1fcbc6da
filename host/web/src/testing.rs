//! An API that answers what a test says.

use std::cell::RefCell;
use std::collections::HashMap;

use bytes::Bytes;

use crate::{Answer, Api, Call, Form, Page, Problem, Request, Session};

/// An API that knows some answers.
#[derive(Default)]
pub(crate) struct Fake {
    answers: HashMap<String, Vec<u8>>,
    pub(crate) asked: RefCell<Vec<String>>,
}

impl Fake {
    pub(crate) fn with(mut self, target: &str, answer: serde_json::Value) -> Self {
        self.answers.insert(target.to_owned(), answer.to_string().into_bytes());
        self
    }
}

impl Api for Fake {
    fn ask(&self, call: &Call) -> Result<Bytes, Problem> {
        let target = call.target.to_string();
        self.asked.borrow_mut().push(format!("{} {target}", call.method.as_str()));
        self.answers.get(&target).cloned().map(Bytes::from).ok_or_else(|| Problem {
            status: 404,
            code: "not-found".to_owned(),
            detail: format!("there is no `{target}`"),
            request_id: "1".to_owned(),
        })
    }
}

/// The beginning of 2026-11-30, in milliseconds since 1970.
const NOW: u64 = 1_795_996_800_000;

/// A request for a path with a query.
pub(crate) fn request(path: &str, query: &str) -> Request {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let session = Session { signed_in: true, proof: "proof".to_owned() };
    Request::new(path.to_owned(), pairs, session).unwrap().at(NOW)
}

/// A form with these fields.
pub(crate) fn form(fields: &[(&str, &str)]) -> Form {
    Form::new(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()).unwrap()
}

/// The HTML of a page that was given.
#[track_caller]
pub(crate) fn html(answer: Result<Answer, Problem>) -> String {
    match answer.unwrap() {
        Answer::Page(Page { html, .. }) => html,
        other => panic!("{other:?}"),
    }
}

/// Texts that would do something in a page that does not show them as text.
pub(crate) const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "\u{202e}gnp.exe\u{2066}",
    "{{7*7}}</title></style></svg>",
];

/// Asserts that a page shows hostile texts as text: no tag and no attribute is of them, and nobody's direction turns.
#[track_caller]
pub(crate) fn assert_harmless(page: &str) {
    for part in [
        "<script>alert",
        "<img",
        "onerror=alert(1)>",
        "' onmouseover=",
        "href=\"javascript",
        "\u{202e}",
        "\u{2066}",
        "</title></style>",
    ] {
        assert!(!page.contains(part), "{part} in {page}");
    }
    for part in [" style=", " onclick=", "<style", "http-equiv"] {
        assert!(!page.contains(part), "{part} in {page}");
    }
}
