//! Plugins from elsewhere: added, replaced, rolled back and removed by the command line, beside a
//! service that runs; and who may vouch for them.

mod registry;

use std::fs;
use std::path::Path;

use ed25519_compact::{KeyPair, Seed};
use serde_json::{Value, json};

use crate::hot_swap::{Place, built, rebuilt};
use crate::program::Setup;
use crate::service::{Service, until};
use registry::{Readers, Registry, digest};

/// What is in a plugins directory.
fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let name = |entry: &fs::DirEntry| entry.file_name().to_str().unwrap().to_owned();
    let mut files: Vec<_> = entries.map(|entry| (name(&entry), fs::read(entry.path()).unwrap())).collect();
    files.sort();
    files
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_plugin_goes_from_a_registry_into_a_running_service_and_back() {
    let place = Place::without(&["apk"]);
    let setup = &place.service.setup;
    let runs = |expected: Option<&str>| {
        until("the service follows", || (place.digest("apk").as_deref() == expected).then_some(()));
    };
    let json = ["--format", "json"];
    let first = built("apk");
    let from = Registry::of(&first, first.clone(), Readers::Anyone);
    let added = setup.run(["plugin", "add", &from.reference()].into_iter().chain(json)).json();
    assert_eq!((&added["before"], &added["after"]["digest"]), (&Value::Null, &digest(&first).into()));
    runs(Some(&digest(&first)));

    let second = rebuilt("apk", "two");
    let from = Registry::of(&second, second.clone(), Readers::Anyone);
    let replaced = setup.run(["plugin", "add", &from.pinned()].into_iter().chain(json)).json();
    assert_eq!(replaced["before"], added["after"]);
    runs(Some(&digest(&second)));

    let versions = setup.run(["plugin", "inspect", "apk"].into_iter().chain(json)).json()["versions"].clone();
    assert_eq!(versions, json!([digest(&second), digest(&first)]));
    let back = setup.run(["plugin", "rollback", "apk"].into_iter().chain(json)).json();
    assert_eq!((&back["before"], &back["after"]), (&replaced["after"], &added["after"]));
    runs(Some(&digest(&first)));
    setup.run(["plugin", "rollback", "apk", "--digest", &digest(&second)]).ok();
    runs(Some(&digest(&second)));

    assert!(
        setup.run(["plugin", "remove", "apk"]).ok().contains("`limpid plugin rollback apk` brings it back")
    );
    runs(None);
    assert!(setup.run(["plugin", "remove", "apk"]).failed().contains("no plugin named `apk` is loaded"));
}

#[test]
fn a_plugin_is_added_from_an_address_and_from_a_file() {
    let place = tempfile::tempdir().unwrap();
    let setup = Setup::new().with_plugins(place.path());
    let component = built("dpkg");
    let from = Registry::of(&component, component.clone(), Readers::Anyone);
    assert!(setup.run(["plugin", "add", &from.address()]).ok().starts_with("dpkg "));
    assert_eq!(files(place.path()), [("dpkg.wasm".to_owned(), component)]);
    let same = setup.run(["plugin", "add", text(&Setup::new().plugins().join("dpkg.wasm"))]).ok();
    assert!(same.trim_end().ends_with("was there already"), "{same}");
}

#[test]
fn a_registry_that_asks_who_it_is_is_told_from_standard_input_or_by_docker() {
    let place = tempfile::tempdir().unwrap();
    let component = built("dpkg");
    let from = Registry::of(&component, component.clone(), Readers::Reader);
    let docker = tempfile::tempdir().unwrap();
    let setup = Setup::new().with_plugins(place.path()).with("DOCKER_CONFIG", docker.path().display());
    let add = ["plugin", "add", &from.reference()];
    let asked = [&add[..], &["--username", "reader", "--password-stdin"]].concat();

    let error = setup.run(add).failed();
    assert!(error.contains("who does not say who they are") && error.contains("wrong password"), "{error}");
    let error = setup.run_with_input(asked.iter().copied(), "guess\n").failed();
    assert!(error.contains("user `reader`") && !error.contains("guess"), "{error}");
    assert_eq!(files(place.path()), []);
    setup.run_with_input(asked.iter().copied(), "secret\n").ok();
    assert_eq!(files(place.path()).len(), 1);

    let registry = from.reference();
    let auths = json!({"auths": {registry.split('/').next().unwrap(): {"auth": "cmVhZGVyOnNlY3JldA=="}}});
    fs::write(docker.path().join("config.json"), auths.to_string()).unwrap();
    setup.run(add).ok();
}

#[test]
fn what_is_no_good_is_refused_before_anything_is_written() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("dpkg.wasm"), built("dpkg")).unwrap();
    let setup = Setup::new().with_plugins(place.path());
    let before = files(place.path());
    let (good, bad) = (built("dpkg"), b"garbage".to_vec());
    let refused = |source: &str, expected: &str| {
        let error = setup.run(["plugin", "add", source]).failed();
        assert!(error.contains(expected), "{source}: {error}");
        assert_eq!(files(place.path()), before);
    };
    let garbage = Registry::of(&bad, bad.clone(), Readers::Anyone);
    refused(&garbage.reference(), "limpid/plugin:1.0` is not added: the component is not WebAssembly");
    refused(&garbage.address(), "/plugin.wasm` is not added: the component is not WebAssembly");
    let swapped = Registry::of(&good, rebuilt("dpkg", "evil"), Readers::Anyone);
    refused(&swapped.reference(), "is longer than the");
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let damaged = Registry::of(&good, flipped, Readers::Anyone);
    refused(&damaged.reference(), &format!("not {}", digest(&good)));
    refused(&damaged.reference().replace(":1.0", ":2.0"), "answers 404: manifest unknown");
    refused("/nowhere/dpkg.wasm", "`/nowhere/dpkg.wasm` cannot be read");
    refused("http://registry.example/dpkg.wasm", "`--plain-http` allows it");
    let small = setup.clone().with("LIMPID_PLUGINS__COMPONENT_BYTES", 100);
    let error = small.run(["plugin", "add", &damaged.reference()]).failed();
    assert!(error.contains("is over 100 bytes") && error.contains("`plugins.component_bytes`"), "{error}");
}

#[test]
fn a_plugin_is_inspected_by_its_name_and_as_a_file() {
    let setup = Setup::new();
    let loaded = setup.run(["plugin", "inspect", "dpkg", "--format", "json"]).json();
    let file = setup.plugins().join("dpkg.wasm");
    let alone = setup.run(["plugin", "inspect", text(&file), "--format", "json"]).json();
    let fields =
        ["name", "version", "digest", "size", "roles", "imports", "exports", "claims", "description"];
    for field in fields {
        assert_eq!(loaded[field], alone[field], "{field}");
        assert!(!loaded[field].is_null(), "{field}: {loaded:#}");
    }
    assert_eq!(loaded["exports"], json!(["limpid:plugin/detector@0.2.0", "limpid:plugin/upgrades@0.2.0"]));
    assert_eq!(loaded["versions"], json!([loaded["digest"]]));
    assert_eq!(alone["versions"], Value::Null);
    let debian = setup.run(["plugin", "inspect", "debian", "--format", "json"]).json();
    assert!(debian["sources"][0]["url"].as_str().unwrap().starts_with("https://"), "{debian:#}");
    let scheme = setup.run(["plugin", "inspect", "dpkg-versions"]).ok();
    assert!(scheme.lines().any(|line| line.split_whitespace().eq(["scheme", "dpkg"])), "{scheme}");
    assert!(setup.run(["plugin", "inspect", "nothing"]).failed().contains("no plugin named `nothing`"));
}

#[test]
fn an_operator_can_let_run_only_what_a_key_signed_or_a_digest_names() {
    let keys = KeyPair::from_seed(Seed::new([7; 32]));
    let sign = |component: &[u8]| hex::encode(*keys.sk.sign(digest(component), None));
    let place = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(place.path().join(name), bytes).unwrap();
    for name in ["dpkg", "apk", "os-release"] {
        put(&format!("{name}.wasm"), &built(name));
    }
    put("dpkg.wasm.sig", sign(&built("dpkg")).as_bytes());
    let allow = json!([format!("ed25519:{}", hex::encode(*keys.pk)), digest(&built("os-release"))]);
    let setup = Setup::new().with_plugins(place.path()).with("LIMPID_PLUGINS__ALLOW", allow);
    let service = Service::with(setup.clone());
    let plugins = service.api.get("/v1/plugins").ok();
    let names: Vec<_> = plugins["plugins"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect();
    assert_eq!(names, ["dpkg", "os-release"]);
    let reason = plugins["refused"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("`plugins.allow`") && reason.contains(&digest(&built("apk"))), "{reason}");

    let next = rebuilt("dpkg", "next");
    let change = |headers: &[(&str, &str)]| service.api.send("PUT", "/v1/plugins/dpkg", headers, &next);
    let message = change(&[]).refused(422, "plugin-refused");
    assert!(message.contains("it comes with no signature"), "{message}");
    let message = change(&[("x-limpid-signature", &sign(b"other"))]).refused(422, "plugin-refused");
    assert!(message.contains("no key there signed it"), "{message}");
    change(&[("x-limpid-signature", &sign(&next))]).ok();
    service.api.send("POST", "/v1/plugins/dpkg/rollback", &[], b"").ok();

    let apk = Setup::new().plugins().join("apk.wasm");
    assert!(setup.run(["plugin", "add", text(&apk)]).failed().contains("it comes with no signature"));
    setup.run(["plugin", "inspect", text(&apk)]).ok();
    let signature = setup.data().join("apk.sig");
    fs::write(&signature, sign(&built("apk"))).unwrap();
    setup.run(["plugin", "add", text(&apk), "--signature", text(&signature)]).ok();
    until("the service takes it", || (service.api.get("/v1/plugins/apk").status == 200).then_some(()));
}

#[test]
fn a_limit_of_one_plugin_that_is_above_the_general_one_is_refused() {
    let setup = Setup::new().with("LIMPID_PLUGINS__LIMITS", "{ dpkg = { call_time = 31 } }");
    let error = setup.run(["plugin", "list"]).failed();
    assert!(error.contains("`plugins.limits.dpkg.call_time` is 31"), "{error}");
    assert!(error.contains("`plugins.call_time`"), "{error}");
}
