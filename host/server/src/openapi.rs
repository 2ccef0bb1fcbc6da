//! The description of the API in OpenAPI 3.1, out of the code: operations stand beside their handlers, schemas are
//! those of the types that are written and read, and who may do what is what the routes declare.
//!
//! What comes of it is committed as `docs/openapi.json`, so that a change of the API is seen where it is reviewed.

mod examples;
pub(crate) mod parameters;
mod problems;
mod shape;
mod webhooks;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use bytes::Bytes;
use limpid_formats::json::JobProgress;
use limpid_formats::notice::{Digest, DigestedNotice, Notice, Test};
use serde_json::{Value, json};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, PathItem, RefOr};
use utoipa::{IntoParams, OpenApi};

use crate::access::Permission;
use crate::front::{self, Front};
use crate::idempotency;
use crate::routes::{self, Endpoint, Operations};

/// All operations, and what none of them names.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Limpid",
        description = "The API of the service, and what it sends to those who subscribe. Messages come at least once, \
                       and in order within a subscription, to webhooks in the form of Standard Webhooks \
                       (https://www.standardwebhooks.com) or, with the same body and the identifier as `message-id`, \
                       to exchanges of AMQP 0.9.1 brokers. Fields are added, never changed or removed.",
    ),

    paths(front::alive, front::ready, routes::metrics::show),
    components(schemas(JobProgress, Notice, DigestedNotice, Digest, Test, crate::error::Problem<'_>)),
    tags(
        (name = "images", description = "Images, and what is known of them."),
        (name = "repositories", description = "Images by their names."),
        (name = "vulnerabilities", description = "What publishers state, and what it affects."),
        (name = "jobs", description = "Submissions of images."),
        (name = "policies", description = "What counts, what may not be, and who decides that."),
        (name = "feeds", description = "Where advisories come from."),
        (name = "plugins", description = "What knows packages, versions and advisories."),
        (name = "subscriptions", description = "Who is told of changes."),
        (name = "watches", description = "Registries that are watched."),
        (name = "access", description = "Who may do what, and who did."),
        (name = "service", description = "The service itself."),
    ),
)]
struct Described;

/// The document as it is served.
pub(crate) fn text() -> Bytes {
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(written(&document()).unwrap_or_default()));
    TEXT.clone()
}

/// As it is committed. Extensions have no order of their own: by way of a value, all names are sorted.
fn written(document: &utoipa::openapi::OpenApi) -> serde_json::Result<String> {
    let mut document = serde_json::to_value(document)?;
    leave_out_unnamed(&mut document);
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn document() -> utoipa::openapi::OpenApi {
    let mut document = Described::openapi();
    document.merge(Operations::openapi());
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.webhooks = Some(webhooks::all());
    document.security =
        Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(TOKEN, []), SecurityRequirement::default()]);
    if let Some(components) = &mut document.components {
        shape::all(&mut components.schemas);
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token of the service, as `limpid token create` makes it."))
            .build();
        components.add_security_scheme(TOKEN, SecurityScheme::Http(bearer));
    }
    let schemas = document.components.as_ref().map(|it| it.schemas.clone()).unwrap_or_default();
    let endpoints = endpoints();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            let endpoint = endpoints.iter().find(|it| it.method == method && is_same(it.path, path));
            finish(operation, endpoint, &schemas);
        }
    }
    document
}

/// Schemas of the data of events, which no answer names.
const KEPT: [&str; 1] = ["JobProgress"];

/// Leaves out schemas that became parts of others.
fn leave_out_unnamed(document: &mut Value) {
    let mut named = BTreeSet::new();
    let mut left = vec![&*document];
    while let Some(value) = left.pop() {
        match value {
            Value::Object(fields) => {
                named.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                left.extend(fields.values());
            }
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        let is_named = |name: &str| named.contains(&format!("#/components/schemas/{name}"));
        schemas.retain(|name, _| is_named(name) || KEPT.contains(&name.as_str()));
    }
}

/// The scheme of tokens.
const TOKEN: &str = "token";

/// Whether an operation answers in JSON.
fn has_json(operation: &Operation) -> bool {
    let answer = operation.responses.responses.get("200");
    matches!(answer, Some(RefOr::T(answer)) if answer.content.contains_key(JSON))
}

/// Whether answers in JSON that a route gives have a field, or may have one by any name in its place. The items of lists
/// have the path of the list.
pub(crate) fn answers_have(route: &str, path: &[&str]) -> bool {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_slice(&text()).unwrap_or_default());
    let paths = DOCUMENT.get("paths").and_then(Value::as_object).into_iter().flatten();
    let operations = paths.filter(|(path, _)| is_same(route, path)).filter_map(|(_, item)| item.get("get"));
    let contents = operations.filter_map(|operation| operation.pointer("/responses/200/content"));
    let mut schemas = contents.filter_map(|content| content.get(JSON)?.get("schema"));
    schemas.any(|schema| shape::has(&DOCUMENT, schema, path))
}

const JSON: &str = "application/json";

/// All that is routed.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let mut all = Front::routes().endpoints().to_vec();
    all.extend_from_slice(routes::all().endpoints());
    all
}

/// Whether a pattern of a route is the path of an operation, in which parameters may have other names.
fn is_same(route: &str, path: &str) -> bool {
    let (route, path) = (route.split('/'), path.split('/'));
    let is_parameter = |part: &str| part.starts_with('{');
    route.clone().count() == path.clone().count()
        && route.zip(path).all(|(a, b)| a == b || (is_parameter(a) && is_parameter(b)))
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, .. } = item;
    let all = [("GET", get), ("PUT", put), ("POST", post), ("DELETE", delete)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Adds to an operation what is so of all of them.
fn finish(
    operation: &mut Operation,
    endpoint: Option<&Endpoint>,
    schemas: &std::collections::BTreeMap<String, RefOr<Schema>>,
) {
    for text in [&mut operation.summary, &mut operation.description].into_iter().flatten() {
        *text = shape::on_one_line(text);
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        if let Some(text) = &mut parameter.description {
            *text = shape::on_one_line(text);
        }
        if let Some(schema) = &mut parameter.schema {
            shape::one(schema, schemas);
        }
    }
    let body = operation.request_body.iter_mut().filter_map(|body| match body {
        RefOr::T(body) => Some(body.content.values_mut()),
        RefOr::Ref(_) => None,
    });
    let answers = operation.responses.responses.values_mut().filter_map(|answer| match answer {
        RefOr::T(answer) => Some(answer.content.values_mut()),
        RefOr::Ref(_) => None,
    });
    for content in body.flatten().chain(answers.flatten()) {
        if let RefOr::T(Content { schema: Some(schema), .. }) = content {
            shape::one(schema, schemas);
        }
    }
    if endpoint.is_some_and(idempotency::takes) {
        let key = parameters::IdempotencyKey::into_params(|| None);
        operation.parameters.get_or_insert_default().extend(key.into_iter().map(RefOr::T));
    }
    if endpoint.is_some_and(|it| it.method == "GET") && has_json(operation) {
        let fields = parameters::Fields::into_params(|| None);
        operation.parameters.get_or_insert_default().extend(fields.into_iter().map(RefOr::T));
    }
    examples::add(operation);
    problems::add(operation, endpoint);
    let Some(endpoint) = endpoint else { return };
    if endpoint.permission == Permission::Health {
        operation.security = Some(vec![SecurityRequirement::default()]);
    }
    let needed = [
        ("x-permission", endpoint.permission.as_str()),
        ("x-role", endpoint.permission.role().map_or("none", |role| role.as_str())),
        ("x-reach", crate::access::reach(endpoint).as_str()),
    ];
    let extensions = operation.extensions.get_or_insert_default();
    extensions.extend(needed.map(|(name, value)| (name.to_owned(), json!(value))));
}

#[cfg(test)]
mod tests;
