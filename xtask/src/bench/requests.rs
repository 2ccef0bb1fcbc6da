//! Two thousand requests for reports a second, beside indexing: how long answers take, counted from when each was
//! due, so that one that is late makes those behind it late too.
//!
//! The report is that of a realistic image, compressed as clients ask for it. What is indexed are images of unknown
//! layers, one after the other without a pause: each is deleted when it is indexed.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use serde_json::Value;
use xtask::sample::{Compression, Image, Layer};

use super::Setting;
use super::client::Client;
use super::measurement::{Bar, Measurement};
use super::reports::tagged;
use crate::api::Api;
use crate::measure::peak_memory;
use crate::service::{Interrupts, Service};
use crate::verify::{TRACKER, read_zstd};

/// Requests a second, all clients together.
const RATE: u32 = 2_000;
const CLIENTS: u32 = 32;
/// How long they ask.
const LONG: Duration = Duration::from_secs(60);

/// Images that are indexed in turn, and bytes of the layer of each.
const IMAGES: usize = 3;
const LAYER: usize = 48 << 20;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    eprintln!("bench: {RATE} requests a second for {} s beside indexing", LONG.as_secs());
    let folder = setting.fresh("requests")?;
    let limpid = setting.limpid.with_plugins(setting.limpid.plugins().to_owned());
    let service = Service::start(&limpid, &folder, &Interrupts::default())?;
    let api = Api::new(service.address());
    api.import("debian", read_zstd(&setting.corpus.path(TRACKER))?.to_string().as_bytes())?;
    let job = api.submit_file(&setting.image.oci())?;
    let image = job.pointer("/images/0").and_then(Value::as_str).context("there is no image")?;
    let path = format!("/v1/images/{image}/report");
    tagged(&mut Client::of(service.address())?, &path)?;
    let others: Vec<_> = (0..IMAGES).map(other).collect::<anyhow::Result<_>>()?;

    let quiet = ask(&service, &path)?;
    let stop = AtomicBool::new(false);
    let (busy, indexed) = thread::scope(|scope| {
        let indexing = scope.spawn(|| index(&api, &others, &stop));
        let busy = ask(&service, &path);
        stop.store(true, Ordering::Relaxed);
        let indexed = indexing.join().map_err(|_| anyhow!("whoever indexes has panicked"))??;
        anyhow::Ok((busy?, indexed))
    })?;
    let of = |percent: usize, times: &[Duration], what: &str| {
        let value = Measurement::of_times("", times).quantile(percent);
        Measurement::new(format!("{what}, {percent} in 100 are faster"), "ms", vec![value])
    };
    let what = format!("report, {RATE} a second beside indexing");
    let most = peak_memory(service.id()).context("the service's memory is not known")?;
    Ok(vec![
        Measurement::new(format!("images of {} MiB indexed meanwhile", LAYER >> 20), "", vec![indexed]),
        of(50, &busy, &what).beside(&of(50, &quiet, "")),
        of(99, &busy, &what).beside(&of(99, &quiet, "")).with_bar(Bar::Below(30.0)),
        Measurement::of_bytes("peak memory of the service meanwhile", vec![most]),
    ])
}

/// An image of one layer that nothing else has, and its digest.
fn other(number: usize) -> anyhow::Result<(String, Vec<u8>)> {
    let mut content = Vec::with_capacity(LAYER);
    let mut line = number;
    while content.len() < LAYER {
        line = line.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        writeln!(content, "{line:016x} is a line of a file that says nothing")?;
    }
    let layer = Layer::new("COPY data /data").file("data", content);
    let image = Image::new(format!("limpid-bench/other:{number}")).with(layer);
    Ok((image.id()?, image.docker_archive(Compression::Gzip)?))
}

/// Indexes one image after the other until it is to stop, and says how many.
fn index(api: &Api, images: &[(String, Vec<u8>)], stop: &AtomicBool) -> anyhow::Result<f64> {
    let mut count = 0.0;
    for (id, archive) in images.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        api.submit(id, archive)?;
        let (status, _) = api.send("DELETE", &format!("/v1/images/{id}"), b"")?;
        ensure!(status == 204, "an image that was indexed is deleted with {status}");
        count += 1.0;
    }
    Ok(count)
}

/// How long each of all answers took, from when it was due.
fn ask(service: &Service, path: &str) -> anyhow::Result<Vec<Duration>> {
    let between = Duration::from_secs(1) * CLIENTS / RATE;
    let started = Instant::now();
    let one = |client: u32| -> anyhow::Result<Vec<Duration>> {
        let mut asking = Client::of(service.address())?;
        let mut due = started + between * client / CLIENTS;
        let mut times = Vec::new();
        while due.duration_since(started) < LONG {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let answer = asking.get_packed(path)?;
            ensure!(answer.status == 200, "GET {path} is answered with {}", answer.status);
            times.push(due.elapsed());
            due += between;
        }
        Ok(times)
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|client| scope.spawn(move || one(client))).collect();
        let mut all = Vec::new();
        for client in clients {
            all.extend(client.join().map_err(|_| anyhow!("a client has panicked"))??);
        }
        Ok(all)
    })
}
