//! Who may ask: whoever signs with the shared key.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64};
use limpid_test_registry::Registry;
use ring::hmac;
use serde_json::{Value, json};
use xtask::sample::alpine;

use super::{INDEX, hash, push, setup_for};
use crate::api::Answer;
use crate::program::Setup;
use crate::service::Service;

pub(super) const KEY: [u8; 32] = [7; 32];

/// A service that knows Quay and clairctl by their key.
pub(super) fn guarded(registry: &Registry) -> Setup {
    let settings = format!(
        "{{ key = '{}', issuers = {{ quay = 'operate', clairctl = 'operate' }} }}",
        BASE64_STANDARD.encode(KEY)
    );
    setup_for(registry).with("LIMPID_ACCESS__REQUIRED", "true").with("LIMPID_ACCESS__PSK", settings)
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

pub(super) fn token(key: &[u8], claims: &Value) -> String {
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let message = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes());
    format!("{message}.{}", BASE64.encode(signature))
}

/// As Quay signs.
pub(super) fn of_quay() -> String {
    token(&KEY, &json!({ "iss": "quay", "exp": now() + 300 }))
}

fn ask(service: &Service, token: &str, method: &str, path: &str, body: &[u8]) -> Answer {
    let bearer = format!("Bearer {token}");
    service.api.send(method, path, &[("authorization", &bearer)], body)
}

#[test]
fn who_does_not_sign_with_the_key_learns_nothing() {
    let registry = Registry::start();
    let service = Service::with(guarded(&registry));
    let manifest = push(&registry, "shop/alpine", &alpine()).to_string();
    let paths = [
        ("GET", "/indexer/api/v1/index_state".to_owned()),
        ("POST", INDEX.to_owned()),
        ("DELETE", format!("{INDEX}/{}", limpid_test_registry::digest(b"x"))),
        ("GET", "/matcher/api/v1/vulnerability_report/x".to_owned()),
        ("GET", "/notifier/api/v1/notification/x".to_owned()),
        ("GET", "/openapi/v1".to_owned()),
    ];
    let wrong = [
        token(&[8; 32], &json!({ "iss": "quay", "exp": now() + 300 })),
        token(&KEY, &json!({ "iss": "other", "exp": now() + 300 })),
        token(&KEY, &json!({ "iss": "quay", "exp": now() - 60 })),
        token(&KEY, &json!({ "iss": "quay", "exp": now() + 300, "nbf": now() + 60 })),
        "x".to_owned(),
    ];
    for (method, path) in &paths {
        let nobody = service.api.send(method, path, &[], manifest.as_bytes());
        for answer in
            wrong.iter().map(|token| ask(&service, token, method, path, manifest.as_bytes())).chain([nobody])
        {
            assert_eq!((answer.status, &answer.body), (401, &Value::Null), "{method} {path}");
            assert!(!answer.headers.contains_key("www-authenticate"));
        }
    }
    assert!(registry.asked().is_empty());
    assert!(service.api.text("/robots.txt").contains("Disallow"));
    for (method, path) in paths.iter().filter(|(method, _)| *method != "POST") {
        assert_ne!(ask(&service, &of_quay(), method, path, b"").status, 401, "{method} {path}");
    }
}

#[test]
fn who_asks_more_than_it_may_is_held_and_not_refused() {
    let registry = Registry::start();
    let setup = guarded(&registry).with("LIMPID_ACCESS__RATE", 20).with("LIMPID_ACCESS__CONCURRENT", 2);
    let setup = setup.with("LIMPID_ACCESS__PENDING", 1).with("LIMPID_INDEX__QUEUE", 1);
    let service = Service::with(setup.with("LIMPID_CLAIR__LAYERS", 1));
    let manifest = push(&registry, "shop/alpine", &alpine());
    let token = of_quay();
    std::thread::scope(|scope| {
        let statuses: Vec<_> = (0..16)
            .map(|number| {
                let mut manifest = manifest.clone();
                manifest["hash"] = limpid_test_registry::digest(&[number]).into();
                let (service, token) = (&service, &token);
                scope
                    .spawn(move || ask(service, token, "POST", INDEX, manifest.to_string().as_bytes()).status)
            })
            .collect();
        for status in statuses {
            assert_eq!(status.join().unwrap(), 201);
        }
    });
    let path = format!("{INDEX}/{}", hash(&manifest));
    assert_eq!(ask(&service, &token, "DELETE", &path, b"").status, 204);
}
