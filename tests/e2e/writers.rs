//! Who may change something: whoever sits on this machine, and no page in a browser there.

use serde_json::json;
use xtask::sample::{Layer, advisories, debian};

use crate::api::Answer;
use crate::archives::{Compression, Parts, image};
use crate::program::Setup;
use crate::service::{Service, until};

/// All that changes something, and what would be sent.
fn writes(image: &str, archive: &[u8]) -> Vec<(&'static str, String, Vec<u8>)> {
    let tracker = advisories::debian_tracker().into_bytes();
    let hook = json!({ "webhook": { "url": "http://127.0.0.1:9/" } }).to_string().into_bytes();
    let none = Vec::new;
    let mut writes = vec![
        ("POST", "/v1/images".to_owned(), archive.to_vec()),
        ("DELETE", format!("/v1/images/{image}"), none()),
        ("POST", "/v1/feeds/debian/documents".to_owned(), tracker.clone()),
        ("POST", "/v1/feeds/debian/documents?force=true".to_owned(), b"{}".to_vec()),
        ("POST", "/v1/feeds/debian/update?force=true".to_owned(), none()),
        ("DELETE", "/v1/feeds/debian/sources/tracker".to_owned(), none()),
        ("POST", "/v1/bundle".to_owned(), b"bundle".to_vec()),
        ("PUT", "/v1/plugins/x".to_owned(), b"component".to_vec()),
        ("DELETE", "/v1/plugins/dpkg".to_owned(), none()),
        ("POST", "/v1/plugins/dpkg/rollback".to_owned(), none()),
        ("POST", "/v1/plugins/dpkg/release".to_owned(), none()),
        ("PUT", "/v1/subscriptions/x".to_owned(), hook),
        ("DELETE", "/v1/subscriptions/x".to_owned(), none()),
        ("POST", "/v1/subscriptions/x/test".to_owned(), none()),
        ("POST", "/v1/notices/x/replay?from=1".to_owned(), none()),
        ("POST", "/v1/notices/x/1/replay".to_owned(), none()),
        // What there may be one day is guarded as well.
        ("PATCH", "/v1/images".to_owned(), none()),
        ("POST", "/v1/statistics".to_owned(), none()),
    ];
    writes.sort();
    writes
}

#[test]
fn every_request_that_changes_something_passes_one_check() {
    let service = Service::start();
    let parts = Parts::of(&debian(), Compression::Gzip);
    let archive = parts.docker_archive();
    let image = service.api.index(&archive);
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let before = service.api.report(&image);
    for headers in [
        &[("origin", "http://evil.example"), ("content-type", "text/plain")][..],
        &[("origin", "null")],
        &[("origin", "http://localhost:3000")],
        &[("sec-fetch-site", "cross-site")],
        &[("host", "limpid.example")],
        &[("host", "limpid.example"), ("x-forwarded-for", "203.0.113.9")],
        &[("x-forwarded-for", "127.0.0.1")],
        &[("forwarded", "for=127.0.0.1")],
        &[("x-real-ip", "127.0.0.1")],
        &[("via", "1.1 proxy")],
    ] {
        for (method, path, body) in writes(&image, &archive) {
            let answer = service.api.send(method, &path, headers, &body);
            let why = answer.refused(403, "forbidden");
            let names_what = ["`http.hosts`", "`http.proxies`", "pages of others"];
            assert!(names_what.iter().any(|named| why.contains(named)), "{method} {path} {headers:?}: {why}");
        }
    }
    let after = service.api.report(&image);
    assert_eq!(after["findings"], before["findings"]);
    assert_eq!(service.api.get("/v1/subscriptions").ok()["subscriptions"], json!([]));
    // What is logged comes by a pipe, and may be a moment late.
    let refused = || service.log().lines().filter(|line| line.contains("is refused")).count();
    let expected = 10 * writes(&image, &archive).len();
    until("each refusal is in the log", || (refused() >= expected).then_some(()));
    assert_eq!(refused(), expected, "one line for each refusal");
    // What only asks is answered, also to a page: it could not read the answer.
    let asked = service.api.send("GET", "/v1/images", &[("origin", "http://evil.example")], b"");
    assert_eq!(asked.status, 200);
}

#[test]
fn a_page_of_the_service_itself_may_change_something() {
    let service = Service::start();
    let host = service.api.address().to_owned();
    let headers = [("origin", host.as_str()), ("sec-fetch-site", "same-origin")];
    let answer = service.api.send(
        "POST",
        "/v1/feeds/debian/documents",
        &headers,
        advisories::debian_tracker().as_bytes(),
    );
    answer.ok();
}

#[test]
fn settings_say_by_which_names_and_proxies_the_service_may_be_changed() {
    let setup = Setup::new()
        .with("LIMPID_HTTP__HOSTS", r#"["limpid.example"]"#)
        .with("LIMPID_HTTP__PROXIES", r#"["127.0.0.1"]"#)
        .with("LIMPID_HTTP__WRITERS", r#"["10.0.0.0/8"]"#);
    let service = Service::with(setup);
    let layer = Layer::new("COPY").file("forwarded", "");
    let archive = Parts::of(&image("test/forwarded:1", [layer]), Compression::Gzip).docker_archive();
    let submit = |client: &str| -> Answer {
        let headers = [("host", "limpid.example"), ("x-forwarded-for", client), ("prefer", "wait=100")];
        service.api.send("POST", "/v1/images", &headers, &archive)
    };
    assert!(submit("203.0.113.9").refused(403, "forbidden").contains("`http.writers`"));
    assert!(submit("10.0.0.1, 203.0.113.9").refused(403, "forbidden").contains("`203.0.113.9`"));
    submit("10.1.2.3").ok();
    let headers = [("host", "limpid.example"), ("x-forwarded-for", "10.1.2.3")];
    let answer = service.api.send("DELETE", "/v1/plugins/dpkg", &headers, b"");
    assert!(answer.refused(403, "forbidden").contains("`http.change_plugins`"));
}
