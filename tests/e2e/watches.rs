//! Watches and push notifications, as far as no registry is asked. Those of a real one are in `registries`.

use serde_json::{Value, json};

use crate::program::Setup;
use crate::service::{Service, until};

/// Nobody listens at this port.
const REGISTRY: &str = "127.0.0.1:9";

fn put(service: &Service, name: &str, wanted: &Value) -> crate::api::Answer {
    service.api.send("PUT", &format!("/v1/watches/{name}"), &[], wanted.to_string().as_bytes())
}

fn event(service: &Service, authorization: Option<&str>, body: &Value) -> crate::api::Answer {
    let headers: Vec<_> = authorization.iter().map(|value| ("authorization", *value)).collect();
    service.api.send("POST", "/v1/events", &headers, body.to_string().as_bytes())
}

#[test]
fn a_watch_is_made_changed_shown_and_removed() {
    let service = Service::start();
    let wanted =
        json!({ "registry": REGISTRY, "repositories": ["shop/*", "api"], "platforms": ["linux/amd64"] });
    let made = put(&service, "shop", &wanted).ok();
    assert_eq!([&made["registry"], &made["repositories"]], [&wanted["registry"], &wanted["repositories"]]);
    let failed = until("the registry was asked", || {
        let watch = service.api.get("/v1/watches/shop").ok();
        watch["last_listed"].is_string().then_some(watch)
    });
    assert!(failed["failure"].is_string() && failed["last_complete"].is_null(), "{failed:#}");
    assert_eq!(failed["failures"][0]["repository"], "api", "{failed:#}");

    let changed = json!({ "registry": REGISTRY, "repositories": ["api"], "enabled": false, "newest": 3 });
    assert_eq!(put(&service, "shop", &changed).ok()["newest"], 3);
    let listed = service.api.get("/v1/watches").ok();
    assert_eq!(
        [&listed["watches"][0]["name"], &listed["watches"][0]["enabled"]],
        [&json!("shop"), &json!(false)]
    );
    assert_eq!(service.api.get("/v1/watches/shop/tags").ok(), json!({ "tags": [], "next": null }));

    // As it was, after the process has ended at once.
    let service = Service::with(service.kill());
    assert_eq!(service.api.get("/v1/watches/shop").ok()["newest"], 3);
    let subscription = |watch: &str| {
        let wanted =
            json!({ "webhook": { "url": "https://receiver.example/" }, "filter": { "watches": [watch] } });
        service.api.send("PUT", "/v1/subscriptions/s", &[], wanted.to_string().as_bytes())
    };
    assert!(subscription("shpo").refused(422, "bad-subscription").contains("`shpo`"));
    subscription("shop").ok();
    assert_eq!(service.api.get("/v1/subscriptions/s").ok()["filter"]["watches"], json!(["shop"]));
    assert_eq!(service.api.delete("/v1/watches/shop").status, 204);
    service.api.get("/v1/watches/shop").refused(404, "no-such-watch");
    service.api.delete("/v1/watches/shop").refused(404, "no-such-watch");
    service.api.send("POST", "/v1/watches/shop/list", &[], b"").refused(404, "no-such-watch");
}

#[test]
fn a_watch_that_makes_no_sense_is_refused_with_the_reason() {
    let service = Service::shared();
    let check = |name: &str, wanted: Value, status: u16, code: &str, expected: &str| {
        let why = put(&service, name, &wanted).refused(status, code);
        assert!(why.contains(expected), "{why}");
    };
    let registry = "registry.example";
    check("S", json!({ "registry": registry, "repositories": ["a"] }), 422, "bad-watch", "`S`");
    check("s", json!({ "registry": "https://a", "repositories": ["a"] }), 422, "bad-watch", "`https://a`");
    check("s", json!({ "registry": registry, "repositories": [] }), 422, "bad-watch", "at least one");
    check("s", json!({ "registry": registry, "repositories": ["[a"] }), 422, "bad-watch", "`[a`");
    let tags = json!({ "registry": registry, "repositories": ["a"], "tags": ["{"] });
    check("s", tags, 422, "bad-watch", "pattern of tags");
    let platform = json!({ "registry": registry, "repositories": ["a"], "platforms": ["linux"] });
    check("s", platform, 422, "bad-watch", "`linux`");
    check(
        "s",
        json!({ "registry": registry, "repositories": ["a"], "newest": 0 }),
        422,
        "bad-watch",
        "newest",
    );
    check("s", json!({ "registry": registry }), 400, "bad-request", "repositories");
    check("s", json!({ "registry": registry, "repository": "a" }), 400, "bad-request", "repository");
}

#[test]
fn push_notifications_are_counted_and_others_are_told_what_is_expected() {
    let service = Service::start();
    let wanted = json!({ "registry": REGISTRY, "repositories": ["shop/*"], "aliases": ["registry.example"] });
    put(&service, "shop", &wanted).ok();
    let push = |host: &str, repository: &str| {
        let target = json!({ "repository": repository, "tag": "1" });
        json!({ "action": "push", "target": target, "request": { "host": host } })
    };
    let events = json!({ "events": [push("registry.example", "shop/web"), push(REGISTRY, "api"), push("x", "shop/web")] });
    let answer = event(&service, None, &events);
    assert_eq!((answer.status, answer.body), (202, json!({ "accepted": 1, "ignored": 2, "put_off": 0 })));
    let why = event(&service, None, &json!({ "event": "push" })).refused(422, "bad-event");
    assert!(why.contains("docker_url") && why.contains("event_data"), "{why}");
    let metrics = service.api.metrics();
    for line in ["limpid_pushes_total{state=\"accepted\"} 1", "limpid_pushes_total{state=\"ignored\"} 2"] {
        assert!(metrics.contains(line), "{metrics}");
    }
}

#[test]
fn with_a_secret_only_who_has_it_may_send_push_notifications() {
    let service = Service::with(Setup::new().with("LIMPID_EVENTS__SECRET", "hidden-1"));
    let events = json!({ "events": [] });
    for given in [None, Some("hidden-2"), Some("Bearer hidden-12"), Some("Basic aGlkZGVuLTE6eA==")] {
        let why = event(&service, given, &events).refused(403, "forbidden");
        assert!(why.contains("events.secret") && !why.contains("hidden"), "{why}");
    }
    // `limpid:hidden-1`
    for given in ["hidden-1", "Bearer hidden-1", "Basic bGltcGlkOmhpZGRlbi0x"] {
        assert_eq!(event(&service, Some(given), &events).status, 202, "{given}");
    }
    assert!(!service.log().contains("hidden"), "{}", service.log());
}

#[test]
fn commands_make_list_and_remove_watches_here_and_at_a_service() {
    let setup = Setup::new();
    let add =
        ["watch", "add", "shop", REGISTRY, "shop/*", "api", "--tag", "1.*", "--newest", "5", "--disabled"];
    let told = setup.run(add).ok();
    assert!(told.contains("`shop`") && told.contains(REGISTRY), "{told}");
    let here = setup.run(["watch", "list", "--format", "json"]).json();
    let service = Service::with(setup);
    let there = service.setup.run(["watch", "list", "--format", "json"]).json();
    assert_eq!(there, here);
    assert_eq!(there["watches"][0]["newest"], 5);
    let table = service.setup.run(["watch", "list"]).ok();
    assert!(table.contains("shop/* api") && table.contains("disabled"), "{table}");
    service.setup.run(["watch", "now", "shop"]).ok();
    let refused = service.setup.run(["watch", "add", "shop", "a b", "x"]).failed();
    assert!(refused.contains("`a b`"), "{refused}");
    service.setup.run(["watch", "remove", "shop"]).ok();
    assert_eq!(service.api.get("/v1/watches").ok(), json!({ "watches": [] }));
    let none = service.setup.run(["watch", "remove", "shop"]).failed();
    assert!(none.contains("no watch `shop`"), "{none}");
}

#[test]
fn watches_of_the_settings_are_made_when_the_service_starts() {
    let watch = format!("{{ registry = \"{REGISTRY}\", repositories = [\"a\"], enabled = false }}");
    let service = Service::with(Setup::new().with("LIMPID_WATCHES__SHOP", watch));
    assert_eq!(service.api.get("/v1/watches/shop").ok()["repositories"], json!(["a"]));
}
