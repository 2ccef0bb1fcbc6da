//! A service whose clients read nothing, send nothing more, or ask for what is long ago: others must not
//! notice.

mod past;
mod prober;

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use xtask::sample::{Compression, debian};

use super::tally::{Comparison, Tally};
use crate::api::Api;
use crate::limpid::Limpid;
use crate::measure::{peak_memory, resident_memory};
use crate::service::{Interrupts, Service};
use crate::workspace::Workspace;
use prober::Prober;

/// Clients that ask for a report and read nothing of it, and bodies that stop after they have begun.
const READERS: usize = 64;
const BODIES: usize = 1_024;

/// Findings of that report, which make it one of some megabytes.
const FINDINGS: usize = 3_000;

/// For how long they let the service wait.
const WAITING: Duration = Duration::from_secs(20);

/// How long `/healthz` may take meanwhile.
const PROMPTLY: Duration = Duration::from_millis(100);

/// How much the service may hold in memory, in bytes.
const MEMORY: u64 = 512 << 20;

pub(super) fn check(workspace: &Workspace, tally: &mut Tally) {
    let limpid = match Limpid::build_for_release(workspace, &[]) {
        Ok(limpid) => limpid,
        Err(why) => return tally.failure("slow clients: the program", &why),
    };
    let folder = workspace.target().join("verify/slow-clients");
    let name = format!("slow clients: {READERS} that do not read, {BODIES} bodies that stop");
    tally.check(&name, || silent(&limpid, &fresh(&folder, "silent")?));
    tally.check("slow clients: reports of the past", || past::check(&limpid, &fresh(&folder, "past")?));
}

/// An empty folder.
fn fresh(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let folder = folder.join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot clear `{}`", folder.display()))?;
    }
    Ok(folder)
}

fn silent(limpid: &Limpid, folder: &Path) -> anyhow::Result<Comparison> {
    let service = Service::start(limpid, folder, &Interrupts::default())?;
    let api = Api::new(service.address());
    let image = debian();
    let id = image.id()?;
    api.submit(&id, &image.docker_archive(Compression::Gzip)?)?;
    api.import("debian", tracker().as_bytes())?;
    let health = Prober::start(service.address(), "/healthz");
    let readiness = Prober::start(service.address(), "/readyz");
    let mut kept = Vec::new();
    let ask = format!("GET /v1/images/{id}/report HTTP/1.1\r\nHost: localhost\r\n\r\n").repeat(3);
    let send = "POST /v1/images HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\nbegun";
    for number in 0..READERS + BODIES {
        kept.push(open(service.address(), if number < READERS { &ask } else { send })?);
    }
    let began = Instant::now();
    // Who is in the middle of something may stay; another one gets in all the same.
    let mut others = Vec::new();
    while began.elapsed() < WAITING {
        let asked = Instant::now();
        let (status, _) = api.send("GET", "/v1/images", &[])?;
        others.push((status, asked.elapsed()));
        std::thread::sleep(Duration::from_millis(500));
    }
    let memory = peak_memory(service.id()).context("the service is gone")?;
    drop(kept);
    let (health, readiness) = (health.stop()?, readiness.stop()?);
    let answered = others.iter().filter(|(status, _)| *status == 200).count();
    let slowest = others.iter().map(|(_, took)| *took).max().unwrap_or_default();
    let what = format!(
        "/healthz {health}; /readyz {readiness}; {answered} of {} other requests were answered, the others put \
         off, after {} ms at most; {} MiB at most",
        others.len(),
        slowest.as_millis(),
        memory >> 20
    );
    let mut differences = Vec::new();
    if health.longest > PROMPTLY {
        differences.push(format!("/healthz took {} ms", health.longest.as_millis()));
    }
    if memory > MEMORY {
        differences.push(format!("the service kept {} MiB", memory >> 20));
    }
    if answered == 0 {
        differences.push("nobody else was answered".to_owned());
    }
    Ok(Comparison::new(what, differences).requiring(health.asked > 100, "hardly anybody asked"))
}

fn open(address: SocketAddr, request: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).context("no connection")?;
    // Where there is no room, it is refused at once.
    let _ = stream.write_all(request.as_bytes());
    Ok(stream)
}

/// A document of the tracker that makes a long report of the sample image.
fn tracker() -> String {
    let open =
        json!({ "releases": { "bookworm": { "status": "open", "repositories": {}, "urgency": "high" } } });
    let every: Map<String, Value> =
        (0..FINDINGS).map(|number| (format!("CVE-2024-{:04}", number + 1), open.clone())).collect();
    json!({ "curl": every }).to_string()
}

/// What the service holds now, in bytes.
fn holds(service: &Service) -> u64 {
    resident_memory(service.id()).unwrap_or_default()
}
