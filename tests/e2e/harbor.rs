//! The service as a scanner of Harbor's, asked as Harbor's client asks, with a registry that gives robots access for as
//! long as their job; and a Harbor that is asked to scan again.

mod client;
mod server;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use limpid_test_registry::{Access, Fault, Registry, TestImage, TokenService};
use serde_json::{Value, json};
use xtask::sample::{Layer, advisories, debian};

use crate::program::Setup;
use crate::service::{Service, until};
use client::{Client, GENERIC, NATIVE, SBOM, SPDX, request, request_of_sbom};
use server::{Harbor, PASSWORD, USER};

const ROBOT: (&str, &str) = ("robot$shop+scan-1", "hidden-of-robot");

fn setup(registry: &Registry) -> Setup {
    Setup::new()
        .with("LIMPID_HARBOR__ENABLED", "true")
        .with("LIMPID_REGISTRIES", format!("{{\"{}\" = {{}}}}", registry.host()))
        .with("LIMPID_INDEX__BACKOFF", 1)
        .with("LIMPID_INDEX__LONGEST_BACKOFF", 1)
}

/// The Debian sample in a repository; digest of its manifest.
fn push(registry: &Registry, repository: &str) -> String {
    push_layers(registry, repository, debian().layers())
}

fn push_layers(registry: &Registry, repository: &str, layers: &[Layer]) -> String {
    let tars: Vec<_> = layers.iter().map(|layer| layer.tar().unwrap()).collect();
    let tars: Vec<_> = tars.iter().map(Vec::as_slice).collect();
    registry.push(repository, &TestImage::plain(&tars))["digest"].as_str().unwrap().to_owned()
}

fn basic((user, password): (&str, &str)) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// Only the robot may read, by way of a token service.
fn admit_robot(registry: &Registry) {
    let login = Some((ROBOT.0.to_owned(), ROBOT.1.to_owned()));
    registry.admit(Access::Bearer(TokenService { login, ..TokenService::default() }));
}

fn url(registry: &Registry) -> String {
    registry.at("")
}

/// Whether a text is in any file below a folder.
fn is_anywhere(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_anywhere(&path, text);
        }
        std::fs::read(&path).is_ok_and(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
    })
}

#[test]
fn a_harbor_gets_both_reports_of_an_image_and_nothing_is_left_of_its_robot() {
    let registry = Registry::start();
    admit_robot(&registry);
    let digest = push(&registry, "shop/web");
    let service = Service::with(setup(&registry).with("LIMPID_LOG", "trace"));
    let client = Client::new(service.api.address());
    assert!(
        client.metadata()["properties"]["harbor.scanner-adapter/vulnerability-database-updated-at"].is_null()
    );
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let updated =
        client.metadata()["properties"]["harbor.scanner-adapter/vulnerability-database-updated-at"].clone();
    assert!(updated.is_string(), "{updated}");

    let wanted = request(&url(&registry), &basic(ROBOT), "shop/web", &digest);
    let (id, other) = (client.scan(&wanted), client.scan(&request_of_sbom(wanted.clone())));
    let (found, bill) = std::thread::scope(|scope| {
        let found = scope.spawn(|| client.scanned(&id, GENERIC, "").json());
        let bill = scope.spawn(|| client.scanned(&other, SBOM, SPDX).json());
        (found.join().unwrap(), bill.join().unwrap())
    });
    // The robot is gone a moment after its jobs.
    registry.admit(Access::Basic { username: "nobody".to_owned(), password: "nothing".to_owned() });
    registry.take_asked();

    let artifact = json!({ "repository": "shop/web", "digest": digest });
    assert_eq!([&found["artifact"], &bill["artifact"]], [&artifact, &artifact]);
    let rows = found["vulnerabilities"].as_array().unwrap();
    assert!(!rows.is_empty(), "{found:#}");
    let key = |row: &Value| format!("{}-{}-{}", row["id"], row["package"], row["version"]);
    assert_eq!(rows.iter().map(key).collect::<BTreeSet<_>>().len(), rows.len(), "{found:#}");
    for row in rows {
        assert!(row["id"].as_str().unwrap().starts_with("CVE-") && row["links"].is_array(), "{row:#}");
        let is_scored = row["preferred_cvss"]["score_v3"].is_number();
        assert_eq!(row.get("vendor_attributes").is_some(), is_scored, "{row:#}");
    }
    let native = client.scanned(&id, NATIVE, "").json();
    assert_eq!(native["vulnerabilities"].as_array().unwrap().len(), rows.len());
    assert!(native["vulnerabilities"][0].get("preferred_cvss").is_none());

    assert_eq!([&bill["media_type"], &bill["sbom"]["spdxVersion"]], ["application/spdx+json", "SPDX-2.3"]);
    let packages = bill["sbom"]["packages"].as_array().unwrap().len();
    assert!(packages > 3, "{bill:#}");
    // After advisories have changed, and under another name, it has the same bytes.
    let mut tracker: Value = serde_json::from_str(&advisories::debian_tracker()).unwrap();
    tracker["curl"]["CVE-2026-10001"] = json!({ "releases": { "bookworm": {
        "status": "open", "repositories": { "bookworm": "7.88.1-10+deb12u12" }, "urgency": "high",
    } } });
    service.api.hand_in("debian", tracker.to_string()).ok();
    let again = client.scanned(&other, SBOM, SPDX).json();
    assert_eq!(again["sbom"].to_string(), bill["sbom"].to_string());
    let cyclonedx =
        client.scanned(&other, SBOM, "?sbom_media_type=application%2Fvnd.cyclonedx%2Bjson").json();
    assert_eq!(cyclonedx["sbom"]["bomFormat"], "CycloneDX");
    // What has changed since counts.
    let now = client.scanned(&id, GENERIC, "").json();
    let is_new = |row: &Value| row["id"] == "CVE-2026-10001";
    assert!(!rows.iter().any(is_new) && now["vulnerabilities"].as_array().unwrap().iter().any(is_new));

    // It is known by that name: it is scanned again without a request.
    let id = client.scan(&request(&url(&registry), &basic(ROBOT), "shop/web", &digest));
    assert_eq!(client.report(&id, GENERIC, "").status, 200, "it has ended when it is acknowledged");
    assert_eq!(registry.asked(), []);
    // By another name, its registry is asked whether whoever asks may have it.
    let id = client.scan(&request(&url(&registry), &basic(ROBOT), "secret/web", &digest));
    let why = client.poll(&id, GENERIC, "").refused(500);
    assert!(!why.contains(ROBOT.1), "{why}");

    let pair = STANDARD.encode(format!("{}:{}", ROBOT.0, ROBOT.1));
    let log = service.log();
    let records = service.api.get("/v1/audit?limit=1000").ok().to_string();
    assert!(records.contains("shop/web@sha256:"), "{records}");
    let data = service.stop();
    for secret in [ROBOT.1, &pair] {
        assert!(!log.contains(secret) && !records.contains(secret));
        assert!(!is_anywhere(data.data(), secret), "it is stored");
    }
    assert!(is_anywhere(data.data(), "shop/web"), "what is stored can be found");
}

#[test]
fn a_registry_is_asked_as_whoever_harbor_says() {
    let registry = Registry::start();
    let service = Service::with(setup(&registry));
    let client = Client::new(service.api.address());
    let mut number = 0;
    let mut scan = |access: Access, authorization: &str| {
        number += 1;
        registry.admit(Access::Anyone);
        let layer = Layer::new("COPY").file("app/number", number.to_string());
        let repository = format!("shop/app-{number}");
        let digest = push_layers(&registry, &repository, &[layer]);
        registry.admit(access);
        let id = client.scan(&request(&url(&registry), authorization, &repository, &digest));
        client.poll(&id, GENERIC, "")
    };
    let (user, password) = (ROBOT.0.to_owned(), ROBOT.1.to_owned());
    let direct = || Access::Basic { username: user.clone(), password: password.clone() };
    let tokens = || {
        Access::Bearer(TokenService {
            login: Some((user.clone(), password.clone())),
            ..TokenService::default()
        })
    };
    assert_eq!(scan(Access::Anyone, "").status, 200);
    assert_eq!(scan(direct(), &basic(ROBOT)).status, 200);
    assert_eq!(scan(tokens(), &basic(ROBOT)).status, 200);
    for access in [direct(), tokens()] {
        let why = scan(access, &basic((ROBOT.0, "hidden-wrong"))).refused(500);
        assert!(why.contains(ROBOT.0) && !why.contains("hidden-wrong"), "{why}");
    }
    scan(tokens(), "").refused(500);
    // A token that Harbor got itself.
    registry.admit(tokens());
    let given = ureq::get(registry.at("/token?service=test&scope=repository:shop/app:pull"))
        .header("authorization", basic(ROBOT))
        .call()
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap();
    let given: Value = serde_json::from_str(&given).unwrap();
    let bearer = format!("Bearer {}", given["token"].as_str().unwrap());
    assert_eq!(scan(tokens(), &bearer).status, 200);
}

#[test]
fn a_scan_that_goes_on_is_told_so_and_one_that_does_not_end_is_told_as_failed() {
    let registry = Registry::start();
    let digest = push(&registry, "shop/web");
    let service = Service::with(setup(&registry).with("LIMPID_HARBOR__SCAN_TIME", 3));
    let client = Client::new(service.api.address());
    let wanted = request(&url(&registry), "", "shop/web", &digest);
    registry.plan("/blobs/", 1, Fault::Stall(10));
    let id = client.scan(&wanted);
    let waits = client.report(&id, GENERIC, "");
    assert_eq!((waits.status, &waits.headers["refresh-after"]), (302, &"1".parse().unwrap()));
    let why = client.poll(&id, GENERIC, "").refused(500);
    assert!(why.contains("`harbor.scan_time`"), "{why}");
}

#[test]
fn a_scan_ends_with_a_reason_where_the_service_is_killed_in_the_middle_of_it() {
    let registry = Registry::start();
    admit_robot(&registry);
    let digest = push(&registry, "shop/web");
    let service = Service::with(setup(&registry));
    let client = Client::new(service.api.address());
    registry.plan("/blobs/", 1, Fault::Silent);
    let id = client.scan(&request(&url(&registry), &basic(ROBOT), "shop/web", &digest));
    until("a layer is asked for", || {
        registry.asked().iter().any(limpid_test_registry::Asked::is_blob).then_some(())
    });
    assert_eq!(client.report(&id, GENERIC, "").status, 302);
    let service = Service::with(service.kill());
    let client = Client::new(service.api.address());
    let why = client.poll(&id, GENERIC, "").refused(500);
    assert!(why.contains("was lost when the service was restarted"), "{why}");
}

#[test]
fn what_is_wrong_is_refused_as_harbor_reads_it() {
    let registry = Registry::start();
    let service = Service::with(setup(&registry));
    let client = Client::new(service.api.address());
    let digest = push(&registry, "shop/web");
    let right = request(&url(&registry), "", "shop/web", &digest);
    for id in ["7", "x", "-1", "18446744073709551616"] {
        client.report(id, GENERIC, "").refused(404);
    }
    // A job that was not Harbor's.
    let job = service
        .api
        .submit(&crate::archives::Parts::of(&debian(), crate::archives::Compression::Gzip).docker_archive());
    client.report(job.ok()["id"].as_str().unwrap(), GENERIC, "").refused(404);
    let check = |pointer: &str, value: Value, named: &str| {
        let mut wrong = right.clone();
        *wrong.pointer_mut(pointer).unwrap() = value;
        let why = client.try_scan(&wrong).refused(422);
        assert!(why.contains(named), "{why}");
    };
    check("/registry/url", json!("ftp://x"), "`registry.url`");
    check("/registry/url", json!("https://10.1.2.3"), "10.1.2.3");
    check("/registry/authorization", json!("Basic %"), "`registry.authorization`");
    check("/artifact/repository", json!(""), "`artifact.repository`");
    check("/artifact/repository", json!("Shop/Web"), "repository");
    check("/artifact/digest", json!("latest"), "`artifact.digest`");
    check("/enabled_capabilities/0/type", json!("licences"), "`enabled_capabilities.type`");
    let why = client.call("POST", "/api/v1/scan", &[], Some(b"{")).refused(400);
    assert!(why.contains("no request for a scan"), "{why}");
    client.call("GET", "/api/v1/nothing", &[], None).refused(404);

    let id = client.scan(&right);
    client.scanned(&id, GENERIC, "");
    client.report(&id, "text/html", "").refused(415);
    client.report(&id, SBOM, "?sbom_media_type=text%2Fplain").refused(422);
    // An image that the registry does not have fails its job.
    let absent = format!("sha256:{}", "0".repeat(64));
    let id = client.scan(&request(&url(&registry), "", "shop/web", &absent));
    assert!(!client.poll(&id, GENERIC, "").refused(500).is_empty());

    let without = Service::with(Setup::new());
    let answer = Client::new(without.api.address()).call("GET", "/api/v1/metadata", &[], None);
    assert_eq!(answer.status, 404);
}

#[test]
fn harbor_shows_a_token_in_each_of_its_ways() {
    let registry = Registry::start();
    let digest = push(&registry, "shop/web");
    let service = Service::with(setup(&registry).with("LIMPID_ACCESS__REQUIRED", "true"));
    let token = |arguments: &[&str]| {
        let all = ["token", "create"].iter().chain(arguments).copied();
        service.setup.run(all).ok().trim().to_owned()
    };
    let submit = token(&["harbor", "--role", "submit"]);
    let at = service.api.address();
    let wanted = request(&url(&registry), "", "shop/web", &digest);
    let ways = [
        ("authorization", format!("Bearer {submit}")),
        ("authorization", basic(("harbor", &submit))),
        ("X-Scanneradapter-Api-Key", submit),
    ];
    for way in ways {
        let client = Client::with(at, &[way]);
        client.metadata();
        client.scanned(&client.scan(&wanted), GENERIC, "");
    }
    let nobody = Client::new(at).call("GET", "/api/v1/metadata", &[], None);
    nobody.refused(401);
    Client::with(at, &[("authorization", basic(("harbor", "wrong")))]).try_scan(&wanted).refused(401);
    let reads =
        Client::with(at, &[("authorization", format!("Bearer {}", token(&["reads", "--role", "read"])))]);
    reads.metadata();
    reads.try_scan(&wanted).refused(403);
    // Elsewhere, the ways of Harbor are none.
    let password = basic(("harbor", &token(&["other", "--role", "submit"])));
    service.api.send("GET", "/v1/images", &[("authorization", &password)], b"").refused(401, "unauthorized");

    let glob = format!("{}/shop/*", registry.host());
    let bound = token(&["shop", "--role", "submit", "--repository", &glob]);
    let bound = Client::with(at, &[("authorization", format!("Bearer {bound}"))]);
    bound.metadata();
    bound.scanned(&bound.scan(&wanted), GENERIC, "");
    let other = request(&url(&registry), "", "secret/web", &push(&registry, "secret/web"));
    bound.try_scan(&other).refused(403);
    let id = reads.report("1", GENERIC, "");
    assert_eq!(id.status, 200);
    let all =
        Client::with(at, &[("authorization", format!("Bearer {}", token(&["all", "--role", "submit"])))]);
    let id = all.scan(&other);
    all.scanned(&id, GENERIC, "");
    bound.report(&id, GENERIC, "").refused(404);
}

/// A system of so many packages, and a tracker by which each has so many vulnerabilities.
fn many(packages: usize, vulnerabilities: usize) -> (Vec<Layer>, String) {
    let release = "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nPRETTY_NAME=\"Debian 12\"\n";
    let stanza = |number: usize| {
        format!(
            "Package: library-{number}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\
             Description: x\n\n"
        )
    };
    let status: String = (0..packages).map(stanza).collect();
    let layer = Layer::new("FROM").file("etc/os-release", release).file("var/lib/dpkg/status", status);
    let mut tracker: Value = serde_json::from_str(&advisories::debian_tracker()).unwrap();
    for package in 0..packages {
        let known: serde_json::Map<String, Value> = (0..vulnerabilities)
            .map(|number| {
                let description =
                    format!("A flaw in the parser of library {package} lets others read what is not theirs.");
                let release = json!({
                    "status": "resolved", "repositories": { "bookworm": "1.0-1" }, "urgency": "medium",
                    "fixed_version": "1.0-2",
                });
                let id = format!("CVE-2025-{}", 100_000 + package * vulnerabilities + number);
                (id, json!({ "description": description, "releases": { "bookworm": release } }))
            })
            .collect();
        tracker[format!("library-{package}")] = known.into();
    }
    (vec![layer], tracker.to_string())
}

#[test]
fn a_report_of_20_000_findings_reaches_harbor_whole() {
    let registry = Registry::start();
    let (layers, tracker) = many(20, 1_000);
    let digest = push_layers(&registry, "shop/big", &layers);
    let service = Service::with(setup(&registry));
    let client = Client::new(service.api.address());
    service.api.hand_in("debian", tracker).ok();
    let id = client.scan(&request(&url(&registry), "", "shop/big", &digest));
    let first = client.scanned(&id, GENERIC, "").json();
    assert_eq!(first["vulnerabilities"].as_array().unwrap().len(), 20_000);
    // Harbor waits for five seconds; how long it takes here depends on what else runs.
    let began = Instant::now();
    let answer = client.scanned(&id, GENERIC, "");
    eprintln!("a report of 20,000 findings: {} bytes in {:?}", answer.body.len(), began.elapsed());
}

#[test]
fn a_command_makes_the_service_a_scanner_and_changes_it() {
    let registry = Registry::start();
    let harbor = Harbor::start();
    let service = Service::with(setup(&registry).with("LIMPID_ACCESS__REQUIRED", "true"));
    let token = service.setup.run(["token", "create", "harbor", "--role", "submit"]).ok();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (password, token) = (file("password", &format!("{PASSWORD}\n")), file("token", &token));
    let (harbor_url, at) = (harbor.url(), service.api.address().to_owned());
    let register = |more: &[&str]| {
        let common = ["harbor", "register", "--harbor", &harbor_url, "--username", USER, "--limpid", &at];
        service.setup.run(common.iter().chain(more).copied())
    };
    let said = register(&["--password-file", &password, "--limpid-token-file", &token]).ok();
    assert!(said.contains("scanner `Limpid`") && said.contains("is made"), "{said}");
    assert_eq!(harbor.scanners()[0]["url"], format!("{at}/harbor"));
    assert_eq!(harbor.scanners()[0]["auth"], "Bearer");
    let token_file = ["--password-file", &password, "--limpid-token-file", &token];
    for auth in ["basic", "api-key", "bearer"] {
        let said = register(&[&token_file[..], &["--auth", auth, "--default"]].concat()).ok();
        assert!(said.contains("is changed, and the default"), "{said}");
    }
    assert_eq!(harbor.scanners().len(), 1, "there is one of that name");
    assert_eq!(harbor.scanners()[0]["is_default"], true);
    register(&[&token_file[..], &["--name", "Other", "--internal-address"]].concat()).ok();
    assert_eq!(harbor.scanners()[1]["use_internal_addr"], true);

    let why = register(&["--password-file", &password]).failed();
    assert!(why.contains("`harbor.enabled`") && why.contains("unexpected status 401"), "{why}");
    let wrong = file("wrong", "hidden-wrong");
    let why = register(&["--password-file", &wrong, "--limpid-token-file", &token]).failed();
    assert!(why.contains("401") && !why.contains("hidden-wrong"), "{why}");
    let elsewhere = ["--harbor", "http://harbor.example", "--username", "u", "--limpid", &at];
    let by_file = ["--password-file", password.as_str()];
    let elsewhere = ["harbor", "register"].iter().chain(&elsewhere).chain(&by_file).copied();
    let why = service.setup.run(elsewhere).failed();
    assert!(why.contains("unencrypted"), "{why}");
}

fn bookworm(urgency: &str) -> Value {
    json!({ "releases": { "bookworm": {
        "status": "open", "repositories": { "bookworm": "7.88.1-10+deb12u12" }, "urgency": urgency,
    } } })
}

#[test]
fn a_harbor_scans_again_exactly_what_a_change_affects() {
    let (registry, harbor) = (Registry::start(), Harbor::start());
    let settings = setup(&registry)
        .with("LIMPID_NOTICES__FLAP_WINDOW", 0)
        .with("LIMPID_NOTICES__BACKOFF", 1)
        .with("LIMPID_NOTICES__LONGEST_BACKOFF", 1)
        .with("LIMPID_LOG", "debug");
    let service = Service::with(settings);
    let client = Client::new(service.api.address());
    let scan = |repository: &str, layers: &[Layer]| {
        let digest = push_layers(&registry, repository, layers);
        let id = client.scan(&request(&url(&registry), "", repository, &digest));
        client.scanned(&id, GENERIC, "");
        digest
    };
    let with = |text: &str| [debian().layers(), &[Layer::new("COPY").file("app/name", text)]].concat();
    let (web, api) = (scan("shop/web", &with("web")), scan("shop/nested/api", &with("api")));
    scan("shop/other", &[Layer::new("COPY").file("app/name", "other")]);
    let mut tracker: Value = serde_json::from_str(&advisories::debian_tracker()).unwrap();
    service.api.hand_in("debian", tracker.to_string()).ok();
    // One that is affected as well, and in no registry.
    let archive = crate::archives::Parts::of(&debian(), crate::archives::Compression::Gzip).docker_archive();
    service.api.submit(&archive).ok();

    let put = |name: &str, wanted: Value| {
        let path = format!("/v1/subscriptions/{name}");
        service.api.send("PUT", &path, &[], wanted.to_string().as_bytes())
    };
    let target = |password: &str, rate: u32| {
        json!({ "harbor": {
            "url": harbor.url(), "registry": registry.host(), "username": USER, "password": password, "rate": rate,
        } })
    };
    put("badges", target("", 60)).refused(422, "bad-subscription");
    put("badges", target(PASSWORD, 0)).refused(422, "bad-subscription");
    put("badges", target("hidden-wrong", 60_000)).ok();
    let test = || service.api.send("POST", "/v1/subscriptions/badges/test", &[], b"");
    let why = test().refused(502, "not-delivered");
    assert!(why.contains("robot account"), "{why}");
    let made = put("badges", target(PASSWORD, 60_000)).ok();
    assert_eq!(made["filter"]["names"], json!([format!("{}/*", registry.host())]));
    assert!(!made.to_string().contains(PASSWORD), "{made:#}");
    assert_eq!(test().status, 204);

    // Two vulnerabilities of two images, and a Harbor that is busy with one of them.
    harbor.plan(&[409]);
    tracker["curl"]["CVE-2026-10001"] = bookworm("high");
    tracker["curl"]["CVE-2026-10002"] = bookworm("low");
    service.api.hand_in("debian", tracker.to_string()).ok();
    let path = |repository: &str, digest: &str| {
        let digest = digest.replace(':', "%3A");
        format!("/projects/shop/repositories/{repository}/artifacts/{digest}/scan")
    };
    let expected = BTreeSet::from([path("web", &web), path("nested%252Fapi", &api)]);
    let pending = || service.api.get("/v1/subscriptions/badges").ok()["pending"].as_u64().unwrap();
    let settled = |calls: usize| {
        until("all is done", || (harbor.scans().len() >= calls && pending() == 0).then_some(()));
        assert_eq!(harbor.scans().len(), calls, "{:#?}", harbor.scans());
    };
    settled(3);
    assert_eq!(harbor.scans().into_iter().collect::<BTreeSet<_>>(), expected);
    let delivered = service.api.get("/v1/notices?subscription=badges&state=delivered").ok();
    assert_eq!(delivered["notices"].as_array().unwrap().len(), 4, "{delivered:#}");

    // The next change is another one.
    tracker["curl"]["CVE-2026-10003"] = bookworm("high");
    service.api.hand_in("debian", tracker.to_string()).ok();
    settled(5);
    // What Harbor has no more is done with.
    harbor.plan(&[404, 404]);
    tracker["curl"]["CVE-2026-10004"] = bookworm("high");
    service.api.hand_in("debian", tracker.to_string()).ok();
    settled(7);
    // Who sends notices again asks again.
    service.api.send("POST", "/v1/notices/badges/replay?from=1", &[], b"").ok();
    settled(9);
    assert!(!service.log().contains(PASSWORD));
}
