//! What fails, and which of it Quay may take for good.

use std::time::Duration;

use limpid_test_registry::{Fault, Registry, digest};
use serde_json::{Value, json};
use xtask::sample::alpine;

use super::{INDEX, hash, index, indexed, place, push, setup};
use crate::program::Setup;
use crate::service::Service;

/// A service that gives up early on a registry that does not answer well.
fn impatient() -> (Service, Registry) {
    let registry = Registry::start();
    let setup =
        asking_once(&registry).with("LIMPID_INDEX__BACKOFF", 1).with("LIMPID_INDEX__SOURCE_ATTEMPTS", 1);
    (Service::with(setup), registry)
}

fn asking_once(registry: &Registry) -> Setup {
    setup().with("LIMPID_REGISTRIES", format!("{{ attempts = 1, '{}' = {{}} }}", registry.host()))
}

#[test]
fn a_manifest_that_is_none_is_refused_for_good() {
    let (service, registry) = place();
    let manifest = push(&registry, "shop/alpine", &alpine());
    let check = |body: &str, expected: &str| {
        let answer = service.api.send("POST", INDEX, &[], body.as_bytes());
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!("bad-request")), "{body}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.contains(expected), "{message}");
    };
    check("", "EOF");
    check("{", "EOF");
    check("{}", "missing field `hash`");
    check(&json!({ "hash": hash(&manifest), "layers": [] }).to_string(), "bogus manifest");
    check(&json!({ "hash": "sha256:1", "layers": manifest["layers"] }).to_string(), "`hash`");
    let with = |field: &str, value: Value| {
        let mut manifest = manifest.clone();
        manifest["layers"][0][field] = value;
        manifest.to_string()
    };
    check(&with("hash", json!("")), "digest");
    check(&with("uri", json!("no address")), "no address");
    assert!(registry.asked().is_empty());
    for path in [format!("{INDEX}/sha256:x"), format!("{INDEX}/md5:00")] {
        let answer = service.api.get(&path);
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!("bad-request")), "{path}");
        assert_eq!(service.api.delete(&path).status, 400);
    }
    let unknown = service.api.get(&format!("{INDEX}/{}", digest(b"unknown")));
    assert_eq!((unknown.status, &unknown.body["code"]), (404, &json!("not-found")));
}

#[test]
fn a_layer_that_cannot_be_had_may_be_there_another_time() {
    let (service, registry) = impatient();
    let manifest = push(&registry, "shop/alpine", &alpine());
    let path = format!("{INDEX}/{}", hash(&manifest));
    for fault in [
        Fault::Status(500, None),
        Fault::Status(404, None),
        Fault::Status(401, None),
        Fault::Cut(10),
        Fault::Lie(b"something else".to_vec()),
    ] {
        registry.heal();
        registry.plan("/blobs/", 100, fault.clone());
        let answer = index(&service, &manifest);
        assert_eq!((answer.status, &answer.body["code"]), (500, &json!("internal-error")), "{fault:?}");
        // It is stored, and that survives.
        let report = service.api.get(&path).ok();
        assert_eq!(
            [&report["state"], &report["success"]],
            [&json!("IndexError"), &json!(false)],
            "{fault:?}"
        );
        assert!(!report["err"].as_str().unwrap().is_empty());
    }
    let service = Service::with(service.stop());
    assert_eq!(service.api.get(&path).ok()["state"], "IndexError");
    assert_eq!(service.api.delete(&path).status, 204);
    assert_eq!(service.api.get(&path).status, 404);
    registry.heal();
    indexed(&service, &manifest);
    assert_eq!(service.api.get(&path).ok()["state"], "IndexFinished");
}

#[test]
fn a_layer_that_is_none_is_refused_for_good() {
    let (service, registry) = impatient();
    let mut broken =
        crate::archives::compress(&alpine().layers()[0].tar().unwrap(), crate::archives::Compression::Gzip);
    broken.truncate(broken.len() / 2);
    // No gzip, and a tar that is none, of which nothing is known of what it holds.
    for bytes in [broken, vec![7; 4096]] {
        let blob = registry.push_blob(&bytes);
        let manifest = json!({
            "hash": digest(&bytes), "layers": [{ "hash": blob, "uri": super::at(&registry, &blob), "headers": null }],
        });
        let answer = index(&service, &manifest);
        assert_eq!((answer.status, &answer.body["code"]), (400, &json!("bad-request")), "{answer:#?}");
        let report = service.api.get(&format!("{INDEX}/{}", hash(&manifest))).ok();
        assert_eq!(report["state"], "IndexError");
        let path = format!("/matcher/api/v1/vulnerability_report/{}", hash(&manifest));
        service.api.hand_in("alpine", xtask::sample::advisories::alpine_secdb()).ok();
        assert_eq!(service.api.get(&path).status, 404, "of a part of an image there is no report");
    }
}

#[test]
fn a_request_that_is_held_for_too_long_goes_on_without_its_caller() {
    let registry = Registry::start();
    let setup = asking_once(&registry).with("LIMPID_CLAIR__HOLD_TIME", 2);
    let service = Service::with(setup.with("LIMPID_INDEX__BACKOFF", 3_600));
    let manifest = push(&registry, "shop/alpine", &alpine());
    registry.plan("/blobs/", 1_000, Fault::Status(503, None));
    let began = std::time::Instant::now();
    let answer = index(&service, &manifest);
    assert_eq!((answer.status, &answer.body["code"]), (500, &json!("internal-error")));
    assert!(answer.body["message"].as_str().unwrap().contains("`clair.hold_time`"), "{answer:#?}");
    assert!(began.elapsed() < Duration::from_secs(60));
    registry.heal();
    indexed(&service, &manifest);
}
