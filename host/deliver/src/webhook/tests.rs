use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Instant;

use super::*;
use crate::{Sender, Target};

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A receiver on loopback that treats every connection the same.
fn receiver(serve: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            serve(connection);
        }
    });
    address
}

/// Reads a request, of which the body is known.
fn request(connection: &TcpStream) -> Vec<String> {
    let lines = BufReader::new(connection).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).collect()
}

fn answer(head: &'static str) -> SocketAddr {
    receiver(move |connection| {
        request(&connection);
        let _ = (&connection).write_all(format!("HTTP/1.1 {head}content-length: 0\r\n\r\n").as_bytes());
    })
}

fn send(address: SocketAddr, settings: Settings) -> Result<(), Failure> {
    let url = format!("http://{address}/hook");
    let target = Target::Webhook { url: &url, secret: SECRET };
    Sender::new(settings).unwrap().send(&target, Message { id: "msg_1", body: b"{}" })
}

#[test]
fn only_a_status_that_says_so_acknowledges() {
    let check = |head: &'static str, expected: Result<(), &str>| {
        let message = send(answer(head), Settings::default()).map_err(|failure| failure.to_string());
        assert_eq!(message, expected.map_err(str::to_owned), "{head}");
    };
    check("200 OK\r\n", Ok(()));
    check("204 No Content\r\n", Ok(()));
    check(
        "302 Found\r\nlocation: http://127.0.0.1:1/\r\n",
        Err("the receiver answers 302, a redirect, and those are not followed"),
    );
    check("404 Not Found\r\n", Err("the receiver answers 404"));
    check("500 Oops\r\n", Err("the receiver answers 500"));
    check("503 Busy\r\n", Err("the receiver answers 503"));
}

#[test]
fn what_a_receiver_asks_for_is_told() {
    let gone = send(answer("410 Gone\r\n"), Settings::default());
    assert_eq!(gone, Err(Failure::Gone));
    let later = send(answer("429 Slow Down\r\nretry-after: 7\r\n"), Settings::default());
    let why = "the receiver answers 429".to_owned();
    assert_eq!(later, Err(Failure::Later { why, after: Duration::from_secs(7) }));
}

#[test]
fn a_receiver_that_hangs_costs_no_more_than_the_limit() {
    let check = |serve: fn(TcpStream)| {
        let started = Instant::now();
        let limit = Duration::from_millis(300);
        let settings = Settings { answer_time: limit, ..Settings::default() };
        let failure = send(receiver(serve), settings).unwrap_err();
        assert!(failure.to_string().starts_with("the receiver does not answer: "), "{failure}");
        assert!(started.elapsed() < Duration::from_secs(20));
    };
    // Never answers.
    check(std::mem::forget);
    // Answers a byte now and then.
    check(|mut connection| {
        request(&connection);
        while connection.write_all(b"H").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    // Closes at once.
    check(drop);
}

#[test]
fn a_name_of_this_network_is_refused_before_anything_is_sent() {
    let sender = Sender::new(Settings { unencrypted: true, ..Settings::default() }).unwrap();
    let check = |url: &str| {
        let target = Target::Webhook { url, secret: SECRET };
        let failure = sender.send(&target, Message { id: "msg_1", body: b"{}" }).unwrap_err();
        assert!(matches!(failure, Failure::Never(_)), "{url}: {failure}");
        assert!(failure.to_string().contains("no public address"), "{failure}");
    };
    check("http://10.0.0.1/");
    check("http://169.254.169.254/latest/meta-data");
    // Forms in which some resolvers read numbers.
    check("http://[::ffff:192.168.0.1]/");
}

#[test]
fn the_resolver_refuses_what_a_name_resolves_to() {
    let settings = Settings::default();
    let guard = Guard::new(&settings);
    // A number in the shorthand of old resolvers: no number to whoever reads the address.
    let failure =
        Webhooks::new(&guard, &settings).post("http://127.1/", SECRET, Message { id: "msg_1", body: b"{}" });
    let failure = failure.unwrap_err();
    assert!(matches!(failure, Failure::Never(_)), "{failure}");
}
