//! A service that sixteen clients post documents to, of sixty thousand records each: whether it says that it is
//! ready, how long reports take, and how soon notices come.
//!
//! Documents are tars of records in the form of OSV, each of an ecosystem of its own; of each that is posted
//! again one record in fifty has changed. The image is that of the reports. What notices are of comes in small
//! catalogs of KEV, each with one vulnerability of the image more than the one before; how long a notice takes
//! is counted from the answer that its catalog is ingested.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use flate2::Compression;
use serde_json::{Value, json};

use super::Setting;
use super::client::Client;
use super::measurement::{Bar, Measurement};
use super::osv;
use super::reports::{self, NOTHING_KEPT};
use crate::api::Api;
use crate::service::{Interrupts, Service};

const CLIENTS: usize = 16;
const RECORDS: usize = 60_000;
/// One in so many has changed when a document is posted again.
const CHANGED: usize = 50;

/// Each report is made anew, and no notice is held back.
const SETTINGS: &[(&str, &str)] = &[NOTHING_KEPT, ("LIMPID_NOTICES__FLAP_WINDOW", "0")];

/// How long is measured, quiet and loaded.
const QUIET: Duration = Duration::from_secs(10);
const LOADED: Duration = Duration::from_secs(60);

/// How long after one question the next is asked.
const ASKED: Duration = Duration::from_millis(20);
/// How long after one catalog the next is posted.
const POSTED: Duration = Duration::from_secs(2);
/// How long a notice may take.
const WAIT: Duration = Duration::from_secs(60);

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    eprintln!("bench: {CLIENTS} clients that post {RECORDS} records each");
    let folder = setting.fresh("load")?;
    let limpid = setting.limpid.with_plugins(setting.limpid.plugins().to_owned()).with_settings(SETTINGS);
    let image = reports::fill(&limpid, &folder)?;
    let service = Service::start(&limpid, &folder, &Interrupts::default())?;
    let path = format!("/v1/images/{image}/report");
    let (hook, notices) = receive()?;
    let api = Api::new(service.address());
    let subscription = json!({ "webhook": { "url": format!("http://{hook}/") } }).to_string();
    let (status, answer) = api.send("PUT", "/v1/subscriptions/bench", subscription.as_bytes())?;
    ensure!(
        status < 300,
        "the subscription was answered with {status}: {}",
        String::from_utf8_lossy(&answer)
    );
    let mut notices = Notices { api, received: notices, listed: 0, early: HashMap::new() };
    // The first catalog of a source is news to nobody.
    notices.post()?;
    let quiet = during(&service, &path, &mut notices, QUIET)?;

    let documents: Vec<_> = (0..CLIENTS).map(|client| [0, 1].map(|round| document(client, round))).collect();
    let (stop, posted) = (AtomicBool::new(false), AtomicU64::new(0));
    let loaded = thread::scope(|scope| {
        let (service, stop, posted_so_far) = (&service, &stop, &posted);
        let post = move |documents: &[Vec<u8>; 2]| -> anyhow::Result<()> {
            let api = Api::new(service.address());
            while !stop.load(Ordering::Relaxed) {
                for document in documents {
                    api.import("osv", document)?;
                    posted_so_far.fetch_add(1, Ordering::Relaxed);
                }
            }
            Ok(())
        };
        let clients: Vec<_> =
            documents.iter().map(|documents| scope.spawn(move || post(documents))).collect();
        let loaded = during(service, &path, &mut notices, LOADED);
        stop.store(true, Ordering::Relaxed);
        for client in clients {
            client.join().map_err(|_| anyhow::anyhow!("a client has panicked"))??;
        }
        loaded
    })?;
    let posted = posted.load(Ordering::Relaxed);
    let what = format!("beside {CLIENTS} clients that post");
    let last = |times: &Measurement, what: String| Measurement::new(what, "ms", vec![times.quantile(99)]);
    let ready = Measurement::of_times("/readyz", &loaded.ready);
    let (report, before) = (
        Measurement::of_times(format!("report {what}"), &loaded.reports),
        Measurement::of_times("report, quiet", &quiet.reports),
    );
    let notices = Measurement::of_times(format!("notice {what}"), &loaded.notices);
    Ok(vec![
        Measurement::new(
            format!("documents of {RECORDS} records that were ingested"),
            "",
            vec![number(posted)],
        ),
        last(&ready, format!("/readyz {what}, 99 in 100 are faster"))
            .beside(&last(&Measurement::of_times("", &quiet.ready), String::new()))
            .with_bar(Bar::Below(50.0)),
        last(&report, format!("report {what}, 99 in 100 are faster")).beside(&last(&before, String::new())),
        report.beside(&before).with_bar(Bar::TimesFloor(2.0)),
        last(&notices, format!("notice {what}, 99 in 100 are faster")).with_bar(Bar::Below(1_000.0)),
        notices.beside(&Measurement::of_times("", &quiet.notices)),
    ])
}

#[expect(clippy::cast_precision_loss, reason = "there are few")]
const fn number(count: u64) -> f64 {
    count as f64
}

/// How long things took.
struct Times {
    ready: Vec<Duration>,
    reports: Vec<Duration>,
    notices: Vec<Duration>,
}

/// Asks and posts for so long.
fn during(service: &Service, report: &str, notices: &mut Notices, long: Duration) -> anyhow::Result<Times> {
    let started = Instant::now();
    let ask = |path: &str| -> anyhow::Result<Vec<Duration>> {
        let mut client = Client::of(service.address())?;
        let mut times = Vec::new();
        while started.elapsed() < long {
            let asked = Instant::now();
            let answer = client.get(path, None)?;
            ensure!(answer.status == 200, "GET {path} was answered with {}", answer.status);
            times.push(asked.elapsed());
            thread::sleep(ASKED);
        }
        Ok(times)
    };
    thread::scope(|scope| {
        let (ready, reports) = (scope.spawn(|| ask("/readyz")), scope.spawn(|| ask(report)));
        let mut took = Vec::new();
        while started.elapsed() < long {
            took.push(notices.post()?);
            thread::sleep(POSTED);
        }
        let joined = |it: thread::ScopedJoinHandle<'_, anyhow::Result<Vec<Duration>>>| {
            it.join().map_err(|_| anyhow::anyhow!("a client has panicked"))?
        };
        Ok(Times { ready: joined(ready)?, reports: joined(reports)?, notices: took })
    })
}

/// Makes that notices come, and waits for them.
struct Notices {
    api: Api,
    received: Receiver<(String, Instant)>,
    /// Vulnerabilities that the last catalog lists.
    listed: usize,
    /// Those of which a notice came before it was waited for.
    early: HashMap<String, Instant>,
}

impl Notices {
    /// Posts a catalog with one vulnerability more, and says how long after the answer its notice came. Of the
    /// first catalog none comes.
    fn post(&mut self) -> anyhow::Result<Duration> {
        let first = self.listed == 0;
        self.listed += if first { 10 } else { 1 };
        let listed = |number: usize| {
            json!({
                "cveID": reports::cve(number), "vendorProject": "x", "product": "x", "vulnerabilityName": "x",
                "dateAdded": "2026-01-01", "shortDescription": "x", "requiredAction": "x", "dueDate": "2026-02-01",
                "knownRansomwareCampaignUse": "Unknown", "notes": "", "cwes": [],
            })
        };
        let all: Vec<_> = (0..self.listed).map(listed).collect();
        let catalog = json!({
            "title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2026.01.01",
            "dateReleased": "2026-01-01T00:00:00Z", "count": all.len(), "vulnerabilities": all,
        });
        self.api.import("kev", catalog.to_string().as_bytes())?;
        let ingested = Instant::now();
        if first {
            return Ok(Duration::ZERO);
        }
        let wanted = reports::cve(self.listed - 1);
        loop {
            if let Some(came) = self.early.remove(&wanted) {
                return Ok(came.saturating_duration_since(ingested));
            }
            let (vulnerability, came) = self.received.recv_timeout(WAIT).context("no notice has come")?;
            self.early.entry(vulnerability).or_insert(came);
        }
    }
}

/// Takes notices, and tells of which vulnerability each is, and when it came.
fn receive() -> anyhow::Result<(SocketAddr, Receiver<(String, Instant)>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let (told, received) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let told = told.clone();
            thread::spawn(move || take(BufReader::new(stream), &told));
        }
    });
    Ok((address, received))
}

/// Takes the notices that come on one connection.
fn take(mut stream: BufReader<std::net::TcpStream>, told: &Sender<(String, Instant)>) -> anyhow::Result<()> {
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            match line.split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse()?
                }
                _ if line == "\r\n" => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        let came = Instant::now();
        stream.get_mut().write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
        let notice: Value = serde_json::from_slice(&body)?;
        let vulnerability = notice.pointer("/data/vulnerability");
        if let Some(vulnerability) = vulnerability.and_then(Value::as_str) {
            // Nobody waits when the measurement is over.
            _ = told.send((vulnerability.to_owned(), came));
        }
    }
}

/// The document of a client: every other time one record in [`CHANGED`] says something else.
fn document(client: usize, round: usize) -> Vec<u8> {
    let record = |number: usize| {
        let changed = if number.is_multiple_of(CHANGED) { round } else { 0 };
        let fixed = format!("1.{number}.0");
        json!({
            "id": format!("BENCH-{client}-{number}"),
            "modified": format!("2026-01-01T00:00:0{changed}Z"),
            "summary": "Malicious code in a package",
            "details": "Any computer that has this package installed should be considered compromised.",
            "affected": [{
                "package": { "ecosystem": format!("Bench{client}"), "name": format!("package-{number}") },
                "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
            }],
        })
    };
    osv::archive((0..RECORDS).map(record), Compression::fast())
}
