//! The clock of the machine is set back, while the service runs and while it does not: libfaketime stands between the
//! service and the clock.

use std::path::PathBuf;

use jiff::{Span, Timestamp, ToSpan as _};
use serde_json::{Value, json};
use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts, archive_of};
use crate::notices::receiver::{Manner, Receiver, SECRET};
use crate::program::Setup;
use crate::service::{Service, until};

/// A clock that goes as that of this machine does, and so much before or behind it.
struct Clock {
    folder: tempfile::TempDir,
    library: PathBuf,
}

impl Clock {
    /// As that of this machine.
    fn new() -> Self {
        let clock = Self { folder: tempfile::tempdir().unwrap(), library: library() };
        clock.set(0);
        clock
    }

    /// A program that has this clock for the time of day. What measures how long something takes is left alone, and so
    /// are times of files.
    fn of(&self, setup: Setup) -> Setup {
        setup
            .with("LD_PRELOAD", self.library.display())
            .with("FAKETIME_TIMESTAMP_FILE", self.file().display())
            .with("FAKETIME_CACHE_DURATION", 1)
            .with("FAKETIME_DONT_FAKE_MONOTONIC", 1)
            .with("NO_FAKE_STAT", 1)
    }

    /// Sets it, so many minutes before or behind that of this machine.
    fn set(&self, minutes: i64) {
        let new = self.folder.path().join("new");
        std::fs::write(&new, format!("{:+}\n", minutes * 60)).unwrap();
        // Whole, or not at all: the service reads it all the time.
        std::fs::rename(new, self.file()).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("clock")
    }
}

/// What `cargo xtask test-with clock` has built.
fn library() -> PathBuf {
    let environment = Setup::new().plugins().join("../tools/clock/lib");
    let built =
        |python: PathBuf| python.join("site-packages/libfaketime/vendor/libfaketime/src/libfaketime.so.1");
    let folders = std::fs::read_dir(&environment).into_iter().flatten().flatten();
    let found = folders.map(|folder| built(folder.path())).find(|library| library.is_file());
    let library = found.unwrap_or_else(|| {
        panic!("`{}` has no libfaketime: `cargo xtask test-with clock`", environment.display())
    });
    library.canonicalize().unwrap()
}

/// The time of day so much from now, by the clock of this machine.
fn moment(span: Span) -> Timestamp {
    Timestamp::now().checked_add(span).unwrap()
}

/// Waits until the service has seen where its clock is, at so many minutes before or behind that of this machine.
fn wait_for_clock(service: &Service, minutes: i64) {
    until("the service sees its clock", || {
        let date = service.api.get("/healthz").header("date").to_owned();
        let date = jiff::fmt::rfc2822::parse(&date).unwrap().timestamp();
        let apart = date.as_second() - moment(minutes.minutes()).as_second();
        (apart.abs() < 30).then_some(())
    });
}

fn tracker() -> Value {
    serde_json::from_str(&advisories::debian_tracker()).unwrap()
}

/// The document, and one more vulnerability that affects the sample.
fn with_one_more(document: &mut Value, id: &str) -> String {
    let release = json!({
        "status": "open", "repositories": { "bookworm": "7.88.1-10+deb12u12" }, "urgency": "medium",
    });
    document["curl"][id] = json!({ "releases": { "bookworm": release } });
    document.to_string()
}

fn has(report: &Value, id: &str) -> bool {
    let mut findings = report["findings"].as_array().unwrap().iter();
    findings.any(|finding| finding["advisory"] == id)
}

fn setup(clock: &Clock) -> Setup {
    let setup = Setup::new()
        .with("LIMPID_NOTICES__FLAP_WINDOW", 0)
        .with("LIMPID_NOTICES__BACKOFF", 10)
        .with("LIMPID_NOTICES__LONGEST_BACKOFF", 10)
        .with("LIMPID_NOTICES__ATTEMPTS", 100_000);
    clock.of(setup)
}

fn subscribe(service: &Service, name: &str, receiver: &Receiver) {
    let wanted = json!({ "webhook": { "url": receiver.url(), "secret": SECRET } });
    let path = format!("/v1/subscriptions/{name}");
    service.api.send("PUT", &path, &[], wanted.to_string().as_bytes()).ok();
}

/// A token that expires then.
fn token(service: &Service, name: &str, expires: Timestamp) -> String {
    let wanted = json!({ "name": name, "role": "read", "expires": expires.to_string() });
    let made = service.api.send("POST", "/v1/tokens", &[], wanted.to_string().as_bytes());
    assert_eq!(made.status, 201, "{made:#?}");
    made.body["secret"].as_str().unwrap().to_owned()
}

fn status(service: &Service, token: &str) -> u16 {
    service.api.status("GET", "/v1/images", Some(token)).0
}

/// All times of some kind in a document, in the order in which they stand there.
fn times(document: &Value, of: &str, key: &str) -> Vec<Timestamp> {
    let rows = document[of].as_array().unwrap().iter();
    rows.map(|row| row[key].as_str().unwrap().parse().unwrap()).collect()
}

fn audit(service: &Service) -> Vec<(Timestamp, String)> {
    let audit = service.api.get("/v1/audit?limit=1000").ok();
    let paths = audit["records"].as_array().unwrap().iter();
    let paths = paths.map(|record| record["path"].as_str().unwrap().to_owned());
    times(&audit, "records", "time").into_iter().zip(paths).collect()
}

#[test]
#[ignore = "needs a library: `cargo xtask test-with clock`"]
fn a_clock_that_is_set_back_an_hour_loses_nothing_and_keeps_nobody_waiting() {
    let clock = Clock::new();
    let service = Service::with(setup(&clock));
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    // Others would take no message of a service whose clock is an hour before theirs.
    let [receiver, failing] = [Manner::Answers("200 OK\r\n"), Manner::FailsFirst(1)]
        .map(|manner| Receiver::whose_clock_differs(manner, 3 * 60 * 60));
    let mut document = tracker();
    service.api.hand_in("debian", document.to_string()).ok();
    subscribe(&service, "well", &receiver);
    subscribe(&service, "failing", &failing);
    let [expired, short, long] = [("expired", 30), ("short", 90), ("long", 600)]
        .map(|(name, minutes)| token(&service, name, moment(minutes.minutes())));
    // An hour ahead, one of them has expired.
    clock.set(60);
    wait_for_clock(&service, 60);
    service.api.hand_in("debian", with_one_more(&mut document, "CVE-2026-10001")).ok();
    for receiver in [&receiver, &failing] {
        assert_eq!(receiver.next().body["data"]["vulnerability"], "CVE-2026-10001");
    }
    assert_eq!([&expired, &short, &long].map(|token| status(&service, token)), [401, 200, 200]);
    let before = moment(60.minutes());
    let report = service.api.report(&image);
    assert!(has(&report, "CVE-2026-10001"), "{report:#}");

    // An hour back, before what could not be delivered is due again.
    clock.set(0);
    until("the log says that the clock was set back", || {
        service.api.get("/v1/images").ok();
        service.log().contains("the clock of this machine was set back by").then_some(())
    });
    service.api.hand_in("debian", with_one_more(&mut document, "CVE-2026-10002")).ok();
    assert_eq!(failing.next().body["data"]["vulnerability"], "CVE-2026-10001");
    for receiver in [&receiver, &failing] {
        assert_eq!(receiver.next().body["data"]["vulnerability"], "CVE-2026-10002");
    }
    let check = |service: &Service, ids: &[&str]| {
        let report = service.api.report(&image);
        assert!(ids.iter().all(|id| has(&report, id)), "{report:#}");
        // What is asked for as it was is as it was.
        let then = service.api.get(&format!("/v1/images/{image}/report?as-of={before}")).ok();
        assert!(has(&then, "CVE-2026-10001") && !has(&then, "CVE-2026-10002"), "{then:#}");
        let earlier = moment(1.minute());
        let then = service.api.get(&format!("/v1/images/{image}/report?as-of={earlier}")).ok();
        assert!(!has(&then, "CVE-2026-10001") && !has(&then, "CVE-2026-10002"), "{then:#}");
        assert_eq!([&expired, &short, &long].map(|token| status(service, token)), [401, 200, 200]);
        let audit = audit(service);
        assert!(audit.is_sorted_by(|(later, _), (earlier, _)| later >= earlier), "{audit:#?}");
    };
    check(&service, &["CVE-2026-10001", "CVE-2026-10002"]);
    let job = service.api.submit(&archive_of("test/later:1")).ok();
    assert_eq!(job["state"], "done", "{job:#}");
    assert!(job["created"].as_str().unwrap().parse::<Timestamp>().unwrap() >= before, "{job:#}");
    let revision = |service: &Service| service.api.feed("debian")["revision"].as_u64().unwrap();
    let last = revision(&service);

    // It ends and begins again with the clock behind, in order and not.
    let service = Service::with(service.stop());
    let log = service.log();
    assert!(log.contains("before what the store was written at last"), "{log}");
    check(&service, &["CVE-2026-10001", "CVE-2026-10002"]);
    let service = Service::with(service.kill());
    check(&service, &["CVE-2026-10001", "CVE-2026-10002"]);
    service.api.hand_in("debian", with_one_more(&mut document, "CVE-2026-10003")).ok();
    for receiver in [&receiver, &failing] {
        assert_eq!(receiver.next().body["data"]["vulnerability"], "CVE-2026-10003");
    }
    let job = service.api.submit(&archive_of("test/later:2")).ok();
    assert_eq!(job["state"], "done", "{job:#}");
    assert_eq!(revision(&service), last + 1);
    check(&service, &["CVE-2026-10001", "CVE-2026-10002", "CVE-2026-10003"]);

    // Where it was, and further.
    clock.set(100);
    wait_for_clock(&service, 100);
    service.api.hand_in("debian", with_one_more(&mut document, "CVE-2026-10004")).ok();
    for receiver in [&receiver, &failing] {
        assert_eq!(receiver.next().body["data"]["vulnerability"], "CVE-2026-10004");
    }
    assert_eq!([&expired, &short, &long].map(|token| status(&service, token)), [401, 401, 200]);
    let images = service.api.get("/v1/images").ok();
    assert_eq!(images["images"].as_array().unwrap().len(), 3, "{images:#}");
    let setup = service.stop();
    assert!(setup.run(["store", "check"]).ok().contains("whole"));
}
