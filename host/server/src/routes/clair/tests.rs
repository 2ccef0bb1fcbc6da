use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

#[test]
fn the_description_has_every_endpoint_and_no_other() {
    let document: Value = serde_json::from_str(include_str!("openapi.json")).unwrap();
    let methods = |item: &Value| {
        let methods = item.as_object().unwrap().keys().map(|method| method.to_uppercase());
        methods.filter(|method| method != "PARAMETERS").collect::<Vec<_>>()
    };
    let described: BTreeSet<_> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| methods(item).into_iter().map(move |method| format!("{method} {path}")))
        .collect();
    let routes = routes();
    // What is no part of Clair's description either.
    let itself = ["/openapi/v1", "/robots.txt"];
    let routed = routes.endpoints().iter().filter(|endpoint| !itself.contains(&endpoint.path));
    let routed: BTreeSet<_> =
        routed.map(|endpoint| format!("{} {}", endpoint.method, endpoint.path)).collect();
    assert_eq!(described, routed);
}

#[test]
fn what_a_client_has_seen_is_compared_byte_for_byte() {
    let seen = |value: &str| {
        let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, value.parse().unwrap())]);
        has_seen(&headers, "abc")
    };
    assert!(seen("\"abc\""));
    for other in ["abc", "W/\"abc\"", "*", "\"x\", \"abc\"", "\"abc\" "] {
        assert!(!seen(other) || other.trim() == "\"abc\"", "{other}");
    }
}

#[test]
fn every_path_is_told_as_one_of_this_api() {
    assert!(routes().endpoints().iter().all(|endpoint| has(endpoint.path)));
    assert!(crate::routes::all().endpoints().iter().all(|endpoint| !has(endpoint.path)));
}
