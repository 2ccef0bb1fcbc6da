#!/bin/sh
# hyper 1.12.0 keeps the text of its header `Date` for a thread, and renews it when the time of day is later than the
# second after the one for which it was made. Where the clock of a machine is set back, by an hour as here, that is so
# only when the clock has caught up: for an hour every answer of that thread has the same `Date`, which lies ahead of the
# clock. Who computes the age of a cached answer, or the skew between two machines, from it is wrong for all that time. A
# server that says the time itself, as the thread below does for comparison, is right at once.
#
# Seen with Rust 1.95 and libfaketime 3.0.1 of PyPI on 2026-11-30 (answers before, just after, and 3 s after):
SEEN='before: Date is that of the clock
after: Date is an hour ahead of the clock
3 s later: Date has not changed'
#
# Needs cargo, python3 with venv, and a C compiler. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv clock
clock/bin/pip install --quiet --disable-pip-version-check libfaketime==3.0.1
library=$(find "$folder/clock" -name libfaketime.so.1 | head -n 1)
mkdir src
cat >Cargo.toml <<'TEXT'
[package]
name = "compare"
version = "0.0.0"
edition = "2021"

[dependencies]
http-body-util = "=0.1.3"
hyper = { version = "=1.12.0", features = ["http1", "server"] }
hyper-util = { version = "0.1", features = ["tokio"] }
httpdate = "=1.0.3"
tokio = { version = "1", features = ["net", "rt", "time"] }
TEXT
cat >src/main.rs <<'RUST'
use std::convert::Infallible;
use std::io::{Read, Write};
use std::time::{Duration, SystemTime};

use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::{service::service_fn, Request, Response};
use hyper_util::rt::TokioIo;

/// The header, and the time of day, in seconds since 1970.
fn ask(address: std::net::SocketAddr) -> (u64, u64) {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let date = answer.lines().find_map(|line| line.strip_prefix("date: ")).unwrap();
    let seconds = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    (seconds(httpdate::parse_http_date(date).unwrap()), seconds(SystemTime::now()))
}

fn main() {
    let clock = std::env::var("FAKETIME_TIMESTAMP_FILE").unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let answer = |_: Request<Incoming>| async {
                    Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
                };
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service_fn(answer));
                let _ = connection.await;
            }
        });
    });
    let address = receiver.recv().unwrap();
    let (date, now) = ask(address);
    let is_near = |one: u64, other: u64| one.abs_diff(other) < 10;
    println!("before: Date {}", if is_near(date, now) { "is that of the clock" } else { "is another" });
    std::fs::write(&clock, "-3600\n").unwrap();
    // libfaketime looks at the file once a second.
    std::thread::sleep(Duration::from_millis(2_500));
    let (after, now) = ask(address);
    let ahead = is_near(after, now + 3_600);
    println!("after: Date {}", if ahead { "is an hour ahead of the clock" } else { "is that of the clock" });
    std::thread::sleep(Duration::from_secs(3));
    let (later, _) = ask(address);
    println!("3 s later: Date {}", if later == after { "has not changed" } else { "has changed" });
}
RUST
cargo build --quiet --release
echo "+0" >time
found=$(
	LD_PRELOAD="$library" FAKETIME_TIMESTAMP_FILE="$folder/time" FAKETIME_CACHE_DURATION=1 \
		FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 target/release/compare
)
echo "$found"
[ "$found" = "$SEEN" ]
