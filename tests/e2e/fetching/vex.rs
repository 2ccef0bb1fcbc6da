//! VEX repositories: fetched when they are added and when they change, and in force until another state of them is.

use limpid_test_archives as packed;
use serde_json::{Value, json};
use xtask::sample::{Layer, advisories, debian};

use super::publisher::{Page, Publisher};
use crate::archives::{Compression, Parts};
use crate::program::Setup;
use crate::service::{Service, until};

const MANIFEST: &str = "/hub/.well-known/vex-repository.json";
const ARCHIVE: &str = "/hub/archive.tar.gz";

/// A vulnerability of package `libc6`.
const GLIBC: &str = "CVE-2024-2961";

fn vex(product: &str, status: &str, day: &str) -> String {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": format!("https://vex.example/{day}"),
        "author": "maker", "timestamp": format!("{day}T00:00:00Z"), "version": 1,
        "statements": [{
            "vulnerability": { "name": GLIBC }, "products": [{ "@id": product }], "status": status,
            "justification": "vulnerable_code_not_present", "action_statement": "update",
        }],
    })
    .to_string()
}

/// An archive with a document on `libc6`, and one that speaks of a package that it is not about.
fn archive(status: &str, day: &str) -> Vec<u8> {
    let index = json!({
        "updated_at": format!("{day}T00:00:00Z"),
        "packages": [
            { "id": "pkg:deb/debian/libc6", "location": "pkg/deb/debian/libc6/vex.json" },
            { "id": "pkg:npm/elsewhere", "location": "pkg/npm/elsewhere/vex.json", "format": "openvex" },
        ],
    });
    let member = |path: &str, text: String| (format!("hub-main/{path}"), text.into_bytes());
    packed::gzip(&packed::tar(&[
        member("README.md", "a hub".to_owned()),
        member("index.json", index.to_string()),
        member("pkg/deb/debian/libc6/vex.json", vex("pkg:deb/debian/libc6", status, day)),
        member("pkg/npm/elsewhere/vex.json", vex("pkg:deb/debian/libc-bin", "not_affected", day)),
    ]))
}

fn hub() -> Publisher {
    let publisher = Publisher::start();
    let manifest = json!({
        "name": "Hub", "description": "a hub",
        "versions": [{
            "spec_version": "0.1", "update_interval": "24h",
            "locations": [{ "url": format!("{}//hub-main", publisher.at(ARCHIVE)) }],
        }],
    });
    publisher.document(MANIFEST, manifest.to_string());
    publisher.document(ARCHIVE, archive("not_affected", "2026-05-01"));
    publisher
}

fn setup(publisher: &Publisher) -> Setup {
    let host = publisher.at("").replace("http://", "");
    Setup::new()
        .with("LIMPID_POLICIES__REPOSITORY_HOSTS", format!("[\"{host}\"]"))
        .with("LIMPID_FEEDS__BACKOFF", 0)
        .with("LIMPID_FEEDS__ATTEMPTS", 1)
}

fn put(service: &Service, url: &str) -> Value {
    let wanted = json!({ "url": url }).to_string();
    service.api.send("PUT", "/v1/vex-repositories/hub", &[], wanted.as_bytes()).ok()
}

/// The repository, once an update of it has ended that leaves it so.
fn once(service: &Service, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    until(what, || Some(service.api.get("/v1/vex-repositories/hub").ok()).filter(|it| is_so(it)))
}

/// Asks for an update, and waits until it has ended.
fn update(service: &Service) -> Value {
    let answer = service.api.send("POST", "/v1/vex-repositories/hub/update", &[], b"");
    assert_eq!(answer.status, 202);
    once(service, "it is fetched", |it| it["next"].is_string())
}

/// By whom the vulnerability is suppressed in an image.
fn suppressed(service: &Service, image: &str) -> Vec<Value> {
    let report = service.api.report_now(image);
    report["suppressed"].as_array().unwrap().iter().map(|it| it["suppression"].clone()).collect()
}

fn with_image(setup: Setup) -> (Service, String) {
    let service = Service::with(setup);
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    (service, image)
}

#[test]
fn documents_of_a_repository_are_in_force_for_images_that_come_before_and_after() {
    let publisher = hub();
    let (service, image) = with_image(setup(&publisher));
    let added = put(&service, &publisher.at("/hub"));
    assert_eq!([&added["name"], &added["documents"]], [&json!("hub"), &json!(0)]);
    let fetched = once(&service, "it is in force", |it| it["since"].is_string());
    assert_eq!(
        [&fetched["title"], &fetched["documents"], &fetched["unread"], &fetched["failure"]],
        [&json!("Hub"), &json!(1), &json!(1), &Value::Null]
    );
    assert!(fetched["first_unread"].as_str().unwrap().contains("it states nothing of pkg:npm/elsewhere"));
    assert_eq!(publisher.asked(), [format!("{MANIFEST} 200"), format!("{ARCHIVE} 200")]);

    let by = suppressed(&service, &image);
    assert_eq!(by.len(), 1, "{by:#?}");
    assert_eq!([&by[0]["by"], &by[0]["author"]], ["vex-not-affected", "maker"]);
    assert_eq!([&by[0]["repository"], &by[0]["source"]], ["hub", "https://vex.example/2026-05-01"]);
    let later = debian().with(Layer::new("COPY app").file("srv/app", "app"));
    let later = service.api.index(&Parts::of(&later, Compression::Gzip).docker_archive());
    assert_eq!(suppressed(&service, &later), by);
    let scan = service.setup.run(["scan", &image]).ok();
    assert!(scan.contains("VEX of maker in repository `hub`"), "{scan}");

    let listed = service.setup.run(["vex", "list"]).ok();
    assert!(listed.contains("hub") && listed.contains("1 document, 1 unread"), "{listed}");
    assert_eq!(service.api.get("/v1/vex").ok()["repositories"], json!([fetched]));
    assert!(service.setup.run(["vex", "repository", "remove", "hub"]).ok().contains("is removed"));
    assert_eq!(suppressed(&service, &image), [Value::Null; 0]);
    service.api.get("/v1/vex-repositories/hub").refused(404, "no-such-policy");
}

#[test]
fn what_has_not_changed_is_not_sent_again_and_a_failure_leaves_what_was_in_force() {
    let publisher = hub();
    let (service, image) = with_image(setup(&publisher));
    put(&service, &publisher.at("/hub"));
    let first = once(&service, "it is in force", |it| it["since"].is_string());
    publisher.asked();
    let unchanged = update(&service);
    assert_eq!(publisher.asked(), [format!("{MANIFEST} 200"), format!("{ARCHIVE} 304")]);
    assert_eq!(unchanged["since"], first["since"]);

    publisher.put(ARCHIVE, Page::Status(500, String::new()));
    let failed = update(&service);
    assert_eq!([&failed["failures"], &failed["since"]], [&json!(1), &first["since"]]);
    assert!(failed["failure"].as_str().unwrap().contains("500"), "{failed:#}");
    publisher.document(ARCHIVE, packed::gzip(&packed::tar(&[("nothing".to_owned(), Vec::new())])));
    let failed = update(&service);
    assert_eq!(failed["failures"], 2);
    assert!(failed["failure"].as_str().unwrap().contains("has no `hub-main/index.json`"), "{failed:#}");
    let service = Service::with(service.kill());
    assert_eq!(suppressed(&service, &image).len(), 1, "it outlives failures and the process");

    // Whoever takes it back later is heard.
    publisher.document(ARCHIVE, archive("affected", "2026-06-01"));
    let taken_back = update(&service);
    assert_eq!([&taken_back["failures"], &taken_back["failure"]], [&json!(0), &Value::Null]);
    assert_eq!(suppressed(&service, &image), [Value::Null; 0]);
}

#[test]
fn a_repository_is_refused_or_fails_where_nobody_allows_it() {
    let publisher = hub();
    let (service, _) = with_image(Setup::new().with("LIMPID_POLICIES__REPOSITORIES", 1));
    let refused = |path: &str, body: &str| service.api.send("PUT", path, &[], body.as_bytes());
    refused("/v1/vex-repositories/hub", "{}").refused(400, "bad-request");
    refused("/v1/vex-repositories/hub", r#"{"url": "ftp://vex.example"}"#).refused(422, "bad-policy");
    refused("/v1/vex-repositories/..", r#"{"url": "https://vex.example"}"#).refused(422, "bad-policy");
    service.api.send("POST", "/v1/vex-repositories/hub/update", &[], b"").refused(404, "no-such-policy");
    // An address of this machine that no setting names.
    put(&service, &publisher.at("/hub"));
    let failed = once(&service, "it has failed", |it| it["failures"] != 0);
    assert!(failed["failure"].is_string() && failed["since"].is_null(), "{failed:#}");
    assert_eq!(publisher.asked(), [""; 0]);
    let why = refused("/v1/vex-repositories/other", r#"{"url": "https://vex.example"}"#);
    assert!(why.refused(422, "over-limit").contains("policies.repositories"));
}

#[test]
fn a_repository_is_fetched_without_a_service() {
    let publisher = hub();
    let setup = setup(&publisher);
    let run = |arguments: &[&str]| setup.run([&["vex", "repository"], arguments].concat());
    assert!(run(&["add", "hub", &publisher.at("/hub")]).ok().contains("VEX repository `hub` is added"));
    assert!(run(&["list"]).ok().contains("to be fetched"));
    let updated = run(&["update", "hub"]).ok();
    assert!(updated.contains("is in force: 1 document; 1 could not be used"), "{updated}");
    publisher.put(ARCHIVE, Page::Status(404, String::new()));
    assert!(run(&["update", "hub"]).failed().contains("is as it was before"));
    assert!(run(&["update", "none"]).failed().contains("there is no VEX repository `none`"));
    let listed = run(&["list", "--format", "json"]).json();
    assert_eq!([&listed[0]["documents"], &listed[0]["failures"]], [&json!(1), &json!(1)]);
}
