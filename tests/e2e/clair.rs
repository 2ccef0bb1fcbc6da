//! The API of Clair 4, as Quay and clairctl ask it.

mod clairctl;
mod failures;
mod load;
mod notifier;
mod psk;
mod quay;
mod schemas;

use std::collections::BTreeSet;

use limpid_test_registry::{Registry, digest, media_types};
use serde_json::{Value, json};
use xtask::sample::{Image, Layer, advisories, alpine, debian};

use crate::api::Answer;
use crate::archives::{Compression, Parts};
use crate::program::Setup;
use crate::service::{Service, until};

const INDEX: &str = "/indexer/api/v1/index_report";

fn setup() -> Setup {
    Setup::new().with("LIMPID_CLAIR__ENABLED", "true")
}

/// The same of a service that may be led to a registry on loopback.
fn setup_for(registry: &Registry) -> Setup {
    setup().with("LIMPID_REGISTRIES", format!("{{ '{}' = {{}} }}", registry.host()))
}

/// A service that has advisories, and a registry.
fn place() -> (Service, Registry) {
    let registry = Registry::start();
    let service = Service::with(setup_for(&registry));
    service.api.hand_in("alpine", advisories::alpine_secdb()).ok();
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    (service, registry)
}

/// Pushes an image, and gives the manifest that Quay would send of it.
fn push(registry: &Registry, repository: &str, image: &Image) -> Value {
    let parts = Parts::of(image, Compression::Gzip);
    let (manifest, blobs) = parts.manifest();
    for (_, bytes) in &blobs {
        registry.push_blob(bytes);
    }
    let hash = registry.push_manifest(repository, media_types::MANIFEST, manifest.as_bytes());
    registry.tag(repository, "1", &hash);
    let layers = parts
        .layers
        .iter()
        .map(|layer| json!({ "hash": layer.digest, "uri": at(registry, &layer.digest), "headers": {} }));
    json!({ "hash": hash, "layers": layers.collect::<Vec<_>>() })
}

fn at(registry: &Registry, blob: &str) -> String {
    registry.at(&format!("/v2/shop/blobs/{blob}"))
}

fn index(service: &Service, manifest: &Value) -> Answer {
    service.api.send("POST", INDEX, &[("accept-encoding", "identity")], manifest.to_string().as_bytes())
}

#[track_caller]
fn indexed(service: &Service, manifest: &Value) -> Value {
    let answer = index(service, manifest);
    assert_eq!(answer.status, 201, "{answer:#?}");
    answer.body
}

fn hash(manifest: &Value) -> &str {
    manifest["hash"].as_str().unwrap()
}

fn vulnerabilities(service: &Service, manifest: &Value) -> Value {
    service.api.get(&format!("/matcher/api/v1/vulnerability_report/{}", hash(manifest))).ok()
}

/// Asks with a validator.
fn ask(service: &Service, method: &str, path: &str, seen: &str, body: &str) -> Answer {
    service.api.send(method, path, &[("if-none-match", seen)], body.as_bytes())
}

fn state(service: &Service) -> String {
    let answer = service.api.get("/indexer/api/v1/index_state");
    let state = answer.body["state"].as_str().unwrap().to_owned();
    assert_eq!(
        (answer.status, answer.headers["etag"].to_str().unwrap()),
        (200, format!("\"{state}\"").as_str())
    );
    assert_eq!(answer.headers["content-type"], "application/vnd.clair.index_state.v1+json");
    state
}

/// Package, vulnerability and fix, of each finding of Clair's form.
fn found(report: &Value) -> BTreeSet<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = report["package_vulnerabilities"].as_object().unwrap().iter();
    let pairs = all.flat_map(|(package, ids)| ids.as_array().unwrap().iter().map(move |id| (package, id)));
    let triple = |(package, id): (&String, &Value)| {
        let vulnerability = &report["vulnerabilities"][id.as_str().unwrap()];
        (
            text(&report["packages"][package]["name"]),
            text(&vulnerability["name"]),
            text(&vulnerability["fixed_in_version"]),
        )
    };
    pairs.map(triple).collect()
}

/// The same of Limpid's own.
fn known(report: &Value) -> BTreeSet<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|it| (text(&it["package"]["name"]), text(&it["vulnerability"]), text(&it["fixed_version"])))
        .collect()
}

#[test]
fn an_image_is_indexed_and_reported_as_clair_does_it() {
    let (service, registry) = place();
    for (repository, image) in [("shop/alpine", alpine()), ("shop/debian", debian())] {
        let manifest = push(&registry, repository, &image);
        let answer = index(&service, &manifest);
        assert_eq!(answer.status, 201, "{answer:#?}");
        let header = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("content-type"), None);
        assert_eq!(header("etag"), Some(format!("\"{}\"", state(&service))));
        assert_eq!(header("location"), Some(format!("{INDEX}/{}", hash(&manifest))));
        let links: Vec<_> =
            answer.headers.get_all("link").iter().map(|link| link.to_str().unwrap().to_owned()).collect();
        let of = |service: &str, report: &str| {
            format!(
                "</{service}/api/v1/{report}/{}>; rel=\"https://projectquay.io/clair/v1/{report}\"",
                hash(&manifest)
            )
        };
        assert_eq!(links, [of("indexer", "index_report"), of("matcher", "vulnerability_report")]);
        let report = answer.body;
        assert_eq!(
            [&report["state"], &report["success"], &report["err"], &report["manifest_hash"]],
            [&json!("IndexFinished"), &json!(true), &json!(""), &manifest["hash"]]
        );
        let submitted: Vec<_> =
            manifest["layers"].as_array().unwrap().iter().map(|layer| &layer["hash"]).collect();
        for (id, environments) in report["environments"].as_object().unwrap() {
            assert!(report["packages"][id].is_object(), "{id}");
            assert!(submitted.contains(&&environments[0]["introduced_in"]), "{environments}");
        }
        let path = format!("{INDEX}/{}", hash(&manifest));
        let again = service.api.get(&path);
        assert_eq!(again.headers["content-type"], "application/vnd.clair.index_report.v1+json");
        assert_eq!(again.ok(), report);

        let own = service.api.report(hash(&manifest));
        let vulnerable = vulnerabilities(&service, &manifest);
        quay::check(&vulnerable);
        assert_eq!(found(&vulnerable), known(&own));
        assert!(!found(&vulnerable).is_empty());
        assert_eq!(vulnerable["packages"], report["packages"]);
    }
}

#[test]
fn who_has_seen_the_state_is_told_so_before_anything_is_looked_at() {
    let (service, registry) = place();
    let manifest = push(&registry, "shop/alpine", &alpine());
    let seen = format!("\"{}\"", state(&service));
    let refused = ask(&service, "POST", INDEX, &seen, &manifest.to_string());
    assert_eq!((refused.status, &refused.body), (412, &Value::Null));
    assert_eq!(refused.headers.get_all("link").iter().count(), 2);
    assert!(!refused.headers.contains_key("etag") && registry.asked().is_empty(), "nothing is indexed");
    let path = |digest: &str| format!("{INDEX}/{digest}");
    assert_eq!(service.api.get(&path(hash(&manifest))).status, 404);
    indexed(&service, &manifest);
    let unknown = digest(b"unknown");
    for digest in [hash(&manifest), &unknown] {
        let answer = ask(&service, "GET", &path(digest), &seen, "");
        assert_eq!(
            (answer.status, answer.headers["etag"].to_str().unwrap()),
            (304, seen.as_str()),
            "{digest}"
        );
    }
    assert_eq!(ask(&service, "GET", "/indexer/api/v1/index_state", &seen, "").status, 304);
    // Byte for byte: no lists, no weak ones, no stars.
    for other in [format!("W/{seen}"), "*".to_owned(), format!("\"x\", {seen}"), seen.replace('"', "")] {
        assert_eq!(ask(&service, "GET", &path(hash(&manifest)), &other, "").status, 200, "{other}");
        assert_eq!(ask(&service, "POST", INDEX, &other, &manifest.to_string()).status, 201, "{other}");
    }
}

#[test]
fn the_state_is_the_same_after_a_restart_and_whatever_feeds_say() {
    let (service, registry) = place();
    let before = state(&service);
    let manifest = push(&registry, "shop/alpine", &alpine());
    let report = indexed(&service, &manifest);
    service.api.hand_in("alpine", advisories::alpine_secdb().replace("r1", "r2")).ok();
    assert_eq!(state(&service), before);
    let service = Service::with(service.stop());
    assert_eq!(state(&service), before);
    assert_eq!(service.api.get(&format!("{INDEX}/{}", hash(&manifest))).ok(), report);
    let other = Service::with(setup());
    assert_eq!(state(&other), before, "another machine has the same");
}

#[test]
fn layers_that_are_known_are_not_asked_for() {
    let (service, registry) = place();
    let manifest = push(&registry, "shop/alpine", &alpine());
    let report = indexed(&service, &manifest);
    registry.take_asked();
    let mut other = manifest.clone();
    other["hash"] = digest(b"another manifest").into();
    let again = indexed(&service, &other);
    assert!(registry.asked().is_empty(), "{:#?}", registry.asked());
    assert_eq!(again["packages"], report["packages"]);
    // Not even where the registry would not give them any more.
    registry.plan("/blobs/", 100, limpid_test_registry::Fault::Status(401, None));
    indexed(&service, &manifest);
}

#[test]
fn a_manifest_that_is_deleted_leaves_those_with_the_same_layers() {
    let (service, registry) = place();
    let first = push(&registry, "shop/alpine", &alpine());
    let mut second = first.clone();
    second["hash"] = digest(b"second").into();
    for manifest in [&first, &second] {
        indexed(&service, manifest);
    }
    let path = |manifest: &Value| format!("{INDEX}/{}", hash(manifest));
    assert_eq!(service.api.delete(&path(&first)).status, 204);
    assert_eq!(service.api.get(&path(&first)).status, 404);
    assert_eq!(service.api.get(&path(&second)).status, 200);
    assert_eq!(service.api.delete(&path(&first)).status, 204, "one that is not known is no error");
    let delete = |digests: &Value| {
        let body = digests.to_string();
        let request = format!(
            "DELETE {INDEX} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let (head, body) = service.api.raw(request.as_bytes());
        (head.split(' ').nth(1).unwrap().to_owned(), body)
    };
    assert_eq!(delete(&json!([hash(&first), hash(&second)])), ("200".to_owned(), json!([hash(&second)])));
    assert_eq!(delete(&json!([hash(&first), hash(&second)])), ("200".to_owned(), Value::Null));
    assert_eq!(delete(&json!(["sha256:x"])).0, "400");
    assert_eq!(service.api.get(&path(&second)).status, 404);
    assert_eq!(
        service.api.get("/v1/images").ok()["images"],
        json!([]),
        "its layers are gone with the last of them"
    );
}

#[test]
fn a_report_is_put_off_while_nobody_has_said_anything() {
    let registry = Registry::start();
    let service = Service::with(setup_for(&registry));
    let manifest = push(&registry, "shop/alpine", &alpine());
    indexed(&service, &manifest);
    let path = format!("/matcher/api/v1/vulnerability_report/{}", hash(&manifest));
    let answer = service.api.get(&path);
    assert_eq!((answer.status, answer.body), (202, Value::Null));
    service.api.hand_in("alpine", advisories::alpine_secdb()).ok();
    let answer = service.api.get(&path);
    assert!(answer.headers["cache-control"].to_str().unwrap().starts_with("max-age="));
    assert_eq!(answer.headers["content-type"], "application/vnd.clair.index_report.v1+json");
    assert!(!found(&answer.ok()).is_empty());
    assert_eq!(service.api.get(&path.replace("sha256:", "sha256:0")).status, 400);
    let unknown = format!("/matcher/api/v1/vulnerability_report/{}", digest(b"unknown"));
    assert_eq!(service.api.get(&unknown).status, 404);
}

#[test]
fn a_body_may_be_chunked_and_an_answer_encoded() {
    let (service, registry) = place();
    let manifest = push(&registry, "shop/debian", &debian());
    let body = manifest.to_string();
    let (one, other) = body.split_at(body.len() / 2);
    let request = format!(
        "POST {INDEX} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n\
         {:x}\r\n{one}\r\n{:x}\r\n{other}\r\n0\r\n\r\n",
        one.len(),
        other.len()
    );
    let (head, report) = service.api.raw(request.as_bytes());
    assert!(head.starts_with("HTTP/1.1 201"), "{head}");
    let path = format!("/matcher/api/v1/vulnerability_report/{}", hash(&manifest));
    let plain = vulnerabilities(&service, &manifest);
    for coding in ["gzip", "zstd"] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\naccept-encoding: {coding}\r\n\r\n"
        );
        let mut connection = service.api.connect();
        std::io::Write::write_all(&mut connection, request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        std::io::Read::read_to_end(&mut connection, &mut answer).unwrap();
        let at = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&answer[..at]).to_lowercase();
        assert!(head.contains(&format!("content-encoding: {coding}")), "{head}");
        let body = &answer[at + 4..];
        let read: Value = match coding {
            "gzip" => serde_json::from_reader(flate2::read::GzDecoder::new(body)).unwrap(),
            _ => serde_json::from_slice(&zstd::decode_all(body).unwrap()).unwrap(),
        };
        assert_eq!(read, plain);
    }
    assert_eq!(report["packages"], plain["packages"]);
}

#[test]
fn the_api_is_there_where_a_setting_says_so() {
    let service = Service::start();
    service.api.get("/indexer/api/v1/index_state").refused(404, "not-found");
    let service = Service::with(setup());
    let described = service.api.get("/openapi/v1");
    assert_eq!(described.headers["content-type"], "application/openapi+json");
    let tag = described.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(described.ok()["openapi"], "3.1.0");
    assert_eq!(ask(&service, "GET", "/openapi/v1", &tag, "").status, 304);
    let odd = service.api.send("GET", "/indexer/api/v1/index_state", &[("accept", "text/html")], b"");
    assert_eq!((odd.status, &odd.body["code"]), (415, &json!("internal-error")));
    let wrong = service.api.send("PUT", INDEX, &[], b"");
    assert_eq!((wrong.status, &wrong.body["code"]), (405, &json!("method-not-allowed")));
    assert!(service.api.text("/robots.txt").contains("Disallow: /"));
}

#[test]
fn layers_are_fetched_before_their_manifest_has_its_turn() {
    let (registry, silent) = (Registry::start(), Registry::start());
    let hosts = format!(
        "{{ idle_time = 10, answer_time = 10, attempts = 1, '{}' = {{}}, '{}' = {{}} }}",
        registry.host(),
        silent.host()
    );
    let setup = setup().with("LIMPID_REGISTRIES", hosts).with("LIMPID_INDEX__JOBS", 1);
    let service = Service::with(setup.with("LIMPID_INDEX__BACKOFF", 3_600));
    // The only worker waits for a registry that never answers.
    silent.plan("/v2/", 1_000, limpid_test_registry::Fault::Silent);
    let wanted = json!({ "reference": format!("{}/shop/web:1", silent.host()) }).to_string();
    let headers = [("content-type", "application/json")];
    let job = service.api.send("POST", "/v1/images", &headers, wanted.as_bytes()).body;
    let is_busy = |job: &Value| {
        let job = service.api.get(&format!("/v1/jobs/{}", job["id"].as_str().unwrap())).ok();
        (job["state"] == "running").then_some(())
    };
    until("the worker is busy", || is_busy(&job));
    let manifest = push(&registry, "shop/alpine", &alpine());
    let layers = manifest["layers"].as_array().unwrap().len();
    std::thread::scope(|scope| {
        let indexing = scope.spawn(|| indexed(&service, &manifest));
        until("all layers are asked for", || {
            (registry.asked().iter().filter(|asked| asked.is_blob()).count() == layers).then_some(())
        });
        assert!(is_busy(&job).is_some(), "its turn has not come");
        // What let fetch them is over from now on.
        registry.plan("/blobs/", 1_000, limpid_test_registry::Fault::Status(401, None));
        indexing.join().unwrap();
    });
    assert_eq!(registry.asked().iter().filter(|asked| asked.is_blob()).count(), layers);
}

#[test]
fn scores_are_one_enrichment_and_only_where_somebody_gives_them() {
    let registry = Registry::start();
    let service = Service::with(setup_for(&registry));
    let manifest = |name: &str| json!({ "name": name, "version": "1.0.0" }).to_string();
    let layer = ["a", "b"].into_iter().fold(Layer::new("RUN npm install"), |layer, name| {
        layer.file(format!("app/node_modules/{name}/package.json"), manifest(name))
    });
    let node = push(&registry, "shop/node", &crate::archives::image("shop/node:1", [layer]));
    for (number, package, rating) in [
        (1, "a", json!([{ "type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H" }])),
        (2, "b", json!([])),
    ] {
        let record = json!({
            "id": format!("GHSA-{number:04}"), "modified": "2026-11-20T00:00:00Z",
            "aliases": [format!("CVE-2026-{number:04}")], "severity": rating,
            "affected": [{
                "package": { "ecosystem": "npm", "name": package },
                "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "1.0.1" }] }],
            }],
        });
        let path = format!("/v1/feeds/osv/documents?name=GHSA-{number:04}&force=true");
        service.api.send("POST", &path, &[], record.to_string().as_bytes()).ok();
    }
    indexed(&service, &node);
    let report = vulnerabilities(&service, &node);
    quay::check(&report);
    let scores = report["enrichments"].as_object().unwrap().values().next().unwrap()[0].as_object().unwrap();
    let [(id, score)] = scores.iter().collect::<Vec<_>>()[..] else { panic!("{scores:?}") };
    assert_eq!((&score[0]["baseScore"], &score[0]["baseSeverity"]), (&json!(10.0), &json!("CRITICAL")));
    // Quay's own table ends below 10.
    assert_eq!(report["vulnerabilities"][id]["normalized_severity"], "Critical");
    assert_eq!(report["repository"]["1"]["name"], "npm");
    assert_eq!(report["vulnerabilities"][id]["fixed_in_version"], "1.0.1");
}
