//! What is known of vulnerabilities, whoever is affected: scores and exploitation order a report, and
//! say how bad something is where no publisher of advisories does.

use serde_json::{Value, json};
use xtask::sample::Layer;

use crate::archives::{Compression, Parts, image};
use crate::service::Service;

/// Least first. What nobody has rated may be any of the others.
const LEVELS: [&str; 7] = ["negligible", "low", "unknown", "medium", "high", "critical", "malicious"];

/// A service that knows an image with npm packages `a` to `c`, and the image's digest.
fn place() -> (Service, String) {
    let service = Service::start();
    let packages = ["a", "b", "c"].into_iter().fold(Layer::new("RUN npm install"), |layer, name| {
        let manifest = json!({ "name": name, "version": "1.0.0" });
        layer.file(format!("app/node_modules/{name}/package.json"), manifest.to_string())
    });
    let image =
        service.api.index(&Parts::of(&image("test/node:1", [packages]), Compression::Gzip).docker_archive());
    (service, image)
}

/// An advisory on a package, whatever its version, with members of its own.
fn record(number: u32, package: &str, members: Value) -> Value {
    let mut record = json!({
        "id": format!("GHSA-{number:04}"),
        "modified": "2026-11-20T00:00:00Z",
        "aliases": [cve(number)],
        "affected": [{
            "package": { "ecosystem": "npm", "name": package },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }] }],
        }],
    });
    for (name, value) in members.as_object().unwrap() {
        match name.strip_prefix("affected.") {
            Some(name) => record["affected"][0][name] = value.clone(),
            None => record[name] = value.clone(),
        }
    }
    record
}

fn cve(number: u32) -> String {
    format!("CVE-2026-{number:04}")
}

fn hand_in(service: &Service, feed: &str, source: &str, document: impl AsRef<[u8]>) -> Value {
    let path = format!("/v1/feeds/{feed}/documents?name={source}&force=true");
    service.api.send("POST", &path, &[], document.as_ref()).ok()
}

/// Hands in advisories, each as a source of its own.
fn advise(service: &Service, records: &[Value]) {
    for record in records {
        let id = record["id"].as_str().unwrap();
        hand_in(service, "osv", id, record.to_string());
    }
}

fn word(severity: &str) -> Value {
    json!({ "database_specific": { "severity": severity } })
}

fn kev(numbers: &[u32]) -> String {
    let entry = |number: &u32| json!({ "cveID": cve(*number), "dateAdded": "2026-11-26" });
    let entries: Vec<_> = numbers.iter().map(entry).collect();
    json!({ "catalogVersion": "1", "count": entries.len(), "vulnerabilities": entries }).to_string()
}

fn epss(scores: &[(u32, f32)]) -> String {
    let lines = scores.iter().map(|(number, score)| format!("{},{score},{score}\n", cve(*number)));
    format!(
        "#model_version:v2026,score_date:2026-11-26T00:00:00Z\ncve,epss,percentile\n{}",
        lines.collect::<String>()
    )
}

fn nvd(scores: &[(u32, f32)]) -> String {
    let found = scores.iter().map(|(number, score)| {
        let cvss = json!({ "version": "3.1", "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "baseScore": score });
        json!({ "cve": { "id": cve(*number), "metrics": { "cvssMetricV31": [{ "type": "Primary", "cvssData": cvss }] } } })
    });
    let found: Vec<_> = found.collect();
    json!({
        "resultsPerPage": found.len(), "startIndex": 0, "totalResults": found.len(), "format": "NVD_CVE",
        "version": "2.0", "timestamp": "2026-11-20T12:00:00.000", "vulnerabilities": found,
    })
    .to_string()
}

fn findings(service: &Service, image: &str) -> Vec<Value> {
    service.api.report(image)["findings"].as_array().unwrap().clone()
}

/// The finding of a vulnerability.
#[track_caller]
fn finding(service: &Service, image: &str, number: u32) -> Value {
    let findings = findings(service, image);
    findings.into_iter().find(|finding| finding["vulnerability"] == cve(number)).unwrap()
}

#[test]
fn a_report_begins_with_what_is_exploited_then_with_the_worst_then_with_the_likeliest() {
    let (service, image) = place();
    let rated = [
        (1, "LOW"),
        (2, "CRITICAL"),
        (3, "HIGH"),
        (4, "HIGH"),
        (5, "HIGH"),
        (6, "MODERATE"),
        (7, "CRITICAL"),
    ];
    let packages = ["a", "b", "c"].into_iter().cycle();
    let records: Vec<_> = rated
        .into_iter()
        .zip(packages)
        .map(|((number, severity), name)| record(number, name, word(severity)))
        .collect();
    advise(&service, &records);
    advise(&service, &[record(8, "a", json!({})), record(9, "a", word("LOW"))]);
    hand_in(&service, "epss", "scores", epss(&[(3, 0.1), (5, 0.9), (6, 0.99), (8, 0.999), (9, 0.9999)]));
    hand_in(&service, "kev", "catalog", kev(&[1, 7]));
    let found = findings(&service, &image);
    let order: Vec<_> = found.iter().map(|finding| finding["vulnerability"].as_str().unwrap()).collect();
    // 7 and 1 are exploited; of 5, 3 and 4 the last has no score; nobody has rated 8, and 9 is slight.
    assert_eq!(order, [7, 1, 2, 5, 3, 4, 6, 8, 9].map(cve));
    let weights: Vec<_> = found
        .iter()
        .map(|finding| {
            let level = LEVELS.iter().position(|level| finding["severity"]["level"] == *level).unwrap();
            (finding["exploited"].is_object(), level, finding["exploit_probability"].as_f64().unwrap_or(0.0))
        })
        .collect();
    assert!(weights.is_sorted_by(|a, b| a >= b), "{weights:?}");
}

#[test]
fn who_publishes_for_the_package_says_how_bad_it_is_and_others_only_where_nobody_does() {
    let (service, image) = place();
    let of_package = |severity: &str| {
        let mut members = word("CRITICAL");
        members["affected.database_specific"] = json!({ "severity": severity });
        members
    };
    advise(
        &service,
        &[
            record(1, "a", of_package("LOW")),
            record(2, "a", word("LOW")),
            record(3, "a", json!({})),
            record(4, "a", json!({})),
        ],
    );
    hand_in(&service, "nvd", "cves", nvd(&[(1, 9.8), (2, 9.8), (3, 9.8)]));
    let check = |number: u32, level: &str, of: &str, feed: &str| {
        let severity = finding(&service, &image, number)["severity"].clone();
        let rating = &severity["rating"];
        assert_eq!([&severity["level"], &rating["of"], &rating["feed"]], [level, of, feed], "{severity:#}");
    };
    check(1, "low", "package", "osv");
    check(2, "low", "vulnerability", "osv");
    check(3, "critical", "vulnerability", "nvd");
    let unrated = finding(&service, &image, 4)["severity"].clone();
    assert_eq!(unrated, json!({ "level": "unknown", "rating": null }));
}

#[test]
fn what_two_feeds_know_is_kept_apart_and_withdrawn_apart() {
    let (service, image) = place();
    advise(&service, &[record(1, "a", json!({}))]);
    hand_in(&service, "kev", "catalog", kev(&[1, 99]));
    hand_in(&service, "epss", "scores", epss(&[(1, 0.5), (99, 0.5)]));
    hand_in(&service, "nvd", "cves", nvd(&[(1, 7.5)]));
    let known = || {
        let finding = finding(&service, &image, 1);
        let enrichments = finding["enrichments"].as_array().unwrap().iter();
        let feeds: Vec<_> = enrichments.map(|known| known["feed"].as_str().unwrap().to_owned()).collect();
        let known = service.api.get(&format!("/v1/vulnerabilities/{}", cve(1))).ok();
        assert_eq!(known["enrichments"], finding["enrichments"], "both say the same");
        (feeds.join(" "), finding["exploited"]["since"].clone(), finding["exploit_probability"].clone())
    };
    assert_eq!(known(), ("epss kev nvd".to_owned(), json!("2026-11-26"), json!(0.5)));

    // The catalog no longer has it; the scores do, with another one.
    let taken = hand_in(&service, "kev", "catalog", kev(&[99]));
    assert_eq!([&taken["added"], &taken["changed"], &taken["withdrawn"]], [0, 0, 1]);
    assert_eq!(known(), ("epss nvd".to_owned(), Value::Null, json!(0.5)));
    hand_in(&service, "epss", "scores", epss(&[(1, 0.25), (99, 0.5)]));
    assert_eq!(known(), ("epss nvd".to_owned(), Value::Null, json!(0.25)));
    hand_in(&service, "epss", "scores", epss(&[(99, 0.5)]));
    assert_eq!(known(), ("nvd".to_owned(), Value::Null, Value::Null));
    hand_in(&service, "kev", "catalog", kev(&[1, 99]));
    assert_eq!(known().0, "kev nvd");
}
