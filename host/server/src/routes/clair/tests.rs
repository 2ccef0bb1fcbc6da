use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::settings;

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

fn held(clair: settings::Clair) -> (Fetches, Hold) {
    let settings = Settings { clair, ..Settings::default() };
    (Fetches::new(&settings), Hold::begin(&settings))
}

#[tokio::test]
async fn manifests_that_are_held_take_so_much_memory_together() {
    let hold_time = Duration::from_millis(100);
    let (fetches, hold) = held(settings::Clair { held_bytes: 64 << 10, hold_time, ..Default::default() });
    let first = fetches.hold(40 << 10, hold).await.unwrap();
    let message = fetches.hold(40 << 10, hold).await.unwrap_err().message;
    assert!(message.contains("`clair.held_bytes`") && message.contains("`clair.hold_time`"), "{message}");
    drop(first);
    // One that is larger than all is held alone.
    let (_, hold) = held(settings::Clair::default());
    drop(fetches.hold(1 << 20, hold).await.unwrap());
}

#[tokio::test]
async fn one_manifest_leaves_places_to_others_and_one_whose_time_is_over_leaves_all() {
    let hold_time = Duration::from_millis(10);
    let (fetches, hold) = held(settings::Clair { layers: 8, hold_time, ..Default::default() });
    assert_eq!((fetches.most, fetches.places.available_permits()), (2, 8));
    let all = fetches.places.acquire_many(8).await.unwrap();
    fetches.are_wanted_after(hold).await;
    drop(all);
    let wanted = fetches.are_wanted_after(hold);
    assert!(tokio::time::timeout(Duration::from_millis(50), wanted).await.is_err());
}
