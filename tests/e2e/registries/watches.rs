//! Watches of a real registry on loopback, which tells the service what is pushed to it.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::{Value, json};
use xtask::sample::Layer;

use super::distribution::{Distribution, Who, free_port};
use super::parts;
use crate::archives::{Compression, Parts, image};
use crate::program::Setup;
use crate::service::{Service, until};

const SECRET: &str = "hidden-secret";

/// Images of 300 tags share a layer, as those of one organisation do.
const TAGS: usize = 300;
const REPOSITORIES: usize = 60;

/// A service, and a registry that tells it of pushes.
fn both(change: impl FnOnce(Setup) -> Setup) -> (Service, Distribution) {
    let port = free_port();
    let registries = format!("{{\"127.0.0.1:{port}\" = {{}}}}");
    let setup = Setup::new()
        .with("LIMPID_REGISTRIES", registries)
        .with("LIMPID_EVENTS__SECRET", SECRET)
        .with("LIMPID_WATCHES__GRACE", 0);
    let service = Service::with(change(setup));
    let endpoint = format!(
        "notifications:\n  endpoints:\n    - name: limpid\n      url: {}/v1/events\n      headers:\n        \
         Authorization: [\"Bearer {SECRET}\"]\n      timeout: 2s\n      threshold: 1000\n      backoff: 1s\n",
        service.api.address()
    );
    let registry = Distribution::at(port, Who::Anybody, &endpoint);
    (service, registry)
}

fn tiny(n: usize) -> Parts {
    let layers = [Layer::new("FROM base").file("base", "base"), Layer::new("COPY").file("n", n.to_string())];
    Parts::of(&image("tiny", layers), Compression::Gzip)
}

fn put(service: &Service, registry: &Distribution) {
    let wanted = json!({ "registry": registry.host(), "repositories": ["team/*"] });
    service.api.send("PUT", "/v1/watches/all", &[], wanted.to_string().as_bytes()).ok();
}

/// Lists the registry, and says how that went.
fn list(service: &Service) -> Value {
    let before = listings(service);
    assert_eq!(service.api.send("POST", "/v1/watches/all/list", &[], b"").status, 202);
    listed_since(service, before)
}

/// How often the registry was listed, by the log: times are in seconds, in which it is listed more than once.
fn listings(service: &Service) -> usize {
    service.log().matches("watch `all` is listed").count()
}

fn listed_since(service: &Service, before: usize) -> Value {
    until("the registry is listed", || {
        let watch = service.api.get("/v1/watches/all").ok();
        let is_listed = listings(service) > before && watch["state"] == "waiting";
        (is_listed && watch["next_listing"].is_string()).then_some(watch)
    })
}

/// All images that are known.
fn images(service: &Service) -> BTreeSet<String> {
    let (mut images, mut after) = (BTreeSet::new(), String::new());
    loop {
        let page = service.api.get(&format!("/v1/images?limit=1000{after}")).ok();
        images.extend(
            page["images"].as_array().unwrap().iter().map(|it| it["digest"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return images,
        }
    }
}

fn until_there_are(service: &Service, expected: &BTreeSet<String>) {
    until("all images are indexed", || (images(service) == *expected).then_some(()));
}

/// Where the tags of a repository point.
fn tags(service: &Service, registry: &Distribution, repository: &str) -> Vec<(String, String)> {
    let path = format!("/v1/repositories/{}/{repository}/tags?limit=100", registry.host());
    let tags = service.api.get(&path).ok()["tags"].clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    tags.as_array()
        .unwrap()
        .iter()
        .map(|tag| (text(&tag["tag"]), text(&tag["images"][0]["digest"])))
        .collect()
}

/// Requests so far, of which nothing more comes than heads and lists where nothing is new.
fn requests(registry: &Distribution) -> [usize; 4] {
    let gets = registry.requests("GET", "/v2/");
    let is_list = |line: &&String| line.contains("/_catalog") || line.contains("/tags/list");
    let lists = gets.iter().filter(is_list).count();
    let pings = gets.iter().filter(|line| line.contains("\"GET /v2/ ")).count();
    let heads = registry.requests("HEAD", "/manifests/").len();
    [lists, heads, pings, gets.len() - lists - pings]
}

#[test]
#[ignore = "needs docker-registry: `cargo xtask test-with docker-registry`"]
fn a_registry_of_300_tags_is_followed_with_heads_alone_where_nothing_is_new() {
    let (service, registry) = both(|setup| setup);
    let mut expected = BTreeSet::new();
    for n in 0..TAGS {
        let parts = tiny(n);
        registry.push(&format!("team/r{}", n % REPOSITORIES), &format!("1.{n}"), &parts);
        expected.insert(parts.digest().to_owned());
    }
    registry.push("other/r", "1", &parts("other", "other"));

    let began = Instant::now();
    put(&service, &registry);
    let first = listed_since(&service, 0);
    assert_eq!([&first["followed_tags"], &first["submitted"], &first["failed"]], [300, 300, 0], "{first:#}");
    until_there_are(&service, &expected);
    eprintln!("first listing, all {TAGS} images indexed: {:.1} s", began.elapsed().as_secs_f64());

    let before = requests(&registry);
    let began = Instant::now();
    let second = list(&service);
    let took = began.elapsed();
    assert_eq!([&second["followed_tags"], &second["submitted"]], [300, 0], "{second:#}");
    let after = requests(&registry);
    let more: Vec<_> = after.iter().zip(before).map(|(after, before)| after - before).collect();
    eprintln!("nothing new: {:.2} s, lists, heads, pings, others: {more:?}", took.as_secs_f64());
    assert_eq!(more, [1 + REPOSITORIES, TAGS, 0, 0]);

    // What is pushed is known in seconds, without a listing.
    let listed = listings(&service);
    let (new, moved) = (tiny(1_000), tiny(1_001));
    let began = Instant::now();
    registry.push("team/r0", "2.0", &new);
    expected.insert(new.digest().to_owned());
    until_there_are(&service, &expected);
    eprintln!("pushed and indexed: {:.2} s", began.elapsed().as_secs_f64());
    registry.push("team/r0", "1.0", &moved);
    expected.insert(moved.digest().to_owned());
    until_there_are(&service, &expected);
    assert!(tags(&service, &registry, "team/r0").contains(&("1.0".to_owned(), moved.digest().to_owned())));
    assert_eq!(listings(&service), listed);

    // What the tag pointed at before is still there to be compared.
    let path = format!("/v1/repositories/{}/team/r0/tags", registry.host());
    let moved_tag = service.api.get(&path).ok()["tags"][0].clone();
    assert_eq!(moved_tag["previous"]["images"], json!([tiny(0).digest()]), "{moved_tag:#}");

    // What is deleted is gone with one listing and dropped with the next.
    let (manifest, _) = tiny(1).manifest();
    registry.delete("team/r1", &crate::archives::sha256(manifest.as_bytes()));
    assert_eq!(list(&service)["gone_tags"], 1);
    assert_eq!(list(&service)["dropped"], 1);
    expected.remove(tiny(1).digest().as_str());
    assert_eq!(images(&service), expected);

    // What somebody deletes comes back while its tag is there, and an image that is named by its digest takes no tag
    // away.
    assert_eq!(service.api.delete(&format!("/v1/images/{}", tiny(3).digest())).status, 204);
    assert_eq!(list(&service)["submitted"], 1);
    until_there_are(&service, &expected);
    let (manifest, _) = tiny(5).manifest();
    let digest = crate::archives::sha256(manifest.as_bytes());
    let pinned = format!("{}/team/r5:1.65@{digest}", registry.host());
    service.api.submit_json(&json!({ "reference": pinned })).ok();
    assert_eq!(list(&service)["submitted"], 0);
    let tags = tags(&service, &registry, "team/r5");
    assert!(tags.contains(&("1.65".to_owned(), tiny(65).digest().to_owned())), "{tags:?}");
    assert!(!service.log().contains(SECRET));
}

#[test]
#[ignore = "needs docker-registry: `cargo xtask test-with docker-registry`"]
fn killed_in_the_middle_of_anything_a_watch_comes_to_the_same_end() {
    let (mut service, registry) = both(|setup| setup);
    let mut expected = BTreeSet::new();
    for n in 0..40 {
        let parts = tiny(n);
        registry.push(&format!("team/r{}", n % 8), &format!("1.{n}"), &parts);
        expected.insert(parts.digest().to_owned());
    }
    put(&service, &registry);
    // In the middle of the first listing: some are there.
    until("some images are there", || (!images(&service).is_empty()).then_some(()));
    service = Service::with(service.kill());
    until_there_are(&service, &expected);
    let jobs = |service: &Service| {
        let tags = service.api.get("/v1/watches/all/tags?limit=1000").ok();
        tags["tags"].as_array().unwrap().iter().filter(|tag| tag["job"].is_string()).count()
    };
    until("all tags are followed", || (jobs(&service) == 40).then_some(()));

    // While a pushed tag is on its way: the process that comes after was told nothing.
    let pushed = tiny(2_000);
    registry.push("team/r0", "2.0", &pushed);
    service = Service::with(service.kill());
    list(&service);
    expected.insert(pushed.digest().to_owned());
    until_there_are(&service, &expected);

    // A moved tag, and one that is deleted.
    let moved = tiny(2_001);
    registry.push("team/r1", "1.1", &moved);
    let (manifest, _) = tiny(2).manifest();
    registry.delete("team/r2", &crate::archives::sha256(manifest.as_bytes()));
    assert_eq!(service.api.send("POST", "/v1/watches/all/list", &[], b"").status, 202);
    service = Service::with(service.kill());
    list(&service);
    assert_eq!(service.api.send("POST", "/v1/watches/all/list", &[], b"").status, 202);
    service = Service::with(service.kill());
    list(&service);
    expected.insert(moved.digest().to_owned());
    expected.remove(tiny(2).digest().as_str());
    until_there_are(&service, &expected);
    assert_eq!(tags(&service, &registry, "team/r1")[0], ("1.1".to_owned(), moved.digest().to_owned()));
    let watch = list(&service);
    assert_eq!([&watch["followed_tags"], &watch["gone_tags"], &watch["failed"]], [40, 0, 0], "{watch:#}");
}

#[test]
#[ignore = "needs docker-registry: `cargo xtask test-with docker-registry`"]
fn files_that_were_not_kept_are_fetched_again_for_a_detector_that_comes_later() {
    let plugins = tempfile::tempdir().unwrap();
    let all = Setup::new().plugins().to_owned();
    for entry in std::fs::read_dir(&all).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().unwrap() != "node" {
            std::fs::copy(&path, plugins.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let (service, registry) =
        both(|setup| setup.with_plugins(plugins.path()).with("LIMPID_KEEP__FILE_BYTES", 0));
    let module = json!({ "name": "alpha", "version": "1.0.0" }).to_string();
    let layer = Layer::new("RUN npm install").file("app/node_modules/alpha/package.json", module);
    let parts = Parts::of(&image("node", [layer]), Compression::Gzip);
    registry.push("team/node", "1", &parts);
    put(&service, &registry);
    until_there_are(&service, &BTreeSet::from([parts.digest().to_owned()]));
    let packages = || {
        let inventory = service.api.get(&format!("/v1/images/{}/packages", parts.digest())).ok();
        inventory["packages"].as_array().unwrap().len()
    };
    assert_eq!(packages(), 0);
    let before = registry.requests("GET", "/blobs/").len();
    std::fs::copy(all.join("node.wasm"), plugins.path().join("node.wasm")).unwrap();
    until("the module is found", || (packages() == 1).then_some(()));
    assert!(registry.requests("GET", "/blobs/").len() > before);
}
