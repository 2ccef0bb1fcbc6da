use axum::body::Body;
use http_body_util::BodyExt;
use limpid_model::{Blame, Digest, FailureKind, PluginFailure, PluginId};
use limpid_scanner::{FetchError, ImagesError, StoreError};
use serde_json::{Value, json};

use super::*;

fn plugin_failure(blame: Blame) -> Error {
    let plugin = PluginId { name: "p".to_owned(), version: "1".to_owned(), digest: Digest::of(b"p") };
    let (call, kind, message) = ("parse".to_owned(), FailureKind::Refused, "no".to_owned());
    Error::Plugin(PluginFailure { plugin, call, kind, blame, message })
}

#[test]
fn an_error_has_a_status_and_a_code() {
    let check = |error: Error, status: u16, code: &str| {
        let failure = Failure::from(error);
        assert_eq!((failure.status.as_u16(), &*failure.code), (status, code), "{}", failure.message);
    };
    let io = || std::io::Error::other("x");
    check(Error::NoImage(Digest::of(b"x")), 404, "no-such-image");
    check(Error::NoLayer(Digest::of(b"x")), 404, "no-such-layer");
    check(Error::NoJob(1), 404, "no-such-job");
    check(Error::NoFeed { name: "x".to_owned(), known: Vec::new() }, 404, "no-such-feed");
    check(Error::NoScheme { name: "x".to_owned(), known: Vec::new() }, 404, "no-such-scheme");
    check(Error::Images(ImagesError::NotAnImage("x".to_owned())), 422, "not-an-image");
    let fetch = |error| Error::Images(ImagesError::Fetch(error));
    let (from, to, why) = ("r".to_owned(), "x".to_owned(), "no".to_owned());
    check(fetch(FetchError::Redirect { from, to, why }), 502, "source-unavailable");
    check(fetch(FetchError::Internal { address: "x".to_owned(), advice: "no" }), 422, "forbidden-address");
    check(Error::TooManyAdvisories { limit: 1 }, 422, "over-limit");
    check(Error::Document(io()), 422, "bad-document");
    check(plugin_failure(Blame::Input), 422, "bad-document");
    check(plugin_failure(Blame::Plugin), 500, "plugin-failed");
    check(plugin_failure(Blame::Host), 500, "internal");
    check(Error::Busy { limit: 1 }, 503, "busy");
    check(Error::Counting, 503, "busy");
    check(Error::Host { what: "x".to_owned(), source: io() }, 500, "internal");
    check(Error::Store(StoreError::InUse("x".into())), 500, "store-in-use");
}

#[test]
fn a_failure_tells_its_causes_once() {
    let source = std::io::Error::other("no space");
    let failure = Failure::from(Error::Host { what: "no file can be made".to_owned(), source });
    assert_eq!(failure.internal.as_deref(), Some("no file can be made: no space"));
    assert!(!failure.message.contains("no file"), "{}", failure.message);
    let failure = Failure::from(Error::Document(std::io::Error::other("no gzip")));
    assert_eq!(failure.message, "the document cannot be read: no gzip");
}

async fn finished(response: Response) -> (StatusCode, Value) {
    let asked = Asked { id: "7-1", method: "GET", path: "/", is_change: false };
    let response = finish(response, &asked).await;
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

fn bad_request(message: &str) -> Value {
    json!({
        "type": "urn:limpid:problem:bad-request",
        "title": "Bad request",
        "status": 400,
        "detail": message,
        "instance": "urn:limpid:request:7-1",
        "code": "bad-request",
        "request_id": "7-1",
        "error": {"code": "bad-request", "message": message, "request_id": "7-1"},
    })
}

#[tokio::test]
async fn every_error_comes_in_one_form() {
    let (status, body) = finished(Failure::bad_request("no").into_response()).await;
    assert_eq!((status, body), (StatusCode::BAD_REQUEST, bad_request("no")));

    let bare = |status: StatusCode| status.into_response();
    let (_, body) = finished(bare(StatusCode::NOT_FOUND)).await;
    assert_eq!(body["code"], "not-found");
    let (_, body) = finished(bare(StatusCode::METHOD_NOT_ALLOWED)).await;
    assert_eq!(body["code"], "method-not-allowed");
    let (status, body) = finished(bare(StatusCode::LENGTH_REQUIRED)).await;
    assert_eq!((status, &body["code"]), (StatusCode::LENGTH_REQUIRED, &json!("bad-request")));
    let message = (StatusCode::BAD_REQUEST, "no UTF-8").into_response();
    assert_eq!(finished(message).await.1, bad_request("no UTF-8"));
    let (status, body) = finished(bare(StatusCode::INTERNAL_SERVER_ERROR)).await;
    assert_eq!((status, &body["code"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!("internal")));
}

#[tokio::test]
async fn what_is_internal_goes_to_the_log_only() {
    let (status, body) = finished(Failure::internal("/secret/path").into_response()).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!body.to_string().contains("secret"), "{body}");
    let (_, body) = finished(Failure::from(plugin_failure(Blame::Plugin)).into_response()).await;
    assert!(body.to_string().contains("to blame: plugin"), "{body}");
}

#[tokio::test]
async fn an_answer_that_is_no_error_is_left_alone() {
    let response = Response::new(Body::from("true"));
    assert_eq!(finished(response).await, (StatusCode::OK, json!(true)));
}

#[tokio::test]
async fn a_path_that_takes_other_methods_says_which() {
    let mut response = StatusCode::METHOD_NOT_ALLOWED.into_response();
    response.headers_mut().insert("allow", axum::http::HeaderValue::from_static("GET"));
    let asked = Asked { id: "1", method: "PUT", path: "/", is_change: true };
    assert_eq!(finish(response, &asked).await.headers()["allow"], "GET");
}

#[tokio::test]
async fn who_is_put_off_is_told_when_to_come_again() {
    let asked = Asked { id: "1", method: "GET", path: "/", is_change: false };
    let answer = finish(Failure::busy("later").into_response(), &asked).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &HeaderValue::from(1)));
    let answer = finish(Failure::from(Error::Busy { limit: 1 }).into_response(), &asked).await;
    assert!(answer.headers().contains_key("retry-after"));
}
