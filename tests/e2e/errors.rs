//! Requests that cannot be served, and the one envelope in which that is stated.

use crate::program::Setup;
use crate::service::Service;

#[test]
fn what_cannot_be_served_is_stated_in_one_envelope() {
    let service = Service::shared();
    let digest = crate::archives::sha256(b"no image");
    let check = |method: &str, path: &str, status: u16, code: &str, reply: &str| {
        let message = service.api.send(method, path, &[], b"").refused(status, code);
        assert!(message.contains(reply), "{method} {path}: {message}");
    };
    check("GET", "/v1", 404, "not-found", "nothing at this path");
    check("GET", "/v1/image", 404, "not-found", "nothing at this path");
    check("GET", "/v2/images", 404, "not-found", "nothing at this path");
    check("DELETE", "/v1/images", 405, "method-not-allowed", "method");
    check("POST", "/v1/plugins", 405, "method-not-allowed", "method");
    check("GET", "/v1/images/latest", 404, "no-such-image", "latest");
    check("GET", "/v1/images/shop/web:1", 404, "no-such-image", "shop/web:1");
    check("GET", "/v1/images/shop/web:1/report", 404, "no-such-image", "shop/web:1");
    check("GET", "/v1/images/shop%2Fweb:1/report", 404, "no-such-image", "shop/web:1");
    check("GET", "/v1/images/abcdefabcdef/packages", 404, "no-such-image", "abcdefabcdef");
    check("GET", "/v1/images/sha256:12/report", 400, "bad-digest", "sha256:12");
    check("GET", &format!("/v1/images/{digest}"), 404, "no-such-image", &digest);
    check("GET", &format!("/v1/images/{digest}/report"), 404, "no-such-image", &digest);
    check("GET", &format!("/v1/images/{digest}/packages"), 404, "no-such-image", &digest);
    check("GET", &format!("/v1/images/{digest}/layers"), 404, "no-such-image", &digest);
    check("DELETE", &format!("/v1/images/{digest}"), 404, "no-such-image", &digest);
    check("GET", &format!("/v1/layers/{digest}"), 404, "no-such-layer", &digest);
    check("GET", "/v1/layers/first", 400, "bad-digest", "first");
    check("GET", "/v1/jobs/4711", 404, "no-such-job", "4711");
    check("GET", "/v1/jobs/last", 404, "no-such-job", "last");
    check("GET", "/v1/images?limit=many", 400, "bad-request", "limit");
    check("GET", "/v1/images?page=2", 400, "bad-request", "page");
    check("GET", "/v1/images?after=first", 400, "bad-digest", "first");
    check("GET", "/v1/vulnerabilities/CVE-2026-4711", 404, "no-such-vulnerability", "CVE-2026-4711");
    check("GET", "/v1/vulnerabilities/CVE-20", 400, "bad-identifier", "four digits");
    check("GET", "/v1/vulnerabilities/a%20b", 400, "bad-identifier", "character");
    check("GET", "/v1/vulnerabilities/%00/images", 400, "bad-identifier", "character");
    check("GET", "/v1/vulnerabilities/%ff", 400, "bad-request", "UTF-8");
    check("GET", &format!("/v1/images/{digest}/explain?vulnerability="), 400, "bad-identifier", "empty");
    check("GET", &format!("/v1/images/{digest}/explain"), 400, "bad-request", "vulnerability");
    check("GET", "/v1/images?limit=1&limit=2", 400, "bad-request", "limit");
    check("GET", "/v1/feeds/none/sources", 404, "no-such-feed", "there are: almalinux, alpine");
    check("DELETE", "/v1/feeds/debian/sources/none", 404, "no-such-source", "`none`");
    check("PATCH", "/v1/images", 405, "method-not-allowed", "method");
    check("POST", "/v1/feeds/none/documents", 404, "no-such-feed", "there are: almalinux, alpine");
}

#[test]
fn a_method_that_a_path_does_not_take_is_answered_with_those_that_it_takes() {
    let service = Service::shared();
    let answer = service.api.delete("/v1/images");
    let allowed: Vec<&str> = answer.header("allow").split(',').collect();
    assert!(allowed.contains(&"GET") && allowed.contains(&"POST"), "{allowed:?}");
}

#[test]
fn what_is_no_request_at_all_is_refused_in_the_same_envelope() {
    let service = Service::with(Setup::new().with("LIMPID_HTTP__HEAD_TIME", 1));
    let long = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    let many = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: x\r\n".repeat(1_000));
    let address = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(70_000));
    for (request, status, code) in [
        ("no request\r\n\r\n", 400, "bad-request"),
        ("GET /healthz HTTP/9\r\n\r\n", 400, "bad-request"),
        (long.as_str(), 431, "over-limit"),
        (many.as_str(), 431, "over-limit"),
        (address.as_str(), 414, "over-limit"),
        ("GET /healthz HTTP/1.1\r\nHost: loc", 408, "too-slow"),
    ] {
        let (head, body) = service.api.raw(request.as_bytes());
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert_eq!(body["error"]["code"], code, "{body:#}");
        let id = body["error"]["request_id"].as_str().unwrap();
        assert!(head.contains(&format!("x-request-id: {id}")), "{head}");
        assert_ne!(body["error"]["message"], "");
    }
}

#[test]
fn every_answer_has_a_number_of_its_own() {
    let service = Service::shared();
    let numbers = ["/healthz", "/v1/plugins", "/nowhere", "/nowhere"]
        .map(|path| service.api.get(path).header("x-request-id").to_owned());
    let mut different = numbers.to_vec();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), numbers.len(), "{numbers:?}");
    assert!(numbers.iter().all(|number| !number.is_empty()));
}

#[test]
fn a_service_says_that_it_is_alive_and_ready() {
    let service = Service::shared();
    assert_eq!(service.api.get("/healthz").ok()["status"], "alive");
    let ready = service.api.get("/readyz").ok();
    assert_eq!(ready["status"], "ready");
    assert_eq!(ready["plugins"], crate::plugins::ALL.len());
}
