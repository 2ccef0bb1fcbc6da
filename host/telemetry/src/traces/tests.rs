use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::context::{Cause, accept, outgoing};

/// A collector that answers each request with one status, and passes on heads and bodies.
fn collector(status: &'static str) -> (String, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if stream.read_line(&mut head).unwrap() == 0 {
                    return;
                }
            }
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
            });
            let mut body = vec![0; length.unwrap()];
            stream.read_exact(&mut body).unwrap();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
            if sender.send((head, body)).is_err() {
                return;
            }
        }
    });
    (address, received)
}

fn settings(endpoint: String) -> Settings {
    Settings { endpoint: Some(endpoint), answer_time: Duration::from_secs(2), ..Settings::default() }
}

/// Traces with a tally of their own: tests share a process.
fn start(settings: &Settings) -> (Traces, Arc<Tally>) {
    let target = settings.target(&|_| None).unwrap().unwrap();
    let tally = Arc::new(Tally::new(settings.queue));
    (Traces::counted(target, settings, &|_| None, Arc::clone(&tally)), tally)
}

#[test]
fn spans_of_a_trace_arrive_at_the_collector() {
    let (address, received) = collector("200 OK");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("headers");
    std::fs::write(&file, "authorization: Bearer t").unwrap();
    let settings = Settings { headers_file: Some(file), ..settings(address) };
    let (traces, tally) = start(&settings);
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    tracing::subscriber::with_default(tracing_subscriber::registry().with(traces.layer()), || {
        let span = tracing::info_span!(target: "limpid_server", "request", trace_id = tracing::field::Empty);
        accept(&span, Some(parent), None);
        let (cause, out) = span.in_scope(|| {
            tracing::warn!(target: "limpid_server", "look out");
            (Cause::current(), outgoing())
        });
        assert!(out["traceparent"].starts_with("00-0af7651916cd43dd8448eb211c80319c-"), "{out:?}");
        assert_ne!(out["traceparent"], parent, "the span of this request stands in between");
        let job = tracing::info_span!(target: "limpid_scanner", parent: None, "job");
        cause.link(&job);
        job.in_scope(|| drop(tracing::info_span!(target: "hyper", "not ours").entered()));
    });
    drop(traces);
    let (head, body) = received.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
    assert!(head.to_ascii_lowercase().contains("authorization: bearer t\r\n"), "{head}");
    assert!(head.to_ascii_lowercase().contains("content-type: application/x-protobuf\r\n"), "{head}");
    let holds = |what: &[u8]| body.windows(what.len()).any(|window| window == what);
    let trace = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();
    assert!(holds(b"request") && holds(b"job") && holds(b"look out") && !holds(b"not ours"));
    assert_eq!(
        body.windows(16).filter(|window| *window == trace).count(),
        2,
        "the span's own, and the link's"
    );
    assert_eq!(tally.counts(), Counts { sent: 2, ..Counts::default() });
}

#[test]
fn a_collector_that_is_away_costs_its_spans_and_no_time() {
    // A port that nobody listens at.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = Settings { queue: 4, batch: 4, ..settings(format!("http://{closed}")) };
    let (traces, tally) = start(&settings);
    let began = Instant::now();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(traces.layer()), || {
        for _ in 0..100 {
            drop(tracing::info_span!(target: "limpid", "span").entered());
        }
    });
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    drop(traces);
    let until = Instant::now() + Duration::from_secs(20);
    let ended = loop {
        let counts = tally.counts();
        if counts.waiting == 0 || Instant::now() > until {
            break counts;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!((ended.sent, ended.waiting, ended.failed + ended.dropped), (0, 0, 100));
    assert!(ended.dropped > 0, "{ended:?}");
}

#[test]
fn what_a_collector_refuses_is_counted() {
    let (address, received) = collector("401 Unauthorized");
    let (traces, tally) = start(&settings(address));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(traces.layer()), || {
        drop(tracing::info_span!(target: "limpid", "span").entered());
    });
    drop(traces);
    received.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(tally.counts(), Counts { failed: 1, ..Counts::default() });
    assert!(received.recv_timeout(Duration::from_millis(100)).is_err(), "it would be refused again");
}
