//! Repositories and tags, against what the reports of their images say.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xtask::sample::Layer;

use crate::archives::{Compression, Parts, image};
use crate::service::Service;

/// An image with modules of npm, under a name.
fn node(name: &str, packages: &[(&str, &str)]) -> Vec<u8> {
    let layer = packages.iter().fold(Layer::new("RUN npm install"), |layer, (package, version)| {
        let manifest = json!({ "name": package, "version": version });
        layer.file(format!("app/node_modules/{package}/package.json"), manifest.to_string())
    });
    Parts::of(&image(name, [layer]), Compression::Gzip).docker_archive()
}

fn record(id: &str, package: &str, severity: &str, fixed: &str) -> String {
    json!({
        "id": id,
        "modified": "2026-11-20T00:00:00Z",
        "database_specific": { "severity": severity },
        "affected": [{
            "package": { "ecosystem": "npm", "name": package },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
        }],
    })
    .to_string()
}

fn fingerprints(report: &Value) -> BTreeSet<&str> {
    report["findings"].as_array().unwrap().iter().map(|it| it["fingerprint"].as_str().unwrap()).collect()
}

/// A tag says of its images what their reports say, and how they differ.
fn check(service: &Service, repository: &str, tag: &Value) {
    let [of_tag] = &tag["images"].as_array().unwrap()[..] else { panic!("{tag:#}") };
    let report = service.api.report(of_tag["digest"].as_str().unwrap());
    assert_eq!(of_tag["findings"], report["summary"]["findings"], "{repository}: {tag:#}");
    let counted = |counts: &Value| -> Vec<(String, u64)> {
        let counts =
            counts.as_object().unwrap().iter().map(|(level, n)| (level.clone(), n.as_u64().unwrap()));
        counts.filter(|(_, n)| *n > 0).collect()
    };
    assert_eq!(counted(&of_tag["by_severity"]), counted(&report["summary"]["by_severity"]));
    if let Some(before) = tag["previous"]["images"].as_array() {
        let before = service.api.report(before[0].as_str().unwrap());
        let (now, then) = (fingerprints(&report), fingerprints(&before));
        let expected = json!({
            "from": tag["previous"]["images"][0],
            "added": now.difference(&then).count(),
            "removed": then.difference(&now).count(),
        });
        assert_eq!(of_tag["change"], expected);
    }
}

#[test]
fn tags_say_what_the_reports_of_their_images_say_and_what_has_changed() {
    let service = Service::start();
    let name = "registry.example:5000/shop/web";
    service.api.index(&node(&format!("{name}:1"), &[("alpha", "1.0.0"), ("beta", "1.0.0")]));
    service.api.index(&node(&format!("{name}:2"), &[("alpha", "3.0.0")]));
    service.api.index(&node(&format!("{name}:1"), &[("alpha", "2.0.0"), ("gamma", "1.0.0")]));
    service.api.index(&node("nginx:latest", &[("beta", "1.0.0")]));
    let tags = || service.api.get(&format!("/v1/repositories/{name}/tags")).ok()["tags"].clone();
    assert_eq!(tags()[0]["images"][0]["findings"], 0);

    let records = [
        record("GHSA-a", "alpha", "HIGH", "1.5.0"),
        record("GHSA-b", "beta", "CRITICAL", "2.0.0"),
        record("GHSA-c", "gamma", "LOW", "2.0.0"),
        record("GHSA-d", "alpha", "MODERATE", "2.5.0"),
    ];
    for record in &records {
        service.api.hand_in("osv", record).ok();
        // What is counted is counted anew when an advisory comes.
        tags().as_array().unwrap().iter().for_each(|tag| check(&service, name, tag));
    }
    let tags = tags();
    let names: Vec<_> = tags.as_array().unwrap().iter().map(|tag| &tag["tag"]).collect();
    assert_eq!(names, ["1", "2"]);
    let change = &tags[0]["images"][0]["change"];
    assert_eq!((change["added"].as_u64(), change["removed"].as_u64()), (Some(1), Some(2)));
    assert_eq!([&tags[1]["previous"], &tags[1]["images"][0]["change"]], [&Value::Null, &Value::Null]);

    let listed = service.api.get("/v1/repositories").ok();
    let listed: Vec<_> = listed["repositories"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(listed, ["nginx", name]);
    let one = service.api.get(&format!("/v1/repositories/{name}")).ok();
    assert_eq!([&one["tags"], &one["images"]], [2, 3]);
    let page = service.api.get("/v1/repositories?limit=1").ok();
    assert_eq!(page["next"], "nginx");
    let page = service.api.get("/v1/repositories?limit=1&after=nginx").ok();
    assert_eq!([&page["repositories"][0]["name"], &page["next"]], [&json!(name), &Value::Null]);
    service.api.get("/v1/repositories/shop/web/tags").refused(404, "no-such-repository");
    service.api.get("/v1/repositories?limt=1").refused(400, "bad-request");
}

#[test]
fn a_tag_is_known_after_a_restart_and_gone_with_its_image() {
    let service = Service::start();
    let first = service.api.index(&node("shop/web:1", &[("alpha", "1.0.0")]));
    let second = service.api.index(&node("shop/web:1", &[("alpha", "2.0.0")]));
    let tags = |service: &Service| service.api.get("/v1/repositories/shop/web/tags").ok()["tags"].clone();
    let before = tags(&service);
    assert_eq!(before[0]["previous"]["images"], json!([first]));
    let service = Service::with(service.kill());
    assert_eq!(tags(&service), before);
    service.api.delete(&format!("/v1/images/{first}"));
    assert_eq!(tags(&service)[0]["previous"], Value::Null);
    service.api.delete(&format!("/v1/images/{second}"));
    service.api.get("/v1/repositories/shop/web/tags").refused(404, "no-such-repository");
}
