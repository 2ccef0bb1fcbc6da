//! Who may do what: tokens, their roles and repositories, and the record of changes.

mod walk;

use serde_json::{Value, json};
use xtask::sample::advisories;

use crate::archives::archive_of;
use crate::program::Setup;
use crate::service::{Service, until};

fn required() -> Setup {
    Setup::new().with("LIMPID_ACCESS__REQUIRED", "true").with("LIMPID_LOG", "trace")
}

#[test]
fn each_role_may_what_those_before_it_may_and_no_more() {
    let service = Service::with(required());
    for path in ["/v1/images", "/v1/tokens", "/v1/openapi.json", "/metrics", "/v1/none"] {
        service.api.get(path).refused(401, "unauthorized");
    }
    assert_eq!(service.api.get("/healthz").status, 200);
    assert_eq!(service.api.get("/v1/images").header("www-authenticate"), "Bearer realm=\"limpid\"");
    let roles = ["read", "submit", "operate", "admin"];
    let secrets = roles.map(|role| service.token(&[role, "--role", role]));
    let (archive, feed) = (archive_of("test/role:1"), advisories::debian_tracker());
    let asked: [(&str, &str, &[u8]); 4] = [
        ("GET", "/v1/images", b""),
        ("POST", "/v1/images", &archive),
        ("POST", "/v1/feeds/debian/documents", feed.as_bytes()),
        ("GET", "/v1/audit", b""),
    ];
    for (place, secret) in secrets.iter().enumerate() {
        for (needed, (method, path, body)) in asked.iter().enumerate() {
            let answer = service.api.ask(secret, method, path, body);
            if needed <= place {
                assert_eq!(answer.status, 200, "{} asks {method} {path}: {answer:#?}", roles[place]);
            } else {
                let why = answer.refused(403, "forbidden");
                assert!(why.contains(&format!("needs `{}`", roles[needed])), "{why}");
            }
        }
    }
    service.api.ask("limpid_000000000000_x", "GET", "/v1/images", b"").refused(401, "unauthorized");
    service.api.ask(&secrets[2], "PUT", "/v1/subscriptions/x", b"{}").refused(403, "forbidden");

    // What was changed is told with who did, and who was refused.
    let audit = service.api.ask(&secrets[3], "GET", "/v1/audit?limit=1000", b"").ok();
    let records = audit["records"].as_array().unwrap();
    let has = |who: &str, method: &str, path: &str, status: u16| {
        let wanted = [json!(who), json!(method), json!(path), json!(status)];
        records.iter().any(|record| {
            [&record["who"], &record["method"], &record["path"], &record["status"]].into_iter().eq(&wanted)
        })
    };
    assert!(has("token:submit", "POST", "/v1/images", 200), "{audit:#}");
    assert!(has("token:read", "POST", "/v1/images", 403), "{audit:#}");
    let made = records.iter().find(|record| record["path"] == "/v1/tokens").unwrap();
    assert!(made["detail"].as_str().unwrap().contains("of role `admin`"), "{made:#}");
    assert!(records.iter().all(|record| record["status"] != 401), "{audit:#}");
    assert!(has("data-directory", "POST", "/v1/tokens", 201), "{audit:#}");
    assert!(records.iter().all(|record| record["method"] != "GET"), "{audit:#}");
    assert!(records.iter().all(|record| record["address"] == "127.0.0.1"), "{audit:#}");

    let listed = service.setup.run(["token", "list", "--format", "json"]).json();
    let used = |name: &str| -> Value {
        let tokens = listed["tokens"].as_array().unwrap();
        tokens.iter().find(|token| token["name"] == name).unwrap()["last_used"].clone()
    };
    assert!(used("submit").is_string(), "{listed:#}");
    // Whoever finds the directory taken leaves it as it is.
    let why = service.setup.run(["serve", "--listen", "127.0.0.1:0"]).stderr;
    assert!(why.contains("is in use by the service"), "{why}");
    service.setup.run(["token", "revoke", "submit"]).ok();
    service.api.ask(&secrets[1], "GET", "/v1/images", b"").refused(401, "unauthorized");
    // It outlives the process, and what was revoked stays so.
    let log = service.log();
    let service = Service::with(service.kill());
    service.api.ask(&secrets[1], "GET", "/v1/images", b"").refused(401, "unauthorized");
    assert_eq!(service.api.ask(&secrets[0], "GET", "/v1/images", b"").status, 200);
    let operator = std::fs::read_to_string(service.setup.data().join("operator")).unwrap();
    for secret in secrets.iter().map(|token| token.splitn(3, '_').last().unwrap()).chain([operator.as_str()])
    {
        assert!(!log.contains(secret) && !service.log().contains(secret), "a secret is in the log");
    }
}

#[test]
fn a_token_that_is_asked_for_twice_with_one_key_is_made_once() {
    let service = Service::with(required());
    let admins = [service.token(&["one", "--role", "admin"]), service.token(&["two", "--role", "admin"])];
    let make = |admin: usize, name: &str| {
        let bearer = format!("Bearer {}", admins[admin]);
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", "0c7f")];
        let wanted = json!({ "name": name, "role": "read" }).to_string();
        service.api.send("POST", "/v1/tokens", &headers, wanted.as_bytes())
    };
    let (first, again) = (make(0, "build"), make(0, "build"));
    assert_eq!((first.status, again.status), (201, 201), "{again:#?}");
    assert_eq!((&first.body, again.header("idempotency-replayed")), (&again.body, "true"));
    make(0, "other").refused(422, "key-reused");
    // Others have keys of their own.
    make(1, "build").refused(409, "taken-name");
}

#[test]
fn a_token_for_some_repositories_sees_no_others() {
    let service = Service::with(required());
    let admin = service.token(&["admin", "--role", "admin"]);
    let bound = service.token(&["bound", "--role", "operate", "--repository", "shop/*"]);
    for name in ["shop/web:1", "other/web:1"] {
        assert_eq!(service.api.ask(&admin, "POST", "/v1/images", &archive_of(name)).status, 200);
    }
    let see = |method: &str, path: &str| service.api.ask(&bound, method, path, b"");
    let image = see("GET", "/v1/images/shop%2Fweb:1").ok()["digest"].as_str().unwrap().to_owned();
    assert_eq!(see("GET", &format!("/v1/images/{image}/report")).status, 200);
    assert_eq!(see("GET", &format!("/v1/images/{}", &image[7..30])).status, 200);
    assert_eq!(see("GET", "/v1/repositories/shop%2Fweb/tags").status, 200);
    assert_eq!(see("GET", "/v1/feeds").status, 200);
    let other = service.api.ask(&admin, "GET", "/v1/images/other%2Fweb:1", b"").ok();
    let other = other["digest"].as_str().unwrap();
    for path in ["report", "packages", "layers", "plan", "verdict", "explain?vulnerability=CVE-2024-1"] {
        see("GET", &format!("/v1/images/{other}/{path}")).refused(404, "no-such-image");
    }
    see("GET", "/v1/images/other%2Fweb:1").refused(404, "no-such-image");
    see("DELETE", &format!("/v1/images/{other}")).refused(404, "no-such-image");
    see("GET", &format!("/v1/images/{image}/diff/{other}")).refused(404, "no-such-image");
    see("GET", "/v1/images/nobody%2Fhas").refused(404, "no-such-image");
    see("GET", "/v1/repositories/other%2Fweb").refused(404, "no-such-repository");
    for path in ["/v1/images", "/v1/repositories", "/v1/statistics", "/v1/notices", "/metrics", "/v1/jobs/1"]
    {
        see("GET", path).refused(403, "forbidden");
    }
    service.api.ask(&bound, "POST", "/v1/images", &archive_of("shop/web:2")).refused(403, "forbidden");
    let bearer = format!("Bearer {bound}");
    let submit = |reference: &str| {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let wanted = json!({ "reference": reference }).to_string();
        service.api.send("POST", "/v1/images", &headers, wanted.as_bytes())
    };
    submit("registry.invalid/other/web:1").refused(403, "forbidden");
    submit("docker.io/shop/evil/web:1").refused(403, "forbidden");
    assert_eq!(submit("docker.io/shop/web:1").status, 202);
    assert_eq!(see("DELETE", &format!("/v1/images/{image}")).status, 204);
}

#[test]
fn a_service_that_others_reach_does_not_start_where_nobody_needs_a_token() {
    let setup = Setup::new().with("LIMPID_ACCESS__REQUIRED", "false");
    let why = setup.run(["serve", "--listen", "0.0.0.0:0"]).failed();
    assert!(why.contains("`access.required`") && why.contains("limpid token create"), "{why}");
}

#[test]
fn a_service_of_its_own_machine_says_that_nobody_needs_a_token() {
    let service = Service::start();
    until("it says so", || service.log().contains("`access.required`").then_some(()));
    assert_eq!(service.api.get("/v1/tokens").ok()["tokens"], json!([]));
    assert_eq!(service.setup.run(["audit", "--format", "json"]).json()["records"], json!([]));
}

#[test]
fn who_asks_more_than_a_token_may_is_put_off() {
    let service = Service::with(required().with("LIMPID_ACCESS__RATE", "2"));
    let secret = service.token(&["read", "--role", "read"]);
    let other = service.token(&["other", "--role", "read"]);
    let answer = until("it asks too often", || {
        Some(service.api.ask(&secret, "GET", "/v1/schemas", b"")).filter(|answer| answer.status != 200)
    });
    assert_eq!(answer.header("retry-after"), "1");
    assert!(answer.refused(429, "too-many-requests").contains("`access.rate`"));
    assert_eq!(service.api.ask(&other, "GET", "/v1/schemas", b"").status, 200);
    assert_eq!(service.api.get("/healthz").status, 200);
}
