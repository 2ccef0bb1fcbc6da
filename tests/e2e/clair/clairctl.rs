//! The real clairctl, which `cargo xtask test-with clairctl` builds.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use limpid_test_registry::Registry;
use serde_json::Value;
use xtask::sample::{advisories, alpine, debian};

use super::psk::{KEY, guarded, of_quay};
use super::schemas::Schemas;
use super::{INDEX, hash, known, place, push};
use crate::program::Outcome;
use crate::service::Service;

fn folder() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.ancestors().nth(3).unwrap().join("tools").join(xtask::CLAIRCTL)
}

fn program() -> PathBuf {
    let path = folder().join("clairctl");
    assert!(path.exists(), "`{}` has not been built: run `cargo xtask test-with clairctl`", path.display());
    path
}

fn run(arguments: &[&str]) -> Outcome {
    // It looks for its settings where it is, and there are none.
    Outcome::of(Command::new(program()).current_dir(std::env::temp_dir()).args(arguments))
}

/// What a line of its table says: package, vulnerability and fix.
fn line(line: &str) -> (String, String, String) {
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(words[1], "found", "{line}");
    let fixed =
        words.iter().skip_while(|word| **word != "(fixed:").nth(1).map(|word| word.trim_end_matches(')'));
    (words[2].to_owned(), words[4].to_owned(), fixed.unwrap_or_default().to_owned())
}

#[test]
#[ignore = "it needs clairctl: `cargo xtask test-with clairctl` builds it"]
fn it_reports_what_limpid_does_in_every_form_and_deletes() {
    let (service, registry) = place();
    for (repository, image) in [("shop/alpine", alpine()), ("shop/debian", debian())] {
        let manifest = push(&registry, repository, &image);
        let reference = format!("{}/{repository}:1", registry.host());
        let inspected: Value = run(&["manifest", &reference]).json();
        assert_eq!(inspected["hash"], manifest["hash"]);

        let report = |form: &str| run(&["report", "--host", service.api.address(), "-o", form, &reference]);
        let table = report("text").ok();
        let found: BTreeSet<_> = table.lines().map(line).collect();
        assert_eq!(found, known(&service.api.report(hash(&manifest))), "{table}");
        registry.take_asked();
        let json: Value = report("json").json();
        let json = json.as_array().map_or(&json, |all| &all[0]);
        assert_eq!(super::found(json), found);
        let layers = registry.take_asked().into_iter().filter(|asked| asked.is_blob());
        let by_limpid = layers.filter(|asked| asked.header("range").is_none_or(|range| range != "bytes=0-0"));
        assert_eq!(by_limpid.count(), 0, "known layers are not asked for");
        let xml = report("xml").ok();
        assert!(xml.contains("CVE-"), "{xml}");

        let path = format!("{INDEX}/{}", hash(&manifest));
        assert_eq!(service.api.get(&path).status, 200);
        run(&["delete", "--host", service.api.address(), hash(&manifest)]).ok();
        assert_eq!(service.api.get(&path).status, 404);
        run(&["delete", "--host", service.api.address(), hash(&manifest)]).ok();
    }
}

#[test]
#[ignore = "it needs clairctl: `cargo xtask test-with clairctl` builds it"]
fn it_signs_with_the_shared_key() {
    let registry = Registry::start();
    let service = Service::with(guarded(&registry));
    let token = format!("Bearer {}", of_quay());
    let secdb = advisories::alpine_secdb();
    let handed = service.api.send(
        "POST",
        "/v1/feeds/alpine/documents",
        &[("authorization", &token)],
        secdb.as_bytes(),
    );
    assert_eq!(handed.status, 200, "{handed:#?}");
    push(&registry, "shop/alpine", &alpine());
    let reference = format!("{}/shop/alpine:1", registry.host());
    let folder = tempfile::tempdir().unwrap();
    let report = |key: &[u8]| {
        let config = folder.path().join("config.yaml");
        let text =
            format!("auth:\n  psk:\n    key: '{}'\n    iss: ['clairctl']\n", BASE64_STANDARD.encode(key));
        std::fs::write(&config, text).unwrap();
        run(&["--config", config.to_str().unwrap(), "report", "--host", service.api.address(), &reference])
    };
    let table = report(&KEY).ok();
    assert!(table.contains("CVE-2023-5363"), "{table}");
    let refused = report(&[8; 32]);
    assert!(!refused.stdout.contains("CVE-"), "{refused:#?}");
}

#[test]
#[ignore = "it needs Clair's schemas: `cargo xtask test-with clairctl` fetches them"]
fn answers_are_what_clairs_own_schemas_say() {
    let schemas = Schemas::load(&folder());
    let (service, registry) = place();
    schemas.check("index_state", &service.api.get("/indexer/api/v1/index_state").ok());
    for (repository, image) in [("shop/alpine", alpine()), ("shop/debian", debian())] {
        let manifest = push(&registry, repository, &image);
        schemas.check("index_report", &super::indexed(&service, &manifest));
        schemas.check("vulnerability_report", &super::vulnerabilities(&service, &manifest));
    }
    let failed = service.api.get(&format!("{INDEX}/{}", limpid_test_registry::digest(b"unknown")));
    schemas.check("error", &failed.body);
    let (message, page) = super::notifier::told_of_one_change();
    schemas.check("notification_webhook", &message);
    let mut page = page;
    for notification in page["notifications"].as_array_mut().unwrap() {
        // Clair sends these, and its schema does not know them.
        let vulnerability = notification["vulnerability"].as_object_mut().unwrap();
        assert!(vulnerability.remove("description").is_some() && vulnerability.remove("links").is_some());
    }
    schemas.check("notification_page", &page);
}
