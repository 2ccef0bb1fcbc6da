//! Plugins that are replaced, refused and rolled back while clients are served. `cargo xtask verify
//! swaps` does the same with more of both.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;
use xtask::sample::{Layer, advisories, debian};

use crate::archives::{Compression, Parts};
use crate::hot_swap::{Place, built, gap, rebuilt};

const CLIENTS: usize = 8;
const SWAPS: usize = 20;

/// A detector, a scheme and a feed.
const NAMES: [&str; 3] = ["dpkg", "dpkg-versions", "debian"];

#[test]
fn no_request_fails_and_no_report_mixes_versions_while_plugins_are_swapped() {
    let place = Place::without(&[]);
    let sample = Parts::of(&debian(), Compression::Gzip);
    place.service.api.index(&sample.docker_archive());
    place.service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let expected = place.settled_report(&sample.digest())["findings"].clone();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (place, sample, expected, stop) = (&place, &sample, &expected, &stop);
            scope.spawn(move || {
                let _stop = StopOnPanic(stop);
                let own = own_image(number);
                loop {
                    if number % 2 == 0 {
                        check(&place.service.api.report_now(&sample.digest()), expected);
                    } else {
                        let image = place.service.api.index(&own.docker_archive());
                        check(&place.service.api.report_now(&image), expected);
                        let path = format!("/v1/images/{image}");
                        assert_eq!(place.service.api.delete(&path).status, 204);
                    }
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
        }
        let _stop = StopOnPanic(&stop);
        for number in 0..SWAPS {
            swap(&place, number);
            assert!(!stop.load(Ordering::Relaxed), "a client has failed");
        }
        stop.store(true, Ordering::Relaxed);
    });
    let settled = place.settled_report(&sample.digest());
    check(&settled, &expected);
    assert_eq!(settled["findings"], expected);
    for plugin in settled["plugins"].as_array().unwrap() {
        assert_eq!(place.digest(plugin["name"].as_str().unwrap()).as_deref(), plugin["digest"].as_str());
    }
}

/// Lets everybody else end, too, so that the test fails and does not wait for ever.
struct StopOnPanic<'a>(&'a AtomicBool);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// Of each plugin in turn a good build, a bad one, another good one, and the one before it again.
fn swap(place: &Place, number: usize) {
    let name = NAMES[number / 4 % NAMES.len()];
    let api = &place.service.api;
    match number % 4 {
        1 => {
            let half = built(name).len() / 2;
            let path = format!("/v1/plugins/{name}");
            api.send("PUT", &path, &[], &built(name)[..half]).refused(422, "plugin-refused");
        }
        3 => drop(api.send("POST", &format!("/v1/plugins/{name}/rollback"), &[], b"").ok()),
        _ => drop(place.put(name, &rebuilt(name, &format!("swap {number}")))),
    }
}

/// The sample with a layer that states something, and that only one client submits.
fn own_image(client: usize) -> Parts {
    let own = Layer::new("COPY own /srv/")
        .file("srv/own", client.to_string())
        .file(format!("var/lib/dpkg/info/own-{client}.list"), "/.\n/srv\n/srv/own\n");
    Parts::of(&debian().with(own), Compression::Gzip)
}

/// No plugin twice, and nothing missing without a word.
fn check(report: &Value, expected: &Value) {
    let names: Vec<&str> =
        report["plugins"].as_array().unwrap().iter().map(|plugin| plugin["name"].as_str().unwrap()).collect();
    assert!(!names.is_empty());
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    let message = ["refresh-under-way", "not-examined"].iter().any(|code| gap(report, code).is_some());
    assert!(
        message || summary(report) == summary(&serde_json::json!({ "findings": expected })),
        "{report:#}"
    );
}

/// What a report finds, wherever in the image.
fn summary(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|it| format!("{} {}", it["vulnerability"], it["package"]["name"])).collect()
}
