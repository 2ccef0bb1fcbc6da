use std::collections::BTreeSet;

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

#[test]
fn a_safe_method_reads_and_every_other_changes_something() {
    for Endpoint { method, path, permission, .. } in endpoints() {
        assert_eq!(method.is_safe(), !permission.changes(), "{method} {path}: {permission:?}");
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
fn the_openapi_document_describes_only_what_there_is() {
    let document: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
    let known = known();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            let described = named(&method.to_ascii_uppercase(), path);
            assert!(known.contains(&described), "{described}");
        }
    }
}
