//! Statistics over all images, against what their reports say one by one.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use xtask::sample::{Layer, advisories, alpine, debian};

use crate::archives::{Compression, Parts, image};
use crate::service::Service;

/// Least first. What nobody has rated may be any of the others.
const LEVELS: [&str; 7] = ["negligible", "low", "unknown", "medium", "high", "critical", "malicious"];

/// The same statistics, from reports.
fn computed(service: &Service, images: &[String]) -> Value {
    let mut by_worst: BTreeMap<&str, u64> = LEVELS.iter().map(|level| (*level, 0)).collect();
    let (mut exploited, mut fixable, mut wholly_fixable) = (0, 0, 0);
    let (mut unaffected, mut not_judged) = (0, 0);
    let mut oldest: Option<(String, String)> = None;
    for image in images {
        let report = service.api.report(image);
        let findings = report["findings"].as_array().unwrap();
        let level =
            |finding: &Value| LEVELS.iter().position(|level| finding["severity"]["level"] == *level).unwrap();
        match findings.iter().map(level).max() {
            Some(worst) => *by_worst.get_mut(LEVELS[worst]).unwrap() += 1,
            None if report["summary"]["judged"] == 0 => not_judged += 1,
            None => unaffected += 1,
        }
        let is_fixable = |finding: &Value| finding["fixed_version"].is_string();
        exploited += u64::from(findings.iter().any(|finding| finding["exploited"].is_object()));
        fixable += u64::from(findings.iter().any(is_fixable));
        wholly_fixable += u64::from(!findings.is_empty() && findings.iter().all(is_fixable));
        for finding in findings.iter().filter(|finding| !is_fixable(finding)) {
            if let Some(published) = published(service, finding) {
                let this = (published, finding["vulnerability"].as_str().unwrap().to_owned());
                oldest = Some(oldest.map_or(this.clone(), |known| known.min(this)));
            }
        }
    }
    let oldest = oldest.map(|(published, id)| json!({ "vulnerability": id, "published": published }));
    json!({
        "images": images.len(),
        "by_worst_severity": by_worst,
        "unaffected": unaffected,
        "not_judged": not_judged,
        "exploited": exploited,
        "fixable": fixable,
        "wholly_fixable": wholly_fixable,
        "oldest_unfixed": oldest,
    })
}

/// When the advisory of a finding was published.
fn published(service: &Service, finding: &Value) -> Option<String> {
    let known =
        service.api.get(&format!("/v1/vulnerabilities/{}", finding["vulnerability"].as_str().unwrap())).ok();
    let mut advisories = known["advisories"].as_array().unwrap().iter();
    let meant = advisories.find(|it| {
        ["feed", "source"].iter().all(|field| it[*field] == finding[*field])
            && it["id"] == finding["advisory"]
    });
    meant.unwrap()["published"].as_str().map(str::to_owned)
}

fn node(name: &str, packages: &[(&str, &str)]) -> Parts {
    let layer = packages.iter().fold(Layer::new("RUN npm install"), |layer, (package, version)| {
        let manifest = json!({ "name": package, "version": version });
        layer.file(format!("app/node_modules/{package}/package.json"), manifest.to_string())
    });
    Parts::of(&image(name, [layer]), Compression::Gzip)
}

fn record(id: &str, package: &str, severity: &str, published: &str, events: Value) -> String {
    json!({
        "id": id,
        "modified": "2026-11-20T00:00:00Z",
        "published": published,
        "database_specific": { "severity": severity },
        "affected": [{
            "package": { "ecosystem": "npm", "name": package },
            "ranges": [{ "type": "SEMVER", "events": events }],
        }],
    })
    .to_string()
}

#[test]
fn statistics_are_those_of_all_reports() {
    let service = Service::start();
    let check = |images: &[String], what: &str| {
        let mut statistics = service.api.get("/v1/statistics").ok();
        let at_hand = service.api.get("/v1/statistics?at_once=true").ok();
        assert_eq!(at_hand, statistics, "{what}");
        let fields = statistics.as_object_mut().unwrap();
        assert_eq!(fields.remove("current"), Some(Value::Bool(true)), "{what}");
        assert!(fields.remove("counted_at").is_some(), "{what}");
        assert_eq!(statistics, computed(&service, images), "{what}");
        let number = |field: &Value| field.as_u64().unwrap();
        let affected: u64 = statistics["by_worst_severity"].as_object().unwrap().values().map(number).sum();
        let all = affected + number(&statistics["unaffected"]) + number(&statistics["not_judged"]);
        assert_eq!(all, number(&statistics["images"]), "{what}");
    };
    check(&[], "no image");
    let mut images = Vec::new();
    for parts in [debian(), alpine()].map(|image| Parts::of(&image, Compression::Gzip)) {
        images.push(service.api.index(&parts.docker_archive()));
    }
    // One that an update fixes, one that none does, one of both, and one that nothing affects.
    for (name, packages) in [
        ("test/fixed:1", &[("a", "1.0.0")][..]),
        ("test/open:1", &[("b", "1.0.0")]),
        ("test/both:1", &[("a", "1.0.0"), ("b", "1.0.0"), ("c", "1.0.0")]),
        ("test/clean:1", &[("d", "1.0.0")]),
    ] {
        images.push(service.api.index(&node(name, packages).docker_archive()));
    }
    // A layer that hides what affects the one below it.
    let hidden = [
        Layer::new("COPY").file("app/node_modules/b/package.json", r#"{"name": "b", "version": "1.0.0"}"#),
        Layer::new("RUN rm").file("app/node_modules/.wh.b", ""),
    ];
    images.push(
        service.api.index(&Parts::of(&image("test/hidden:1", hidden), Compression::Gzip).docker_archive()),
    );
    check(&images, "no advisory");

    let hand_in = |source: &str, document: String| {
        let path = format!("/v1/feeds/osv/documents?name={source}");
        service.api.send("POST", &path, &[], document.as_bytes()).ok();
    };
    let fixed = json!([{ "introduced": "0" }, { "fixed": "1.0.1" }]);
    let open = json!([{ "introduced": "0" }]);
    hand_in("one", record("CVE-2026-0001", "a", "HIGH", "2026-01-01T00:00:00Z", fixed));
    hand_in("two", record("CVE-2026-0002", "b", "LOW", "2026-01-03T00:00:00Z", open.clone()));
    hand_in("three", record("CVE-2026-0003", "c", "CRITICAL", "2026-01-02T00:00:00Z", open.clone()));
    check(&images, "one feed");
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    service.api.hand_in("alpine", advisories::alpine_secdb()).ok();
    let kev = json!({ "catalogVersion": "1", "count": 1, "vulnerabilities": [{ "cveID": "CVE-2026-0002", "dateAdded": "2026-11-26" }] });
    service.api.hand_in("kev", kev.to_string()).ok();
    check(&images, "all feeds");
    let statistics = service.api.get("/v1/statistics").ok();
    assert_eq!(statistics["oldest_unfixed"]["vulnerability"], "CVE-2026-0003");
    let counts = ["images", "exploited", "wholly_fixable"].map(|name| statistics[name].as_u64().unwrap());
    assert_eq!(counts, [7, 2, 2], "{statistics:#}");

    // What is deleted counts no more, and what is fixed is the oldest no more.
    let both = images.remove(4);
    service.api.delete(&format!("/v1/images/{both}"));
    hand_in("three", record("CVE-2026-0003", "b", "LOW", "2026-01-04T00:00:00Z", open));
    check(&images, "one image less");
    assert_eq!(service.api.get("/v1/statistics").ok()["oldest_unfixed"]["vulnerability"], "CVE-2026-0002");
}
