//! The report of a large image: made anew, kept, and as what the client has already; for one client and
//! for many at once.
//!
//! Image and advisories are made up, and go through the service as real ones do: a database of dpkg of 2,124
//! packages, of which two come from each source, and a document of Debian's tracker with 2,714 findings for them
//! and eight vulnerabilities of each source that are fixed.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::{Map, Value, json};
use xtask::sample::{Compression, Image, Layer};

use super::Setting;
use super::client::{self, Client, Memory};
use super::measurement::{Bar, Measurement};
use crate::api::Api;
use crate::limpid::Limpid;
use crate::measure::processor_time;
use crate::service::{Interrupts, Service};

/// What the floor of a report is.
pub(super) const FLOOR: &str = "\
Floor of reports and packages of the large image: a thread that answers each request with the same bytes from \
memory, asked by the same client.";

const PACKAGES: usize = 2_124;
/// Binary packages of a source.
const OF_SOURCE: usize = 2;
const FINDINGS: usize = 2_714;
/// Vulnerabilities of each source that its installed version has left behind.
pub(super) const FIXED: usize = 8;

/// Requests of one client.
const ASKED: usize = 300;
const CLIENTS: usize = 16;
/// Requests of each of the clients that ask at once.
const EACH: usize = 25;

/// With this each report is made anew.
pub(super) const NOTHING_KEPT: (&str, &str) = ("LIMPID_HTTP__KEPT_ANSWER_BYTES", "0");

/// How long the service may take to have no more to refresh after its start.
const REFRESHED: Duration = Duration::from_secs(60);

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    eprintln!("bench: reports of an image of {PACKAGES} packages");
    let folder = setting.fresh("reports")?;
    let limpid = setting.limpid.with_plugins(setting.limpid.plugins().to_owned());
    let anew =
        setting.limpid.with_plugins(setting.limpid.plugins().to_owned()).with_settings(&[NOTHING_KEPT]);
    let paths = Paths::of(&fill(&anew, &folder)?);
    let mut first = Vec::new();
    for _ in 0..setting.runs {
        let service = Service::start(&anew, &folder, &Interrupts::default())?;
        let mut client = Client::of(service.address())?;
        client.get("/v1/feeds", None)?;
        first.extend(times(1, || client.get(&paths.report, None))?);
    }
    let mut measurements = vec![Measurement::of_times("report anew, the first after a start", &first)];
    measurements.extend(made_anew(&anew, &folder, &paths)?);
    measurements.extend(kept(&limpid, &folder, &paths)?);
    Ok(measurements)
}

struct Paths {
    report: String,
    packages: String,
}

impl Paths {
    fn of(image: &str) -> Self {
        let path = |what: &str| format!("/v1/images/{image}/{what}");
        Self { report: path("report"), packages: path("packages") }
    }
}

fn made_anew(limpid: &Limpid, folder: &Path, paths: &Paths) -> anyhow::Result<Vec<Measurement>> {
    let service = Service::start(limpid, folder, &Interrupts::default())?;
    let mut measurements = Vec::new();
    for (what, path, bars) in [
        ("report anew", &paths.report, Some([12.0, 16.0].map(Bar::Below))),
        ("packages anew", &paths.packages, None),
    ] {
        let mut client = Client::of(service.address())?;
        tagged(&mut client, path)?;
        let before = processor_time(service.id()).context("the service's time is not known")?;
        let all = times(ASKED, || client.get(path, None))?;
        let after = processor_time(service.id()).context("the service's time is not known")?;
        let bytes = client.get(path, None)?.body;
        let floor = floor(&bytes, path)?;
        let length = bytes.len() as u64;
        let each = (after.saturating_sub(before)).as_secs_f64() * 1_000.0 / f64::from(u32::try_from(ASKED)?);
        measurements.push(Measurement::of_bytes(format!("{what}, in JSON"), vec![length]));
        let all = Measurement::of_times(what, &all);
        measurements.extend(with_last(all.beside(&floor), what, &floor, bars));
        measurements.push(Measurement::new(format!("{what}, processor"), "ms", vec![each]));
    }
    let rate = at_once(&service, &paths.report)?.with_bar(Bar::AtLeast(250.0));
    measurements.push(rate.called(format!("reports anew, {CLIENTS} clients at once")));
    Ok(measurements)
}

fn kept(limpid: &Limpid, folder: &Path, paths: &Paths) -> anyhow::Result<Vec<Measurement>> {
    let service = Service::start(limpid, folder, &Interrupts::default())?;
    let mut client = Client::of(service.address())?;
    let tag = tagged(&mut client, &paths.report)?;
    let bytes = client.get(&paths.report, None)?.body;
    let floor = floor(&bytes, &paths.report)?;
    let all =
        Measurement::of_times("report that is kept", &times(ASKED, || client.get(&paths.report, None))?);
    let mut measurements = with_last(all.beside(&floor), "report that is kept", &floor, None);
    let known = times(ASKED, || {
        let answer = client.get(&paths.report, Some(&tag))?;
        ensure!(answer.status == 304, "a report that the client has is answered with {}", answer.status);
        Ok(answer)
    })?;
    let known = Measurement::of_times("report that the client has (304)", &known);
    let bars = Some([Bar::Below(1.0); 2]);
    measurements.extend(with_last(known, "report that the client has (304)", &floor, bars));
    let rate = at_once(&service, &paths.report)?.with_bar(Bar::AtLeast(250.0));
    measurements.push(rate.called(format!("reports that are kept, {CLIENTS} clients at once")));
    Ok(measurements)
}

/// A measurement and its 99th percentile, each with its bar.
fn with_last(all: Measurement, what: &str, floor: &Measurement, bars: Option<[Bar; 2]>) -> Vec<Measurement> {
    let last = Measurement::new(format!("{what}, 99 in 100 are faster"), "ms", vec![all.quantile(99)]);
    let floor = Measurement::new("floor", "ms", vec![floor.quantile(99)]);
    let both = [all, last.beside(&floor)];
    match bars {
        Some(bars) => both.into_iter().zip(bars).map(|(it, bar)| it.with_bar(bar)).collect(),
        None => both.into(),
    }
}

/// The same bytes from memory.
fn floor(bytes: &[u8], path: &str) -> anyhow::Result<Measurement> {
    let memory = Memory::serve(bytes.to_vec())?;
    let mut client = Client::of(memory.address())?;
    Ok(Measurement::of_times("floor", &times(ASKED, || client.get(path, None))?))
}

pub(super) fn times(
    count: usize,
    mut ask: impl FnMut() -> anyhow::Result<client::Answer>,
) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    for _ in 0..count {
        let started = Instant::now();
        std::hint::black_box(ask()?);
        times.push(started.elapsed());
    }
    Ok(times)
}

/// Waits until nothing is refreshed any more, and gives the tag of the answer.
pub(super) fn tagged(client: &mut Client, path: &str) -> anyhow::Result<String> {
    let started = Instant::now();
    while started.elapsed() < REFRESHED {
        if let Some(tag) = client.get(path, None)?.tag {
            return Ok(tag);
        }
        thread::sleep(Duration::from_millis(20));
    }
    bail!("after {} s plugins are still being refreshed", REFRESHED.as_secs())
}

/// Answers a second where many clients ask as soon as they have the last one.
fn at_once(service: &Service, path: &str) -> anyhow::Result<Measurement> {
    let started = Instant::now();
    thread::scope(|scope| {
        let ask = || -> anyhow::Result<()> {
            let mut client = Client::of(service.address())?;
            times(EACH, || client.get(path, None)).map(drop)
        };
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(ask)).collect();
        for client in clients {
            client.join().map_err(|_| anyhow::anyhow!("a client has panicked"))??;
        }
        anyhow::Ok(())
    })?;
    let answers = f64::from(u32::try_from(CLIENTS * EACH)?);
    Ok(Measurement::new("", "/s", vec![answers / started.elapsed().as_secs_f64()]))
}

/// Makes the image known, and what is stated of it; gives the image's digest.
pub(super) fn fill(limpid: &Limpid, folder: &Path) -> anyhow::Result<String> {
    let service = Service::start(limpid, folder, &Interrupts::default())?;
    let api = Api::new(service.address());
    api.import("debian", tracker().to_string().as_bytes())?;
    let image = image();
    let id = image.id()?;
    let report = api.submit(&id, &image.docker_archive(Compression::Gzip)?)?;
    let count = |name: &str| report.pointer(&format!("/summary/{name}")).and_then(Value::as_u64);
    let expected = [PACKAGES, FINDINGS].map(|count| u64::try_from(count).ok());
    ensure!([count("packages"), count("findings")] == expected, "the report is {:?}", report.get("summary"));
    fs::write(folder.join("report.json"), report.to_string())?;
    Ok(id)
}

fn image() -> Image {
    let release = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n\
                   VERSION_CODENAME=bookworm\n";
    let base = Layer::new("/bin/sh -c #(nop) ADD file:rootfs.tar.xz in / ")
        .file("etc/os-release", release)
        .file("var/lib/dpkg/status", status(PACKAGES / 20));
    let installed = Layer::new("RUN /bin/sh -c apt-get install -y everything")
        .file("var/lib/dpkg/status", status(PACKAGES));
    Image::new("limpid-bench/large:1").with(base).with(installed)
}

fn status(packages: usize) -> String {
    let mut text = String::new();
    for number in 0..packages {
        let source = number / OF_SOURCE;
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "Package: libpackage{number}-dev\nStatus: install ok installed\nPriority: optional\nSection: libs\n\
             Architecture: amd64\nSource: package{source}\nVersion: {}\nDescription: number {number}\n",
            installed_version(source)
        );
    }
    text
}

fn installed_version(source: usize) -> String {
    format!("{}.{}.1-{}+deb12u1", source % 9 + 1, source % 30, source % 4 + 1)
}

/// Vulnerabilities that affect the image come first, each of a source of [`OF_SOURCE`] packages.
pub(super) fn cve(number: usize) -> String {
    format!("CVE-2025-{}", 10_000 + number)
}

pub(super) const SOURCES: usize = PACKAGES / OF_SOURCE;
pub(super) const AFFECTING: usize = FINDINGS / OF_SOURCE;

fn tracker() -> Value {
    let mut sources: Vec<Map<String, Value>> = vec![Map::new(); SOURCES];
    for number in 0..AFFECTING + SOURCES * FIXED {
        let place = number % SOURCES;
        let current = installed_version(place);
        let mut release = json!({ "status": "open", "repositories": { "bookworm": current } });
        let (urgency, more) = match number {
            AFFECTING.. => ("high", json!({ "status": "resolved", "fixed_version": "0.9" })),
            _ if number % 3 == 0 => ("low", json!({ "nodsa": "Minor issue", "nodsa_reason": "" })),
            _ if number % 3 == 1 => {
                ("medium", json!({ "status": "resolved", "fixed_version": format!("{current}.{number}") }))
            }
            _ => ("not yet assigned", json!({})),
        };
        if let (Some(release), Value::Object(more)) = (release.as_object_mut(), more) {
            release.insert("urgency".to_owned(), urgency.into());
            release.extend(more);
        }
        let message = json!({
            "description": format!("Use after free in package{place}"),
            "releases": { "bookworm": release },
        });
        if let Some(source) = sources.get_mut(place) {
            source.insert(cve(number), message);
        }
    }
    let named = sources.into_iter().enumerate();
    Value::Object(
        named.map(|(number, message)| (format!("package{number}"), Value::Object(message))).collect(),
    )
}
