//! Clients that are slow or silent cost nobody else anything.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;
use xtask::sample::debian;

use crate::archives::{Compression, Parts};
use crate::program::Setup;
use crate::service::Service;

/// How long `/healthz` may take. Machines that run tests may be busy: `cargo xtask verify slow-clients`
/// holds the service against less.
const PROMPTLY: Duration = Duration::from_secs(2);

/// An image of which a long report is made.
fn with_long_report(service: &Service) -> String {
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    let open =
        json!({ "releases": { "bookworm": { "status": "open", "repositories": {}, "urgency": "high" } } });
    let every: serde_json::Map<_, _> =
        (0..3_000).map(|number| (format!("CVE-2024-{number:04}"), open.clone())).collect();
    service.api.hand_in("debian", json!({ "curl": every }).to_string()).ok();
    image
}

fn check_health(service: &Service) {
    for path in ["/healthz", "/readyz"] {
        let began = Instant::now();
        service.api.get(path).ok();
        assert!(began.elapsed() < PROMPTLY, "{path} after {:?}", began.elapsed());
    }
}

/// Whether the other end closes a connection soon.
fn is_closed(connection: &mut TcpStream, within: Duration) -> bool {
    let (began, mut buffer) = (Instant::now(), vec![0; 1 << 16]);
    connection.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    while began.elapsed() < within {
        match connection.read(&mut buffer) {
            Ok(0) => return true,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return true,
            _ => {}
        }
    }
    false
}

#[test]
fn clients_that_read_nothing_and_bodies_that_stop_keep_nobody_from_an_answer() {
    let service = Service::with(Setup::new().with("LIMPID_HTTP__CONNECTIONS", 32));
    let image = with_long_report(&service);
    let request = format!("GET /v1/images/{image}/report HTTP/1.1\r\nHost: localhost\r\n\r\n").repeat(3);
    let body = "POST /v1/images HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nbegun";
    let mut kept = Vec::new();
    for number in 0..64 {
        let mut connection = service.api.connect();
        let sent = if number % 2 == 0 { request.as_bytes() } else { body.as_bytes() };
        // Where there is no more room, it is refused at once.
        let _ = connection.write_all(sent);
        kept.push(connection);
        check_health(&service);
    }
    // Others get the places of those who let the service wait, sooner or later.
    crate::service::until("somebody else is answered", || {
        check_health(&service);
        let answer = service.api.get("/v1/images");
        if answer.status == 200 {
            return Some(());
        }
        assert_eq!(answer.header("retry-after"), "1");
        answer.refused(503, "busy");
        None
    });
}

#[test]
fn an_answer_that_is_not_read_and_a_body_that_does_not_come_end_their_connections() {
    let service = Service::with(Setup::new().with("LIMPID_HTTP__IDLE_TIME", 1));
    let image = with_long_report(&service);
    let mut reader = service.api.connect();
    let request = format!("GET /v1/images/{image}/report HTTP/1.1\r\nHost: localhost\r\n\r\n").repeat(20);
    reader.write_all(request.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_secs(3));
    assert!(is_closed(&mut reader, Duration::from_secs(20)), "who read nothing is still served");

    let body = b"POST /v1/images HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nbegun";
    let (head, message) = service.api.raw(body);
    assert!(head.starts_with("HTTP/1.1 408 "), "{head}");
    assert_eq!(message["error"]["code"], "too-slow");
    check_health(&service);
}
