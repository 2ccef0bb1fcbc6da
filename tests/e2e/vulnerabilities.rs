//! The reverse question: whom a vulnerability affects, who holds a package, and why an image is
//! affected or not.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xtask::sample::{Layer, advisories, alpine, debian};

use crate::archives::{Compression, Parts, image};
use crate::service::Service;

/// A service that knows both samples and the tracker's document, and the samples' digests.
fn service() -> (Service, String, String) {
    let service = Service::start();
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let [debian, alpine] = [debian(), alpine()]
        .map(|image| service.api.index(&Parts::of(&image, Compression::Gzip).docker_archive()));
    (service, debian, alpine)
}

fn get(service: &Service, path: &str) -> Value {
    service.api.get(path).ok()
}

fn digests(page: &Value) -> Vec<&str> {
    page["images"].as_array().unwrap().iter().map(|image| image["digest"].as_str().unwrap()).collect()
}

#[test]
fn each_vulnerability_of_a_report_names_the_image_and_the_others_do_not() {
    let (service, debian, _) = service();
    let report = service.api.report(&debian);
    let found: BTreeSet<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["vulnerability"].as_str().unwrap())
        .collect();
    assert!(found.len() > 3, "{report:#}");
    let tracker: Value = serde_json::from_str(&advisories::debian_tracker()).unwrap();
    let stated =
        tracker.as_object().unwrap().values().flat_map(|package| package.as_object().unwrap().keys());
    for id in stated {
        let images = get(&service, &format!("/v1/vulnerabilities/{id}/images"));
        let expected: &[&str] = if found.contains(id.as_str()) { &[&debian] } else { &[] };
        assert_eq!(digests(&images), expected, "{id}: {images:#}");
        let explanation = get(&service, &format!("/v1/images/{debian}/explain?vulnerability={id}"));
        assert_eq!(explanation["affected"], found.contains(id.as_str()), "{explanation:#}");
    }
}

#[test]
fn a_file_that_a_later_layer_hides_affects_nobody() {
    let service = Service::start();
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let status = |version: &str| {
        format!(
            "Package: curl\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\
             Description: a tool\n\n"
        )
    };
    let base = || {
        Layer::new("FROM base")
            .file("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n")
            .file("var/lib/dpkg/status", status("7.88.1-10"))
    };
    let fixed = Layer::new("RUN apt-get upgrade").file("var/lib/dpkg/status", status("7.88.1-10+deb12u12"));
    let index = |name: &str, layers: Vec<Layer>| {
        service.api.index(&Parts::of(&image(name, layers), Compression::Gzip).docker_archive())
    };
    let old = index("test/old:1", vec![base()]);
    let new = index("test/new:1", vec![base(), fixed]);
    let path = "/v1/vulnerabilities/CVE-2023-38545/images";
    assert_eq!(digests(&get(&service, path)), [&old]);
    let why = |image: &str| {
        let path = format!("/v1/images/{image}/explain?vulnerability=CVE-2023-38545");
        get(&service, &path)["reasons"][0].clone()
    };
    assert_eq!(why(&old)["outcome"], "affected");
    let verdict = why(&new);
    assert_eq!([&verdict["outcome"], &verdict["version"]], ["fixed", "7.88.1-10+deb12u12"]);
    assert!(verdict["why"].as_str().unwrap().contains("7.88.1-10+deb12u4"), "{verdict:#}");

    let below = |version: &str| {
        let path = format!("/v1/packages/debian:bookworm/curl?scheme=dpkg&below={version}");
        digests(&get(&service, &path)).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(below("7.88.1-10"), [""; 0]);
    assert_eq!(below("7.88.1-10%2Bdeb12u1"), std::slice::from_ref(&old));
    let mut both = [old.clone(), new];
    both.sort();
    assert_eq!(below("8"), both);

    // What is deleted is gone from all answers.
    assert_eq!(service.api.delete(&format!("/v1/images/{old}")).status, 204);
    assert_eq!(digests(&get(&service, path)), [""; 0]);
    assert_eq!(below("8").len(), 1);
}

#[test]
fn images_come_in_pages_and_by_what_is_asked_of_them() {
    let service = Service::start();
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let mut all = Vec::new();
    for number in 0..5 {
        let mut layers = debian().layers().to_vec();
        layers.push(Layer::new("COPY own").file("own", format!("{number}")));
        let image = image(&format!("test/app-{number}:1"), layers);
        all.push(service.api.index(&Parts::of(&image, Compression::Gzip).docker_archive()));
    }
    all.sort();
    let path = "/v1/vulnerabilities/CVE-2024-2961/images";
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = get(&service, &format!("{path}?limit=2{after}"));
        seen.extend(digests(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seen, all);
    let count = |query: &str| digests(&get(&service, &format!("{path}?{query}"))).len();
    assert_eq!(count("name=app-3"), 1);
    assert_eq!(count("name=nowhere"), 0);
    assert_eq!(count("fixable=true"), 5);
    assert_eq!(count("fixable=false"), 0);
    assert_eq!(count("label=none"), 0);
    let wrong = service.api.get(&format!("{path}?severity=terrible"));
    assert!(wrong.refused(400, "bad-request").contains("critical, high"));
}

#[test]
fn what_nobody_knows_is_stated_to_be_unknown() {
    let (service, debian, alpine) = service();
    service.api.get("/v1/vulnerabilities/CVE-1999-0001").refused(404, "no-such-vulnerability");
    let why = |image: &str, id: &str| {
        get(&service, &format!("/v1/images/{image}/explain?vulnerability={id}"))["reasons"].clone()
    };
    assert_eq!(why(&debian, "CVE-1999-0001")[0]["outcome"], "not-in-feeds");
    let verdicts = why(&alpine, "CVE-2023-38545");
    let outcomes: BTreeSet<&str> =
        verdicts.as_array().unwrap().iter().map(|it| it["outcome"].as_str().unwrap()).collect();
    assert!(!outcomes.contains("affected"), "{verdicts:#}");
    let known = get(&service, "/v1/vulnerabilities/CVE-2023-38545");
    assert_eq!(known["identifiers"], json!(["CVE-2023-38545"]));
    assert_eq!(known["advisories"][0]["affects"], json!(["debian:bookworm/curl"]));
}
