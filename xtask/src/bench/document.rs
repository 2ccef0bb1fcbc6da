//! One document at a time, into a source of which nothing is stored: on all processors, and beside that on one.
//!
//! Both documents are made up, in the size and form of two that are the longest of their publishers: a tar of
//! records of npm in the form of OSV, nine in ten of which are of malicious packages, and the JSON of Debian's
//! tracker.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use flate2::Compression;
use serde_json::{Map, Value, json};

use super::Setting;
use super::measurement::{Bar, Measurement};
use super::osv;
use crate::api::Api;
use crate::command::{command, run};
use crate::measure::{peak_memory, processor_time};
use crate::service::{Interrupts, Service};

/// Records of npm as osv.dev exports them, and vulnerabilities in Debian's tracker.
const OF_NPM: usize = 101_232;
const OF_DEBIAN: usize = 43_851;

/// How much of the time of one processor all of them may take: 1.7 times as fast is 0.59.
const MOST: f64 = 0.59;

struct Document {
    what: &'static str,
    feed: &'static str,
    source: &'static str,
    bytes: Vec<u8>,
    records: usize,
}

/// What one ingest took.
struct Taken {
    elapsed: Duration,
    processor: Duration,
}

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    let documents = [
        Document { what: "npm", feed: "osv", source: "npm", bytes: npm(), records: OF_NPM },
        Document { what: "Debian", feed: "debian", source: "tracker", bytes: debian(), records: OF_DEBIAN },
    ];
    let mut measurements = Vec::new();
    for document in &documents {
        eprintln!("bench: one document of {}, {} MiB", document.what, document.bytes.len() >> 20);
        let folder = setting.fresh("document")?;
        let service = Service::start(&setting.limpid, &folder, &Interrupts::default())?;
        let (mut all, mut one, mut busy) = (Vec::new(), Vec::new(), Vec::new());
        // The first one compiles the plugin.
        ingest(&service, document)?;
        for _ in 0..setting.runs {
            allow(&service, "0-1023")?;
            let taken = ingest(&service, document)?;
            all.push(taken.elapsed);
            busy.push(taken.processor);
            allow(&service, "0")?;
            one.push(ingest(&service, document)?.elapsed);
        }
        let peak = peak_memory(service.id()).context("the service's memory is not known")?;
        let what = format!("ingest of {} records of {}", document.records, document.what);
        let one = Measurement::of_times("on one processor", &one);
        measurements.extend([
            Measurement::of_times(&what, &all).beside(&one).with_bar(Bar::TimesFloor(MOST)),
            Measurement::of_times(format!("{what}, processor"), &busy),
            Measurement::of_bytes(format!("{what}, most memory of all runs"), vec![peak]),
        ]);
    }
    Ok(measurements)
}

/// Ingests a document, and removes its source again.
fn ingest(service: &Service, document: &Document) -> anyhow::Result<Taken> {
    let api = Api::new(service.address());
    let spent = || processor_time(service.id()).context("the service's time is not known");
    let (started, before) = (Instant::now(), spent()?);
    let taken = api.import(document.feed, &document.bytes)?;
    let taken_in = Taken { elapsed: started.elapsed(), processor: spent()?.saturating_sub(before) };
    let added = taken.get("added").and_then(Value::as_u64);
    ensure!(added == u64::try_from(document.records).ok(), "{added:?} records were added");
    let path = format!("/v1/feeds/{}/sources/{}", document.feed, document.source);
    let (status, answer) = api.send("DELETE", &path, &[])?;
    ensure!(status == 200, "DELETE {path} was answered with {status}: {}", String::from_utf8_lossy(&answer));
    Ok(taken_in)
}

/// On which processors all threads of a service run.
fn allow(service: &Service, processors: &str) -> anyhow::Result<()> {
    let id = service.id().to_string();
    run(command("taskset").args(["-a", "-c", "-p", processors, &id]).stdout(std::process::Stdio::null()))
}

fn npm() -> Vec<u8> {
    let record = |number: usize| {
        let is_malware = !number.is_multiple_of(10);
        let (id, alias) = if is_malware {
            (format!("MAL-2026-{number}"), format!("GHSA-mal-{number}"))
        } else {
            (format!("GHSA-own-{number}"), format!("CVE-2026-{number}"))
        };
        let fixed = |major: usize| {
            json!({ "type": "SEMVER", "events": [
                { "introduced": format!("{major}.0.0") }, { "fixed": format!("{major}.{}.{}", 1 + number % 40, number % 7) },
            ]})
        };
        let ranges: Vec<_> = if is_malware {
            vec![json!({ "type": "SEMVER", "events": [{ "introduced": "0" }] })]
        } else {
            (0..1 + number / 10 % 4).map(fixed).collect()
        };
        let package = format!("package-{}", if is_malware { number } else { number % 5_000 });
        json!({
            "schema_version": "1.7.3",
            "id": id,
            "modified": "2026-01-28T13:48:27.058191Z",
            "published": "2026-01-26T07:52:08Z",
            "aliases": [alias],
            "summary": format!("Malicious code in {package} (npm)"),
            "details": format!("## Source: malware ({:064x})\n{}", number * 7_919, DETAILS),
            "affected": [{
                "package": { "ecosystem": "npm", "name": package, "purl": format!("pkg:npm/{package}") },
                "ranges": ranges,
                "database_specific": { "cwes": [{ "cweId": "CWE-506", "name": "Embedded Malicious Code" }] },
            }],
            "references": [{ "type": "ADVISORY", "url": format!("https://example.org/advisories/{number}") }],
        })
    };
    osv::archive((0..OF_NPM).map(record), Compression::default())
}

const DETAILS: &str = "Any computer that has this package installed or running should be considered fully \
    compromised. All secrets and keys stored on that computer should be rotated immediately from a different \
    computer. The package should be removed, but as full control of the computer may have been given to an \
    outside entity, there is no guarantee that removing the package will remove all malicious software that \
    installing it has brought.";

fn debian() -> Vec<u8> {
    let mut packages: Map<String, Value> = Map::new();
    for number in 0..OF_DEBIAN {
        let release = |name: &str, fixed: usize| {
            let installed = format!("1.{}.0-1+deb{name}u1", number % 90);
            (
                name.to_owned(),
                json!({
                    "status": "resolved", "urgency": "not yet assigned",
                    "repositories": { name: installed }, "fixed_version": format!("1.{fixed}.0-2"),
                }),
            )
        };
        let releases: Map<_, _> = ["bullseye", "bookworm", "trixie", "sid"]
            .into_iter()
            .map(|name| release(name, number % 97))
            .collect();
        let entry = packages.entry(format!("package{}", number % 3_900)).or_insert_with(|| json!({}));
        if let Some(vulnerabilities) = entry.as_object_mut() {
            let said = json!({ "description": "Use after free in a package", "scope": "remote", "releases": releases });
            vulnerabilities.insert(format!("CVE-2026-{}", 10_000 + number), said);
        }
    }
    Value::Object(packages).to_string().into_bytes()
}
