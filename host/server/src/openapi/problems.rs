//! The errors of operations: those that an operation names, and those that all have.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};
use utoipa::openapi::Ref;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::{Response, ResponseBuilder};

use crate::access::Permission;
use crate::error::{Code, MEDIA_TYPE, Problem};
use crate::idempotency;
use crate::routes::Endpoint;

/// Where an operation names the codes of its own errors; it is not shown.
const NAMED: &str = "x-codes";

/// What may come of any request.
const OF_ALL: [Code; 4] = [Code::BadRequest, Code::Busy, Code::Internal, Code::OutOfTime];

/// What may come of a request that not everybody may make.
const OF_ROLES: [Code; 4] = [Code::Unauthorized, Code::Forbidden, Code::TooMany, Code::Starting];

/// What may come of a body.
const OF_BODIES: [Code; 2] = [Code::TooSlow, Code::TooLong];

/// Adds to an operation the errors that may come of it, by status.
pub(super) fn add(operation: &mut Operation, endpoint: Option<&Endpoint>) {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    let mut may_be = |code: Code| {
        let codes = by_status.entry(code.status().as_u16()).or_default();
        if !codes.contains(&code) {
            codes.push(code);
        }
    };
    named(operation).into_iter().chain(OF_ALL).for_each(&mut may_be);
    if endpoint.is_some_and(|endpoint| endpoint.permission != Permission::Health) {
        OF_ROLES.into_iter().for_each(&mut may_be);
    }
    if endpoint.is_some_and(|endpoint| endpoint.permission.changes()) {
        may_be(Code::NoRoom);
    }
    if endpoint.is_some_and(idempotency::takes) {
        [Code::KeyInUse, Code::KeyReused].into_iter().for_each(&mut may_be);
    }
    if operation.request_body.is_some() {
        OF_BODIES.into_iter().for_each(&mut may_be);
    }
    let answers = &mut operation.responses.responses;
    for (status, codes) in by_status {
        answers.insert(status.to_string(), response(&codes).into());
    }
    answers.insert("default".to_owned(), any().into());
}

/// The codes that an operation names. What is none is told by a test.
fn named(operation: &mut Operation) -> Vec<Code> {
    let named = operation.extensions.as_mut().and_then(|extensions| extensions.remove(NAMED));
    let words = named.as_ref().and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    words.filter_map(Code::from_word).collect()
}

/// An answer that has one of these codes, with an example of each.
fn response(codes: &[Code]) -> Response {
    let words = codes.iter().map(|code| format!("`{}`", code.as_str())).collect::<Vec<_>>();
    let examples = codes.iter().map(|code| {
        let example = Problem::new(code.status(), code.as_str(), "what is wrong, in a sentence", "2f1a-17");
        (code.as_str(), ExampleBuilder::new().value(Some(json!(example))).build())
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(examples)
        .build();
    ResponseBuilder::new().description(words.join(", ")).content(MEDIA_TYPE, content).build()
}

/// What no operation names, such as an address that is too long.
fn any() -> Response {
    let code = Code::TooLong;
    let example = Problem::new(StatusCode::URI_TOO_LONG, code.as_str(), "the address is too long", "2f1a-17");
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .example(Some(json!(example)))
        .build();
    ResponseBuilder::new().description("Any other error.").content(MEDIA_TYPE, content).build()
}
