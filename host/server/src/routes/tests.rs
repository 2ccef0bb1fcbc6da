use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::front::Front;

const DOCUMENTED: &str = include_str!("../../../../docs/api.md");
const OPENAPI: &str = include_str!("../openapi.json");

fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = Front::routes().endpoints().to_vec();
    endpoints.extend_from_slice(all().endpoints());
    endpoints
}

/// A method and a path, in which the names of parameters do not count, nor what stands behind the `?`.
fn named(method: &str, path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    format!("{method} {}", parts.collect::<Vec<_>>().join("/"))
}

fn known() -> BTreeSet<String> {
    endpoints().iter().map(|endpoint| named(endpoint.method.as_str(), endpoint.path)).collect()
}

/// Questions that are documents, and change nothing.
const QUESTIONS: [&str; 1] = ["/v1/admission"];

#[test]
fn a_safe_method_reads_and_every_other_changes_something() {
    for Endpoint { method, path, permission, .. } in endpoints() {
        let asks = method.is_safe() || QUESTIONS.contains(&path);
        assert_eq!(asks, !permission.changes(), "{method} {path}: {permission:?}");
    }
}

#[test]
fn the_documents_have_every_endpoint_and_no_other() {
    // In `PUT /v1/plugins/{name}`, `DELETE`, the second is of the same path.
    let (mut documented, mut last) = (BTreeSet::new(), "");
    let words: Vec<_> = DOCUMENTED.split([' ', '\n']).collect();
    for (index, word) in words.iter().enumerate() {
        let bare = word.trim_matches(['`', ',', '(', ';']);
        if !matches!(bare, "GET" | "POST" | "PUT" | "DELETE") {
            continue;
        }
        let next = words.get(index + 1).map(|next| next.trim_matches(['`', ',', ')', ';', ':']));
        match next.filter(|next| next.starts_with('/')) {
            Some(path) => last = path,
            None if word.matches('`').count() == 2 => {}
            None => continue,
        }
        documented.insert(named(bare, last));
    }
    assert_eq!(documented, known());
}

#[test]
fn the_openapi_document_has_every_endpoint_and_no_other() {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters")
        {
            described.insert(named(&method.to_ascii_uppercase(), path));
            let all = [&methods["parameters"], &operation["parameters"]].map(Value::as_array);
            let all = all.into_iter().flatten().flatten().filter(|parameter| parameter["in"] == "path");
            let found: BTreeSet<_> = all.map(|parameter| parameter["name"].as_str().unwrap()).collect();
            let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
            assert_eq!(found, in_path.collect(), "{method} {path}");
            assert!(operation["responses"].as_object().unwrap().keys().any(|status| status.starts_with('2')));
        }
    }
    assert_eq!(described, known());
}

#[test]
fn the_openapi_document_has_every_schema_that_it_names_and_no_other() {
    fn collect<'d>(part: &'d Value, found: &mut BTreeSet<&'d str>) {
        match part {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|field| collect(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let mut named = BTreeSet::new();
    collect(&document, &mut named);
    let mut known = BTreeSet::new();
    for kind in ["schemas", "parameters"] {
        let all = document["components"][kind].as_object().unwrap().keys();
        known.extend(all.map(|name| format!("#/components/{kind}/{name}")));
    }
    // It is the data of an event.
    known.remove("#/components/schemas/JobProgress");
    assert_eq!(named, known.iter().map(String::as_str).collect());
}
