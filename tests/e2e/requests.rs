//! What holds for every request, whatever it asks: its line in the log, its time, its turn.

use std::io::Write;
use std::time::Duration;

use serde_json::json;
use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts};
use crate::program::Setup;
use crate::service::{Service, until};

/// The line of the log about the answer to a request.
fn line(service: &Service, id: &str) -> String {
    let of_request = format!("request_id=\"{id}\"");
    until("the answer is in the log", || {
        let log = service.log();
        log.lines().find(|line| line.contains(&of_request) && line.contains("is answered")).map(str::to_owned)
    })
}

#[test]
fn each_answer_is_a_line_of_the_log_without_secrets() {
    let service = Service::start();
    let hook = json!({ "webhook": { "url": "http://127.0.0.1:9/hidden-path", "secret": "whsec_aGlkZGVuaGlkZGVuaGlkZGVuaGlkZGVu" } });
    let body = hook.to_string();
    let headers = [("authorization", "Bearer hidden-token"), ("cookie", "hidden-cookie")];
    let path = "/v1/subscriptions/shop?secret=hidden-query";
    let made = service.api.send("PUT", path, &headers, body.as_bytes());
    assert_eq!(made.status, 200, "{made:#?}");
    let line_of = line(&service, made.header("x-request-id"));
    for expected in
        ["PUT", "/v1/subscriptions/{name}", "status=", "milliseconds=", "bytes=", "peer=127.0.0.1"]
    {
        assert!(line_of.contains(expected), "`{expected}` is missing: {line_of}");
    }
    let unknown = service.api.get("/nothing/hidden%0Ahere");
    assert!(line(&service, unknown.header("x-request-id")).contains("status=404"));
    service.api.get("/healthz").ok();
    service.api.get("/readyz").ok();
    service.api.metrics();
    let last = service.api.get("/v1/feeds");
    line(&service, last.header("x-request-id"));
    let log = service.log();
    for secret in ["hidden-path", "aGlkZGVu", "hidden-token", "hidden-cookie", "hidden-query"] {
        assert!(!log.contains(secret), "{log}");
    }
    assert!(!log.contains("/healthz is answered") && !log.contains("/metrics is answered"), "{log}");
}

#[test]
fn reports_and_waits_for_turns_are_measured() {
    let service = Service::start();
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    service.api.report(&image);
    let metrics = service.api.metrics();
    let counts = |name: &str| metrics.lines().any(|line| line.starts_with(name) && !line.ends_with(" 0"));
    assert!(counts("limpid_report_seconds_count"), "{metrics}");
    for pool in ["read", "write"] {
        assert!(counts(&format!("limpid_turn_wait_seconds_count{{pool=\"{pool}\"}}")), "{metrics}");
        assert!(metrics.contains(&format!("limpid_turns_waiting{{pool=\"{pool}\"}} 0")), "{metrics}");
    }
}

#[test]
fn a_body_that_takes_longer_than_a_request_may_is_refused_with_the_setting() {
    let service = Service::with(Setup::new().with("LIMPID_HTTP__TRANSFER_TIME", 1));
    let mut connection = service.api.connect();
    let head = "POST /v1/images HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n";
    connection.write_all(head.as_bytes()).unwrap();
    // It comes steadily, far faster than `http.least_rate`.
    let mut sender = connection.try_clone().unwrap();
    let sending = std::thread::spawn(move || {
        while sender.write_all(&[0; 1_024]).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let mut answer = String::new();
    let _ = std::io::Read::read_to_string(&mut connection, &mut answer);
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("`http.transfer_time`"), "{answer}");
    drop(connection);
    sending.join().unwrap();
}

#[test]
fn a_service_that_starts_tells_in_its_log_what_it_does() {
    let service = Service::start();
    let log = service.log();
    let steps = ["the store is being opened", "plugins are being loaded", "versions are being ordered anew"];
    let places: Vec<_> = steps.iter().map(|step| log.find(step).unwrap_or_else(|| panic!("{log}"))).collect();
    assert!(places.is_sorted(), "{log}");
}
