//! Images of registries, as their names are handed to the service: a real registry (Debian's
//! `docker-registry`) on loopback, with what it is able to ask for.

mod distribution;
mod tokens;

use serde_json::{Value, json};
use xtask::sample::Layer;

use crate::archives::{Compression, Parts, image};
use crate::program::Setup;
use crate::service::Service;
use distribution::{Distribution, Who};

/// A service that may ask a registry on loopback.
fn service(registry: &Distribution) -> Service {
    let (host, others) = (registry.host(), registry.others());
    let settings = format!("{{\"{host}\" = {{hosts = {others:?}}}}}");
    Service::with(Setup::new().with("LIMPID_REGISTRIES", settings))
}

fn parts(name: &str, file: &str) -> Parts {
    let layers = [Layer::new("FROM base").file("base", "base"), Layer::new("COPY").file(file, file)];
    Parts::of(&image(name, layers), Compression::Gzip)
}

fn job(service: &Service, wanted: &Value) -> Value {
    let answer = service.api.submit_json(wanted);
    assert_eq!(answer.status, 200, "{answer:#?}");
    answer.body
}

#[test]
#[ignore = "needs docker-registry: `cargo xtask test-with docker-registry`"]
fn a_real_registry_gives_images_by_tag_and_digest_and_only_layers_that_are_not_known() {
    let registry = Distribution::start(Who::Anybody);
    let (one, two) = (parts("one", "1"), parts("two", "2"));
    let manifest = registry.push("shop/web", "1", &one);
    registry.push("shop/web", "2", &two);
    let service = service(&registry);

    let by_tag = format!("{}/shop/web:1", registry.host());
    let first = job(&service, &json!({ "reference": by_tag }));
    assert_eq!([&first["images"][0], &first["reference"]], [&json!(one.digest()), &json!(by_tag)]);
    assert_eq!([&first["layers_read"], &first["layers_known"]], [2, 0]);
    assert_eq!(service.api.get(&format!("/v1/images/{by_tag}")).ok()["digest"], one.digest());

    let second = job(&service, &json!({ "reference": format!("{}/shop/web:2", registry.host()) }));
    assert_eq!([&second["layers_read"], &second["layers_known"]], [1, 1]);
    let by_digest = format!("{}/shop/web@{manifest}", registry.host());
    let again = job(&service, &json!({ "reference": by_digest }));
    assert_eq!([&again["images"][0], &again["layers_known"]], [&json!(one.digest()), &json!(2)]);
    assert_eq!(
        registry.requests("GET", "/blobs/").len(),
        3 + 3,
        "three layers, and a configuration each time"
    );
}

#[test]
#[ignore = "needs docker-registry: `cargo xtask test-with docker-registry`"]
fn a_real_registry_gives_all_platforms_of_an_index_or_those_that_are_asked_for() {
    let registry = Distribution::start(Who::Anybody);
    let (mut arm, amd) = (parts("arm", "arm"), parts("amd", "amd"));
    arm.set_architecture("arm64");
    registry.push_index("shop/web", "1", &[&arm, &amd]);
    let service = service(&registry);
    let reference = format!("{}/shop/web:1", registry.host());

    let only = job(&service, &json!({ "reference": reference, "platforms": ["linux/arm64"] }));
    assert_eq!(only["images"], json!([arm.digest()]));
    let all = job(&service, &json!({ "reference": reference }));
    assert_eq!(all["images"], json!([arm.digest(), amd.digest()]));
    let known = service.api.get(&format!("/v1/images?name={reference}")).ok();
    assert_eq!(known["images"].as_array().unwrap().len(), 2, "{known:#}");
    let none = service.api.submit_json(&json!({ "reference": reference, "platforms": ["windows/amd64"] }));
    assert_eq!(none.status, 422, "{none:#?}");
}

#[test]
#[ignore = "needs docker-registry: `cargo xtask test-with docker-registry`"]
fn a_real_registry_that_asks_who_comes_is_told_by_password_or_token() {
    for who in [Who::Password, Who::Token] {
        let registry = Distribution::start(who);
        let parts = parts("secret", "secret");
        registry.push("shop/secret", "1", &parts);
        let service = service(&registry);
        let reference = format!("{}/shop/secret:1", registry.host());
        let with = |password: &str| {
            let credentials = json!({ "username": "me", "password": password });
            service.api.submit_json(&json!({ "reference": reference, "credentials": credentials }))
        };
        let refused = with("wrong-one");
        assert_ne!(refused.status, 200, "{who:?}: {refused:#?}");
        assert!(!refused.body.to_string().contains("wrong-one"), "{refused:#?}");
        assert_eq!(with("hunter2").ok()["images"][0], parts.digest(), "{who:?}");
        assert!(!service.log().contains("hunter2") && !service.log().contains("wrong-one"));
    }
}
