//! Databases that osv.dev passes on, beside the feed of osv.dev: what both state is one finding.

use serde_json::{Value, json};
use xtask::sample::Layer;

use crate::archives::{Compression, Parts, image};
use crate::service::Service;

const LOCK: &str = "version = 4\n\n[[package]]\nname = \"left-pad\"\nversion = \"1.2.0\"\n\
    source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";

const DOCUMENT: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2024-0001\"\npackage = \"left-pad\"\n\
    aliases = [\"CVE-2024-0001\"]\n[affected.functions]\n\"left_pad::pad\" = [\"*\"]\n\
    [versions]\npatched = [\">= 1.3.1\"]\n```\n\n# Pads leak\n";

/// A record of the crate in the OSV schema.
fn record(id: &str, specific: Value) -> String {
    json!({
        "id": id,
        "modified": "2024-05-01T00:00:00Z",
        "aliases": ["CVE-2024-0001"],
        "database_specific": specific,
        "affected": [{
            "package": { "ecosystem": "crates.io", "name": "left-pad" },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0.0.0-0" }, { "fixed": "1.3.1" }] }],
        }],
    })
    .to_string()
}

fn hand_in(service: &Service, feed: &str, name: &str, document: impl AsRef<[u8]>) {
    let path = format!("/v1/feeds/{feed}/documents?name={name}");
    service.api.send("POST", &path, &[], document.as_ref()).ok();
}

#[test]
fn what_several_databases_state_of_a_vulnerability_is_one_finding() {
    let service = Service::start();
    let layer = Layer::new("COPY Cargo.lock .").file("app/Cargo.lock", LOCK);
    let image =
        service.api.index(&Parts::of(&image("test/rust:1", [layer]), Compression::Gzip).docker_archive());
    let findings = || service.api.report(&image)["findings"].as_array().unwrap().clone();
    let reviewed = json!({ "severity": "HIGH", "github_reviewed": true });
    hand_in(&service, "osv", "RUSTSEC-2024-0001", record("RUSTSEC-2024-0001", json!({})));
    let of_osv = findings();
    hand_in(&service, "rustsec", "RUSTSEC-2024-0001.md", DOCUMENT);
    hand_in(&service, "ghsa", "GHSA-0000-0000-0001.json", record("GHSA-0000-0000-0001", reviewed));
    let [finding] = findings().try_into().unwrap();
    let [before] = of_osv.try_into().unwrap();
    for member in ["fingerprint", "vulnerability", "package"] {
        assert_eq!(finding[member], before[member], "{member}");
    }
    assert_eq!(finding["vulnerability"], "CVE-2024-0001", "{finding:#}");
    let publishers = finding["publishers"].as_array().unwrap().iter();
    let feeds: Vec<_> = publishers.map(|publisher| publisher["feed"].as_str().unwrap()).collect();
    assert_eq!(feeds, ["ghsa", "osv", "rustsec"]);
}

#[test]
fn what_github_did_not_review_rates_what_nobody_else_does() {
    let service = Service::start();
    let layer = Layer::new("COPY Cargo.lock .").file("app/Cargo.lock", LOCK);
    let image =
        service.api.index(&Parts::of(&image("test/rust:1", [layer]), Compression::Gzip).docker_archive());
    let level = || service.api.report(&image)["findings"][0]["severity"]["level"].clone();
    hand_in(&service, "rustsec", "RUSTSEC-2024-0001.md", DOCUMENT);
    assert_eq!(level(), "unknown");
    let unreviewed = json!({
        "id": "GHSA-0000-0000-0002",
        "modified": "2024-05-01T00:00:00Z",
        "aliases": ["CVE-2024-0001"],
        "affected": [],
        "database_specific": { "severity": "HIGH", "github_reviewed": false },
    });
    hand_in(&service, "ghsa", "GHSA-0000-0000-0002.json", unreviewed.to_string());
    assert_eq!(level(), "high");
    let findings = service.api.report(&image)["findings"].as_array().unwrap().len();
    assert_eq!(findings, 1);
}
