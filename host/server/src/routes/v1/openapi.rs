use axum::http::header;
use axum::response::{IntoResponse, Response};

/// What the service sends to those who subscribe, and what they can ask it.
const DOCUMENT: &str = include_str!("../../openapi.json");

pub(super) async fn show() -> Response {
    ([(header::CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1")], DOCUMENT).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use limpid_model::NoticeKind;
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_kind_of_message_is_described_and_has_an_example_of_its_type() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let kinds = NoticeKind::ALL.map(|kind| format!("image.{}", kind.as_str()));
        let expected: BTreeSet<_> =
            kinds.into_iter().chain(["digest".to_owned(), "test".to_owned()]).collect();
        let webhooks = document["webhooks"].as_object().unwrap();
        assert_eq!(webhooks.keys().cloned().collect::<BTreeSet<_>>(), expected);
        for (kind, webhook) in webhooks {
            let body = &webhook["post"]["requestBody"]["content"]["application/json"];
            for (name, example) in body["examples"].as_object().unwrap() {
                assert_eq!(example["value"]["type"], **kind, "{name}");
            }
        }
    }
}
