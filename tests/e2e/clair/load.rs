//! Many manifests by many callers: none is lost, and none is refused.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use limpid_test_registry::{Registry, digest};
use xtask::sample::{advisories, alpine};

use super::{INDEX, hash, index, indexed, push, setup_for};
use crate::service::Service;

const CALLERS: usize = 50;

/// So many manifests, by fifty callers at once, through a queue that has room for ten.
fn load(manifests: usize) {
    let registry = Registry::start();
    let service = Service::with(setup_for(&registry).with("LIMPID_INDEX__QUEUE", 10));
    service.api.hand_in("alpine", advisories::alpine_secdb()).ok();
    let first = push(&registry, "shop/alpine", &alpine());
    let report = indexed(&service, &first);
    registry.take_asked();
    let numbered = |number: usize| {
        let mut manifest = first.clone();
        manifest["hash"] = digest(format!("manifest {number}").as_bytes()).into();
        manifest
    };
    let (next, began) = (AtomicUsize::new(0), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= manifests {
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
    eprintln!("{manifests} manifests by {CALLERS} callers in {took:.1} s");
    assert!(registry.asked().is_empty(), "all of their layers are known");
    for number in (0..manifests).step_by(manifests.div_ceil(100)) {
        let answer = service.api.get(&format!("{INDEX}/{}", hash(&numbered(number))));
        assert_eq!(answer.ok()["state"], "IndexFinished", "{number}");
    }
}

#[test]
fn fifty_callers_lose_no_manifest_and_are_not_refused() {
    load(500);
}

#[test]
#[ignore = "it takes minutes: `cargo xtask test-with clairctl` runs it"]
fn ten_thousand_manifests_are_neither_lost_nor_refused() {
    load(10_000);
}
