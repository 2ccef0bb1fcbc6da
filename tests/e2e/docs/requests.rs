//! Writes `docs/reference/http.md`, the page of all requests, from what the service says of itself.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::golden;
use crate::service::Service;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/http.md");

const HEAD: &str = "\
# Requests, one by one

<!-- Written by `LIMPID_UPDATE_GOLDEN=1 cargo test -p limpid-tests --test e2e requests`. Do not edit: change the service. -->

This page is the OpenAPI document that the service answers at `GET /v1/openapi.json`, for people. [The HTTP API](../api.md) says \
what holds for all requests: names of images, pages, errors, who may change something.
";

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

#[test]
fn the_page_of_requests_says_what_the_service_says_of_itself() {
    let service = Service::shared();
    let found = page(&service.api.get("/v1/openapi.json").ok());
    golden::check_file(Path::new(PAGE), &found);
}

fn page(document: &Value) -> String {
    let mut page = HEAD.to_owned();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in METHODS {
            let operation = &item[method];
            if operation.is_object() {
                describe(&mut page, document, (method, path), item, operation);
            }
        }
    }
    page
}

fn describe(
    page: &mut String,
    document: &Value,
    (method, path): (&str, &str),
    item: &Value,
    operation: &Value,
) {
    let _ = writeln!(page, "\n## {} {path}\n", method.to_uppercase());
    for field in ["summary", "description"] {
        if let Some(text) = operation[field].as_str() {
            let _ = writeln!(page, "{}\n", text.trim());
        }
    }
    let parameters: Vec<&Value> = [&item["parameters"], &operation["parameters"]]
        .into_iter()
        .filter_map(Value::as_array)
        .flatten()
        .map(|parameter| resolve(document, parameter))
        .collect();
    if !parameters.is_empty() {
        page.push_str("| Parameter | In | Type | Meaning |\n|---|---|---|---|\n");
        for parameter in parameters {
            let needed = if parameter["required"] == true { "" } else { ", optional" };
            let _ = writeln!(
                page,
                "| `{}` | {}{needed} | {} | {} |",
                parameter["name"].as_str().unwrap(),
                parameter["in"].as_str().unwrap(),
                type_of(&parameter["schema"]),
                cell(parameter["description"].as_str().unwrap_or_default()),
            );
        }
        page.push('\n');
    }
    let body = resolve(document, &operation["requestBody"]);
    if let Some(content) = body["content"].as_object() {
        let kinds: Vec<String> =
            content.iter().map(|(kind, body)| format!("`{kind}`{}", of_schema(&body["schema"]))).collect();
        let description = cell(body["description"].as_str().unwrap_or_default());
        let _ = writeln!(page, "Body: {}. {description}\n", kinds.join(", "));
    }
    page.push_str("| Status | Answer |\n|---|---|\n");
    for (status, response) in operation["responses"].as_object().unwrap() {
        let response = resolve(document, response);
        let schema = response["content"]["application/json"]["schema"].clone();
        let description = cell(response["description"].as_str().unwrap_or_default());
        let _ = writeln!(page, "| {status} | {description}{} |", of_schema(&schema));
    }
}

/// What a reference within the document leads to, or the value itself.
fn resolve<'v>(document: &'v Value, value: &'v Value) -> &'v Value {
    match value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).unwrap_or_else(|| panic!("nothing is at `{pointer}`")),
        None => value,
    }
}

fn of_schema(schema: &Value) -> String {
    match type_of(schema).as_str() {
        "" | "object" => String::new(),
        kind => format!(" ({kind})"),
    }
}

/// The name of a schema, or what kind of value it is.
fn type_of(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return format!("`{}`", reference.rsplit('/').next().unwrap_or(reference));
    }
    if let Some(values) = schema["enum"].as_array() {
        let words: Vec<_> = values.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect();
        return words.join(", ");
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => format!("list of {}", type_of(&schema["items"])),
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => String::new(),
    }
}

fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
