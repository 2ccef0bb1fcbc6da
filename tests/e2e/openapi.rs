//! What the service answers is what `/v1/openapi.json` describes, field by field.

mod examples;
mod tools;

use serde_json::{Value, json};
use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts};
use crate::notices::schema::Schemas;
use crate::service::Service;

fn first<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}: {value:#}"))
}

#[test]
fn schemas_of_what_is_stored_are_published() {
    let service = Service::start();
    for name in service.api.get("/v1/schemas").ok()["schemas"].as_array().unwrap() {
        let schema = service.api.get(&format!("/v1/schemas/{}", name.as_str().unwrap())).ok();
        assert_eq!(schema["$id"], format!("urn:limpid:schema:{}", name.as_str().unwrap()));
    }
    let error = service.api.get("/v1/schemas/report-0.json").refused(404, "no-such-schema");
    assert!(error.contains("report-1.json"), "{error}");
}

#[test]
fn answers_are_as_they_are_described() {
    let service = Service::start();
    let parts = Parts::of(&debian(), Compression::Gzip);
    let image = service.api.index(&parts.docker_archive());
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let watch = json!({ "registry": "registry.example", "repositories": ["shop/web"], "enabled": false });
    service.api.send("PUT", "/v1/watches/shop", &[], watch.to_string().as_bytes()).ok();

    let policy = b"[[suppress]]\npackages = [\"libc6\"]\nreason = \"a\"";
    service.api.send("PUT", "/v1/policies/shop", &[], policy).ok();

    // Of this machine nothing is asked that no setting names.
    let hub = br#"{"url": "https://127.0.0.1:1"}"#;
    service.api.send("PUT", "/v1/vex-repositories/hub", &[], hub).ok();

    let get = |path: &str| service.api.get(path).ok();
    let report = get(&format!("/v1/images/{image}/report"));
    let finding = &report["findings"][0];
    let vulnerability = first(finding, "/vulnerability");
    let (name, namespace) = (first(finding, "/package/name"), first(finding, "/namespace"));
    let diff_id = first(&report, "/image/layers/0/diff_id");
    let repositories = get("/v1/repositories");
    let repository = first(&repositories, "/repositories/0/name").replace('/', "%2F");

    let schemas = Schemas(get("/v1/openapi.json"));
    for (template, path) in [
        ("/v1/images", "/v1/images".to_owned()),
        ("/v1/images/{image}", format!("/v1/images/{image}")),
        ("/v1/images/{image}/report", format!("/v1/images/{image}/report")),
        ("/v1/images/{image}/packages", format!("/v1/images/{image}/packages")),
        ("/v1/images/{image}/layers", format!("/v1/images/{image}/layers?limit=1")),
        ("/v1/images/{image}/plan", format!("/v1/images/{image}/plan")),
        ("/v1/images/{image}/diff/{other}", format!("/v1/images/{image}/diff/{image}")),
        ("/v1/images/{image}/explain", format!("/v1/images/{image}/explain?vulnerability={vulnerability}")),
        ("/v1/repositories", "/v1/repositories".to_owned()),
        ("/v1/repositories/{name}", format!("/v1/repositories/{repository}")),
        ("/v1/repositories/{name}/tags", format!("/v1/repositories/{repository}/tags")),
        ("/v1/vulnerabilities/{id}", format!("/v1/vulnerabilities/{vulnerability}")),
        ("/v1/vulnerabilities/{id}/images", format!("/v1/vulnerabilities/{vulnerability}/images")),
        ("/v1/packages/{namespace}/{name}", format!("/v1/packages/{namespace}/{name}")),
        ("/v1/statistics", "/v1/statistics".to_owned()),
        ("/v1/layers/{diff_id}", format!("/v1/layers/{diff_id}")),
        ("/v1/jobs/{id}", "/v1/jobs/1".to_owned()),
        ("/v1/plugins", "/v1/plugins".to_owned()),
        ("/v1/plugins/{name}", "/v1/plugins/debian".to_owned()),
        ("/v1/feeds", "/v1/feeds".to_owned()),
        ("/v1/feeds/{name}", "/v1/feeds/debian".to_owned()),
        ("/v1/feeds/{name}/sources", "/v1/feeds/debian/sources".to_owned()),
        ("/v1/images/{image}/verdict", format!("/v1/images/{image}/verdict?fail-on=fixable")),
        ("/v1/policies", "/v1/policies".to_owned()),
        ("/v1/policies/{name}", "/v1/policies/shop".to_owned()),
        ("/v1/vex", "/v1/vex".to_owned()),
        ("/v1/vex-repositories/{name}", "/v1/vex-repositories/hub".to_owned()),
        ("/v1/watches", "/v1/watches".to_owned()),
        ("/v1/watches/{name}", "/v1/watches/shop".to_owned()),
        ("/v1/watches/{name}/tags", "/v1/watches/shop/tags".to_owned()),
        ("/v1/subscriptions", "/v1/subscriptions".to_owned()),
        ("/v1/notices", "/v1/notices".to_owned()),
        ("/v1/schemas", "/v1/schemas".to_owned()),
        ("/healthz", "/healthz".to_owned()),
        ("/readyz", "/readyz".to_owned()),
    ] {
        schemas.check_answer(template, &get(&path));
    }
}
