//! Feeds: documents are ingested as differences.

use serde_json::{Value, json};
use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts, compress};
use crate::service::Service;

fn tracker() -> Value {
    serde_json::from_str(&advisories::debian_tracker()).unwrap()
}

fn secdb() -> Value {
    serde_json::from_str(&advisories::alpine_secdb()).unwrap()
}

/// `added`, `changed`, `withdrawn`, `revision`.
fn difference(taken: &Value) -> [u64; 4] {
    ["added", "changed", "withdrawn", "revision"].map(|field| taken[field].as_u64().unwrap())
}

/// How many vulnerabilities the sample states for the tracker.
fn count(tracker: &Value) -> u64 {
    let ids = tracker.as_object().unwrap().values().flat_map(|package| package.as_object().unwrap().keys());
    ids.collect::<std::collections::BTreeSet<_>>().len() as u64
}

#[test]
fn only_what_differs_is_written() {
    let service = Service::start();
    let mut document = tracker();
    let all = count(&document);
    let taken = service.api.hand_in("debian", document.to_string()).ok();
    assert_eq!(difference(&taken), [all, 0, 0, 1]);
    assert_eq!([&taken["feed"], &taken["source"]], ["debian", "tracker"]);
    assert_eq!(taken["advisories"], all);

    let taken = service.api.hand_in("debian", document.to_string()).ok();
    assert_eq!(difference(&taken), [0, 0, 0, 1], "an unchanged document is no revision");

    document["curl"]["CVE-2024-7264"]["releases"]["bookworm"]["fixed_version"] = json!("7.88.1-10+deb12u9");
    document["curl"]["CVE-2024-99999"] = document["curl"]["CVE-2024-7264"].clone();
    document.as_object_mut().unwrap().remove("wget");
    let taken = service.api.hand_in("debian", document.to_string()).ok();
    assert_eq!(difference(&taken), [1, 1, 1, 2]);
    let feed = service.api.feed("debian");
    assert_eq!([&feed["revision"], &feed["advisories"]], [2, all]);
    assert_eq!(feed["sources"][0]["namespaces"], json!(["debian:bookworm"]));
}

#[test]
fn what_a_feed_states_now_is_what_reports_say() {
    let service = Service::start();
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    let fixed = |id: &str| {
        let report = service.api.report(&image);
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().find(|f| f["vulnerability"] == id && f["package"]["name"] == "curl");
        found.map(|finding| finding["fixed_version"].clone())
    };
    let mut document = tracker();
    service.api.hand_in("debian", document.to_string()).ok();
    assert_eq!(fixed("CVE-2024-7264"), Some(json!("7.88.1-10+deb12u7")));
    document["curl"]["CVE-2024-7264"]["releases"]["bookworm"]["fixed_version"] = json!("7.88.1-10+deb12u9");
    service.api.hand_in("debian", document.to_string()).ok();
    assert_eq!(fixed("CVE-2024-7264"), Some(json!("7.88.1-10+deb12u9")));
    document["curl"].as_object_mut().unwrap().remove("CVE-2024-7264");
    service.api.hand_in("debian", document.to_string()).ok();
    assert_eq!(fixed("CVE-2024-7264"), None);
}

#[test]
fn a_document_replaces_what_its_source_stated_whatever_its_name() {
    let service = Service::start();
    let document = secdb().to_string();
    let hand_in = |name: &str| {
        let path = format!("/v1/feeds/alpine/documents?name={name}");
        service.api.send("POST", &path, &[], document.as_bytes()).ok()
    };
    let first = hand_in("main.json");
    let again = hand_in("downloaded-today");
    assert_eq!(first["source"], again["source"]);
    assert_eq!(difference(&again), [0, 0, 0, 1]);
    assert_eq!(service.api.feed("alpine")["sources"].as_array().unwrap().len(), 1);
}

#[test]
fn documents_of_two_releases_do_not_replace_each_other() {
    let service = Service::start();
    let mut document = secdb();
    let first = service.api.hand_in("alpine", document.to_string()).ok();
    document["distroversion"] = json!("v3.19");
    let second = service.api.hand_in("alpine", document.to_string()).ok();
    document["reponame"] = json!("community");
    let third = service.api.hand_in("alpine", document.to_string()).ok();
    for (taken, revision) in [(&first, 1), (&second, 2), (&third, 3)] {
        assert_eq!(difference(taken), [taken["advisories"].as_u64().unwrap(), 0, 0, revision]);
    }
    let feed = service.api.feed("alpine");
    let mut namespaces: Vec<_> =
        feed["sources"].as_array().unwrap().iter().map(|source| &source["namespaces"][0]).collect();
    namespaces.sort_by_key(|namespace| namespace.to_string());
    assert_eq!(namespaces, ["alpine:3.18", "alpine:3.19", "alpine:3.19"]);
}

#[test]
fn documents_are_taken_plain_and_compressed() {
    let service = Service::start();
    let document = tracker().to_string();
    let all = count(&tracker());
    for (compression, expected) in [
        (Compression::Zstd, [all, 0, 0, 1]),
        (Compression::Gzip, [0, 0, 0, 1]),
        (Compression::None, [0, 0, 0, 1]),
    ] {
        let taken = service.api.hand_in("debian", compress(document.as_bytes(), compression)).ok();
        assert_eq!(difference(&taken), expected, "{compression:?}");
    }
}

#[test]
fn one_bad_record_costs_that_record() {
    let service = Service::start();
    let mut document = tracker();
    let all = count(&document);
    document["curl"]["CVE-2024-7264"] = json!("not a record");
    document["wget"]["CVE-2024-38428"]["releases"]["bookworm"]["status"] = json!("unheard of");
    let taken = service.api.hand_in("debian", document.to_string()).ok();
    assert_eq!([&taken["added"], &taken["rejected"]], [all - 2, 2], "{taken:#}");
    let feed = service.api.feed("debian");
    assert_eq!(feed["rejected"], 2);
    for rejections in [&taken["rejections"], &feed["rejections"]] {
        assert_eq!(rejections[0]["id"], "curl/CVE-2024-7264");
        assert_eq!(rejections[1]["id"], "wget/CVE-2024-38428/bookworm");
        assert!(rejections[1]["reason"].as_str().unwrap().contains("unknown status `unheard of`"));
    }
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    assert_ne!(service.api.report(&image)["findings"], json!([]), "the others are taken");
}

#[test]
fn a_malformed_document_is_refused_and_what_was_there_stays() {
    let service = Service::start();
    let good = tracker().to_string();
    service.api.hand_in("debian", &good).ok();
    // How old it is grows by itself.
    let feed = || {
        let mut feed = service.api.feed("debian");
        feed["age"] = Value::Null;
        feed
    };
    let before = feed();
    assert!(before["last_failure"].is_null());
    let bad = [
        ("this is no JSON", "expected"),
        ("<html>502 Bad Gateway</html>", "HTML"),
        ("{}", "names no vulnerability"),
        (&good[..good.len() / 2], "EOF"),
    ];
    for (document, reply) in bad {
        let message = service.api.hand_in("debian", document).refused(422, "bad-document");
        assert!(message.contains(reply), "{message}");
        assert!(message.contains("debian"), "it says who read it: {message}");
        let mut after = feed();
        assert!(after["last_failure"].is_string());
        assert!(message.contains(after["last_failure_reason"].as_str().unwrap()), "{after:#}");
        after["last_failure"] = Value::Null;
        after["last_failure_reason"] = Value::Null;
        assert_eq!(after, before);
    }
    let taken = service.api.hand_in("debian", &good).ok();
    assert_eq!(difference(&taken), [0, 0, 0, 1]);
}

#[test]
fn a_compressed_document_that_ends_early_is_refused() {
    let service = Service::start();
    for compression in [Compression::Gzip, Compression::Zstd] {
        let whole = compress(tracker().to_string().as_bytes(), compression);
        let message = service.api.hand_in("debian", &whole[..whole.len() / 2]).refused(422, "bad-document");
        assert_ne!(message, "", "{compression:?}");
        let feed = service.api.feed("debian");
        assert_eq!([&feed["revision"], &feed["advisories"]], [0, 0], "{compression:?}");
        assert!(feed["last_failure"].is_string(), "{feed:#}");
    }
}

#[test]
fn an_empty_document_is_refused() {
    let service = Service::start();
    for feed in ["debian", "alpine"] {
        let message = service.api.hand_in(feed, "").refused(422, "bad-document");
        assert!(message.contains("empty"), "{message}");
        assert_eq!(service.api.feed(feed)["revision"], 0);
    }
}

#[test]
fn a_document_over_the_limit_is_refused_by_the_name_of_the_setting() {
    let setup = crate::program::Setup::new().with("LIMPID_HTTP__DOCUMENT_BYTES", 100);
    let service = Service::with(setup);
    let message = service.api.hand_in("debian", tracker().to_string()).refused(413, "over-limit");
    assert!(message.contains("`http.document_bytes`"), "{message}");
    assert_eq!(service.api.feed("debian")["revision"], 0);
}

#[test]
fn a_document_of_more_advisories_than_allowed_is_refused_by_the_name_of_the_setting() {
    let service = Service::with(crate::program::Setup::new().with("LIMPID_FEEDS__ADVISORIES", 3));
    let message = service.api.hand_in("debian", tracker().to_string()).refused(422, "over-limit");
    assert!(
        message.contains("more than 3 advisories") && message.contains("`feeds.advisories`"),
        "{message}"
    );
    assert_eq!(service.api.feed("debian")["advisories"], 0);
}
