//! Many manifests by many callers: none is lost, and none is refused.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use limpid_test_registry::{Registry, digest};
use serde_json::json;
use xtask::sample::{Image, Layer, advisories, alpine};

use super::{INDEX, hash, index, indexed, push, setup_for};
use crate::service::Service;

const CALLERS: usize = 50;

/// Layers of which each image has some others: enough for as many images as are wanted.
const LAYERS: usize = 14;

/// So many images, by fifty callers at once, through a queue that has room for ten.
fn load(images: usize) {
    let registry = Registry::start();
    let service = Service::with(setup_for(&registry).with("LIMPID_INDEX__QUEUE", 10));
    service.api.hand_in("alpine", advisories::alpine_secdb()).ok();
    let base = alpine().layers().len();
    let layer = |number: usize| Layer::new("COPY").file(format!("app/{number}"), format!("{number}"));
    let all = push(&registry, "shop/alpine", &(0..LAYERS).map(layer).fold(alpine(), Image::with));
    let report = indexed(&service, &all);
    registry.take_asked();
    let numbered = |number: usize| {
        let layers = all["layers"].as_array().unwrap().iter().enumerate();
        let has = |place: usize| place < base || number >> (place - base) & 1 == 1;
        let layers: Vec<_> = layers.filter(|(place, _)| has(*place)).map(|(_, layer)| layer).collect();
        json!({ "hash": digest(format!("manifest {number}").as_bytes()), "layers": layers })
    };
    let (next, began) = (AtomicUsize::new(0), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= images {
                        break;
                    }
                    let answer = index(&service, &numbered(number));
                    assert_eq!(answer.status, 201, "manifest {number}: {answer:#?}");
                    assert_eq!(answer.body["packages"], report["packages"]);
                }
            });
        }
    });
    let took = began.elapsed().as_secs_f32();
    eprintln!("{images} manifests by {CALLERS} callers in {took:.1} s");
    assert!(registry.asked().is_empty(), "all of their layers are known");
    for number in (0..images).step_by(images.div_ceil(100)) {
        let answer = service.api.get(&format!("{INDEX}/{}", hash(&numbered(number))));
        assert_eq!(answer.ok()["state"], "IndexFinished", "{number}");
    }
}

#[test]
fn fifty_callers_lose_no_manifest_and_are_not_refused() {
    load(500);
}

#[test]
#[ignore = "it takes minutes: `cargo xtask test-with many-manifests` runs it"]
fn ten_thousand_manifests_are_neither_lost_nor_refused() {
    load(10_000);
}
