//! Bundles: what feeds are read from, carried from one service to another.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts};
use crate::program::{Outcome, Setup};
use crate::service::Service;

/// Private keys as `openssl genpkey -algorithm ed25519` writes them.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
                   MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n\
                   -----END PRIVATE KEY-----\n";
const OTHER_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
                         MC4CAQAwBQYDK2VwBCIEIMWqjfQ/n4N7feqoS9tEK3+UMtN0FElRbNvjwUo2apH3\n\
                         -----END PRIVATE KEY-----\n";
/// The public one of the first.
const PUBLIC: &str = "ed25519:PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=";

/// A place for bundles and keys.
struct Carrier {
    folder: TempDir,
    setup: Setup,
}

impl Carrier {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), setup: Setup::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[track_caller]
    fn export(&self, from: &Service, to: &Path, more: &[&str]) -> String {
        let address = from.api.address().to_owned();
        let arguments = ["feed", "export", to.to_str().unwrap(), "--service", &address];
        let outcome = self.setup.run(arguments.iter().chain(more).copied());
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome.stderr
    }

    fn import(&self, bundle: &Path, to: &Service, more: &[&str]) -> Outcome {
        let address = to.api.address().to_owned();
        let arguments =
            ["feed", "import", bundle.to_str().unwrap(), "--service", &address, "--format", "json"];
        self.setup.run(arguments.iter().chain(more).copied())
    }
}

fn tracker(fixed: &str) -> Value {
    let mut document: Value = serde_json::from_str(&advisories::debian_tracker()).unwrap();
    document["curl"]["CVE-2024-7264"]["releases"]["bookworm"]["fixed_version"] = json!(fixed);
    document
}

/// `taken`, `unchanged`, `added`, `changed`, `withdrawn` of a feed.
#[track_caller]
fn counts(imported: &Value, feed: &str) -> [u64; 5] {
    let feeds = imported["feeds"].as_array().unwrap();
    let feed = feeds.iter().find(|it| it["feed"] == feed).unwrap();
    ["ingested", "unchanged", "added", "changed", "withdrawn"].map(|field| feed[field].as_u64().unwrap())
}

#[test]
fn a_service_that_reaches_no_publisher_reports_what_the_one_does_from_which_its_bundle_is() {
    let carrier = Carrier::new();
    let image = Parts::of(&debian(), Compression::Gzip).docker_archive();
    let there = Service::start();
    there.api.hand_in("debian", tracker("7.88.1-10+deb12u7").to_string()).ok();
    there.api.hand_in("alpine", advisories::alpine_secdb()).ok();
    let expected = there.api.report(&there.api.index(&image));
    assert!(!expected["findings"].as_array().unwrap().is_empty());

    let keys = format!("[\"{PUBLIC}\"]");
    let here = Service::with(Setup::new().with("LIMPID_BUNDLES__TRUSTED_KEYS", &keys));
    let digest = here.api.index(&image);
    let bundle = carrier.path("feeds.tar.zst");
    carrier.export(&there, &bundle, &[]);
    let unsigned = carrier.import(&bundle, &here, &[]).failed();
    assert!(unsigned.contains("the service says: ") && unsigned.contains("it is not signed"), "{unsigned}");
    let key = carrier.file("other.pem", OTHER_KEY);
    carrier.export(&there, &bundle, &["--key", key.to_str().unwrap()]);
    let other = carrier.import(&bundle, &here, &[]).failed();
    assert!(other.contains("no key there signed it"), "{other}");
    assert_eq!(here.api.feed("debian")["revision"], 0);

    let key = carrier.file("key.pem", KEY);
    let told = carrier.export(&there, &bundle, &["--key", key.to_str().unwrap()]);
    assert!(told.contains(PUBLIC), "{told}");
    let imported = carrier.import(&bundle, &here, &[]).json();
    assert_eq!(counts(&imported, "debian")[..2], [1, 0], "{imported:#}");
    assert_eq!(counts(&imported, "alpine")[..2], [1, 0], "{imported:#}");
    let report = here.api.report(&digest);
    assert_eq!(report["findings"], expected["findings"]);
    let sources = |report: &Value| report["coverage"]["sources"].clone();
    assert_eq!(sources(&report), sources(&expected), "and says of when it is, there");

    let imported = carrier.import(&bundle, &here, &[]).json();
    assert_eq!(counts(&imported, "debian"), [0, 1, 0, 0, 0]);
    assert_eq!(here.api.feed("debian")["revision"], 1);
    let setup = here.stop();
    assert_eq!(Service::with(setup).api.report(&digest)["findings"], expected["findings"]);
}

#[test]
fn what_is_older_than_what_is_kept_stays_out_unless_it_is_forced() {
    let carrier = Carrier::new();
    let (there, here) = (Service::start(), Service::start());
    let (older, newer) = (carrier.path("older"), carrier.path("newer"));
    there.api.hand_in("debian", tracker("1").to_string()).ok();
    carrier.export(&there, &older, &[]);
    there.api.hand_in("debian", tracker("2").to_string()).ok();
    carrier.export(&there, &newer, &["--feed", "debian"]);

    carrier.import(&newer, &here, &[]).json();
    let kept = here.api.feed("debian");
    let refused = carrier.import(&older, &here, &[]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stdout.contains("`force` ingests it all the same"), "{refused:?}");
    assert!(refused.stderr.contains("not all of the bundle is in: 1 refused"), "{refused:?}");
    assert_eq!(here.api.feed("debian")["sources"], kept["sources"]);
    let imported = carrier.import(&older, &here, &["--force"]).json();
    assert_eq!(counts(&imported, "debian"), [1, 0, 0, 1, 0]);
}

#[test]
fn what_states_next_to_nothing_is_refused_as_from_a_publisher() {
    let carrier = Carrier::new();
    let (there, here) = (Service::start(), Service::start());
    here.api.hand_in("debian", tracker("1").to_string()).ok();
    let mut little = tracker("1");
    little.as_object_mut().unwrap().retain(|name, _| name == "wget");
    there.api.hand_in("debian", little.to_string()).ok();
    let bundle = carrier.path("feeds");
    carrier.export(&there, &bundle, &[]);
    let answer = here.api.send("POST", "/v1/bundle", &[], &std::fs::read(&bundle).unwrap()).ok();
    let refused = &answer["feeds"][0]["refused"][0];
    assert_eq!(refused["source"], "tracker");
    assert!(refused["reason"].as_str().unwrap().contains("`feeds.least_percent`"), "{refused}");
    let feed = here.api.feed("debian");
    assert_eq!(feed["revision"], 1);
    assert!(feed["last_failure_reason"].as_str().unwrap().contains("`feeds.least_percent`"), "{feed:#}");
    let imported = carrier.import(&bundle, &here, &["--force"]).json();
    assert!(counts(&imported, "debian")[4] > 0, "{imported:#}");
}

#[test]
fn without_a_service_the_data_directory_serves() {
    let (from, to) = (Carrier::new(), Setup::new());
    let document = from.file("tracker.json", &advisories::debian_tracker());
    from.setup.run(["feed", "add", "debian", document.to_str().unwrap()]).ok();
    let bundle = from.path("feeds");
    let outcome = from.setup.run(["feed", "export", bundle.to_str().unwrap()]);
    assert!(outcome.stderr.contains("feed `debian`: 1 sources, 1 documents"), "{outcome:?}");
    let table = to.run(["feed", "import", bundle.to_str().unwrap()]).ok();
    assert!(table.contains("debian") && table.contains("INGESTED"), "{table}");
    let feeds = to.run(["feed", "list", "--format", "json"]).json();
    let feeds = feeds["feeds"].as_array().unwrap();
    assert_eq!(feeds.iter().find(|feed| feed["name"] == "debian").unwrap()["revision"], 1);

    let error = from.setup.run(["feed", "export", "/nowhere/feeds"]).failed();
    assert!(error.contains("`/nowhere/feeds` cannot be written"), "{error}");
    let error = from.setup.run(["feed", "export", bundle.to_str().unwrap(), "--feed", "none"]).failed();
    assert!(error.contains("no plugin named `none` reads a feed"), "{error}");
    let error = from.setup.run(["feed", "import", document.to_str().unwrap()]).failed();
    assert!(error.contains("no bundle that can be used"), "{error}");
    let nobody = ["feed", "export", bundle.to_str().unwrap(), "--service", "http://127.0.0.1:1"];
    let error = from.setup.run(nobody).failed();
    assert!(error.contains("the service at `http://127.0.0.1:1` does not answer"), "{error}");
}

#[test]
fn a_body_that_is_no_bundle_is_told_from_one_that_is_too_long() {
    let service = Service::with(Setup::new().with("LIMPID_HTTP__BUNDLE_BYTES", 1_000));
    let send = |body: &[u8]| service.api.send("POST", "/v1/bundle", &[], body);
    assert!(send(b"<html>").refused(422, "bad-bundle").contains("not with `manifest.json`"));
    assert!(send(&[0; 1_001]).refused(413, "over-limit").contains("`http.bundle_bytes`"));
    service.api.send("POST", "/v1/bundle?forse=true", &[], b"").refused(400, "bad-request");
    service.api.get("/v1/bundle?feeds=debian,none").refused(404, "no-such-feed");
}
