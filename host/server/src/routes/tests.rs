use std::collections::BTreeSet;

use super::*;
use crate::openapi::endpoints;

const DOCUMENTED: &str = include_str!("../../../../docs/api.md");

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
