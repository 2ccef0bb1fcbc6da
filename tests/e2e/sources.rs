//! Sources of feeds: which there are, which a document may be, and how one is taken back.

use serde_json::{Value, json};
use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts};
use crate::service::Service;

fn tracker(version: Option<&str>) -> String {
    let release = match version {
        Some(version) => {
            json!({ "status": "resolved", "fixed_version": version, "repositories": {}, "urgency": "high" })
        }
        None => json!({ "status": "open", "repositories": {}, "urgency": "high" }),
    };
    json!({ "curl": { "CVE-2024-0077": { "releases": { "bookworm": release } } } }).to_string()
}

fn record(id: &str) -> String {
    json!({
        "id": id,
        "modified": "2026-11-20T00:00:00Z",
        "affected": [{
            "package": { "ecosystem": "npm", "name": "a" },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }] }],
        }],
    })
    .to_string()
}

#[test]
fn a_document_may_only_name_a_source_that_its_feed_knows() {
    let service = Service::start();
    let hand_in = |feed: &str, source: &str, document: &str| {
        service.api.send(
            "POST",
            &format!("/v1/feeds/{feed}/documents?source={source}"),
            &[],
            document.as_bytes(),
        )
    };
    let why = hand_in("debian", "trakcer", &tracker(None)).refused(422, "bad-source");
    assert!(why.contains("`tracker`") && why.contains("`trakcer`"), "{why}");
    let why = hand_in("osv", "nmp", &record("GHSA-0001")).refused(422, "bad-source");
    assert!(why.contains("`nmp`") && why.contains("`GHSA-0001`"), "{why}");
    for bad in ["", "a%00b", "a%0Ab", &"x".repeat(5_000)] {
        hand_in("debian", bad, &tracker(None)).refused(422, "bad-source");
    }
    let named = format!("/v1/feeds/osv/documents?name={}", "x".repeat(5_000));
    service.api.send("POST", &named, &[], record("GHSA-0001").as_bytes()).refused(422, "bad-source");
    for feed in ["debian", "osv"] {
        assert_eq!(service.api.get(&format!("/v1/feeds/{feed}/sources")).ok()["sources"], json!([]));
    }
    assert_eq!(hand_in("debian", "tracker", &tracker(None)).ok()["source"], "tracker");
    let secdb = advisories::alpine_secdb();
    let own = service.api.hand_in("alpine", &secdb).ok()["source"].as_str().unwrap().to_owned();
    assert_eq!(hand_in("alpine", &own, &secdb).ok()["source"], own);
    hand_in("alpine", "v0.1/main.json", &secdb).refused(422, "bad-source");
    // A single record is a source of its own, whatever its file is called.
    let path = "/v1/feeds/osv/documents?name=mine.json";
    let taken = service.api.send("POST", path, &[], record("GHSA-0001").as_bytes()).ok();
    assert_eq!(taken["source"], "GHSA-0001");
    assert_eq!(hand_in("osv", "GHSA-0001", &record("GHSA-0001")).ok()["added"], 0);
}

#[test]
fn a_source_is_removed_with_all_that_it_stated() {
    let service = Service::start();
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    let found = |path: &str| {
        let report = service.api.get(path).ok();
        let found = report["findings"].as_array().unwrap().clone();
        found.iter().filter(|finding| finding["vulnerability"] == "CVE-2024-0077").count()
    };
    let now = format!("/v1/images/{image}/report");
    service.api.hand_in("debian", tracker(None)).ok();
    assert!(found(&now) > 0);
    let sources = service.api.get("/v1/feeds/debian/sources").ok();
    assert_eq!((&sources["feed"], &sources["sources"][0]["name"]), (&json!("debian"), &json!("tracker")));

    let hook = json!({ "webhook": { "url": "http://127.0.0.1:9/" } }).to_string();
    service.api.send("PUT", "/v1/subscriptions/x", &[], hook.as_bytes()).ok();
    let removed = service.api.delete("/v1/feeds/debian/sources/tracker").ok();
    let expected: Value = json!({ "feed": "debian", "source": "tracker", "revision": 2, "withdrawn": 1 });
    assert_eq!(removed, expected);
    assert_eq!(found(&now), 0);
    // Who was told that it affects the image is told that it does no longer; no publisher took it back.
    let notices = service.api.get("/v1/notices?subscription=x").ok();
    let kinds: Vec<_> =
        notices["notices"].as_array().unwrap().iter().map(|it| it["payload"]["type"].clone()).collect();
    assert_eq!(kinds, ["image.no-longer-affected"], "{notices:#}");
    assert!(found(&format!("{now}?as-of=debian@1")) > 0, "it is known what it stated");
    let feed = service.api.feed("debian");
    assert_eq!([&feed["advisories"], &feed["revision"]], [0, 2]);
    assert_eq!(feed["sources"], json!([]));
    service.api.delete("/v1/feeds/debian/sources/tracker").refused(404, "no-such-source");

    // The same document is news again.
    let again = service.api.hand_in("debian", tracker(None)).ok();
    assert_eq!([&again["added"], &again["revision"]], [1, 3]);
    assert!(found(&now) > 0);
    // A name with slashes is one name.
    let source = service.api.hand_in("alpine", advisories::alpine_secdb()).ok()["source"].clone();
    let path = format!("/v1/feeds/alpine/sources/{}", source.as_str().unwrap());
    assert_eq!(service.api.delete(&path).ok()["source"], source);
}
