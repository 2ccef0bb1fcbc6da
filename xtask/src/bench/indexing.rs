//! Indexing an image over HTTP, and reading its report.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;

use super::Setting;
use super::measurement::{Bar, Measurement};
use crate::api::Api;
use crate::command::{command, run};
use crate::measure::peak_memory;
use crate::service::{Interrupts, Service};
use crate::verify::{TRACKER, read_zstd};

/// How the floor is measured.
pub(super) const FLOOR: &str = "\
Floor of indexing: for each layer of the same archive, one after the other, `gzip -dc` of its blob to nowhere, \
`sha256sum` of the blob, and `sha256sum` of its tar; measured in turn with indexing, all files in the page cache.";

/// The most memory that the service may hold, in MiB.
pub(super) const MEMORY: Bar = Bar::Below(150.0);

const REPORTS: usize = 200;

/// What is measured in each run.
#[derive(Default)]
struct Runs {
    floor: Vec<Duration>,
    start: Vec<Duration>,
    cold: Vec<Duration>,
    warm: Vec<Duration>,
    peak: Vec<u64>,
}

/// A layer as it is stored, and its tar.
struct Layer {
    blob: PathBuf,
    tar: PathBuf,
}

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    let layers = layers(setting)?;
    let mut runs = Runs::default();
    let mut reports = Vec::new();
    for number in 1..=setting.runs {
        eprintln!("bench: indexing, run {number} of {}", setting.runs);
        runs.floor.push(floor(&layers)?);
        let service = index(setting, layers.len(), &mut runs)?;
        if number == setting.runs {
            reports = self::reports(setting, &service)?;
        }
    }
    let floor = Measurement::of_times("floor: gzip and two sha256 of all layers", &runs.floor);
    let reports = Measurement::of_times(format!("report, {REPORTS} over one connection"), &reports);
    let last = Measurement::new("report, 99 in 100 are faster", "ms", vec![reports.quantile(99)]);
    let cold = Measurement::of_times("cold index over HTTP", &runs.cold);
    let most = runs.peak.into_iter().max().into_iter().collect();
    Ok(vec![
        cold.beside(&floor).with_bar(Bar::TimesFloor(1.5)),
        floor,
        Measurement::of_times("warm index over HTTP", &runs.warm),
        reports.with_bar(Bar::Below(10.0)),
        last.with_bar(Bar::Below(10.0)),
        Measurement::of_bytes("peak memory of the service, cold index, most of all runs", most)
            .with_bar(MEMORY),
        Measurement::of_times("start of the service, until ready", &runs.start),
    ])
}

/// The layers of the image, lowest first.
fn layers(setting: &Setting) -> anyhow::Result<Vec<Layer>> {
    let folder = setting.fresh("layers")?;
    run(command("tar").arg("-xf").arg(setting.image.oci()).arg("-C").arg(&folder))?;
    let index = read(&folder.join("index.json"))?;
    let blob = |value: Option<&Value>| -> anyhow::Result<PathBuf> {
        let digest = value.and_then(Value::as_str).context("a descriptor has no digest")?;
        Ok(folder.join("blobs").join(digest.replace(':', "/")))
    };
    let manifest = read(&blob(index.pointer("/manifests/0/digest"))?)?;
    let mut layers = Vec::new();
    for layer in manifest.get("layers").and_then(Value::as_array).into_iter().flatten() {
        let blob = blob(layer.get("digest"))?;
        let tar = blob.with_extension("tar");
        run(command("gzip").arg("-dc").arg(&blob).stdout(fs::File::create(&tar)?))?;
        layers.push(Layer { blob, tar });
    }
    Ok(layers)
}

fn read(path: &Path) -> anyhow::Result<Value> {
    let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(serde_json::from_slice(&bytes)?)
}

fn floor(layers: &[Layer]) -> anyhow::Result<Duration> {
    let started = Instant::now();
    for layer in layers {
        quietly(command("gzip").arg("-dc").arg(&layer.blob))?;
        quietly(command("sha256sum").arg(&layer.blob))?;
        quietly(command("sha256sum").arg(&layer.tar))?;
    }
    Ok(started.elapsed())
}

fn quietly(command: &mut Command) -> anyhow::Result<()> {
    run(command.stdout(Stdio::null()))
}

/// Submits the image to a service with an empty store that has loaded its plugins, and again.
fn index(setting: &Setting, layers: usize, runs: &mut Runs) -> anyhow::Result<Service> {
    let folder = setting.fresh("service")?;
    let started = Instant::now();
    let service = Service::start(&setting.limpid, &folder, &Interrupts::default())?;
    runs.start.push(started.elapsed());
    let api = Api::new(service.address());
    for (times, read) in [(&mut runs.cold, layers), (&mut runs.warm, 0)] {
        let started = Instant::now();
        let job = api.submit_file(&setting.image.oci())?;
        times.push(started.elapsed());
        if job.get("layers_read").and_then(Value::as_u64) != u64::try_from(read).ok() {
            bail!("{read} layers should have been read, but the job is {job}");
        }
        if read > 0 {
            runs.peak.push(peak_memory(service.id()).context("the service's memory is not known")?);
        }
    }
    Ok(service)
}

/// How long it takes to get the report, time and again.
fn reports(setting: &Setting, service: &Service) -> anyhow::Result<Vec<Duration>> {
    let api = Api::new(service.address());
    api.import("debian", read_zstd(&setting.corpus.path(TRACKER))?.to_string().as_bytes())?;
    let images: Value = serde_json::from_slice(&api.get("/v1/images")?)?;
    let image = images.pointer("/images/0/digest").and_then(Value::as_str).context("there is no image")?;
    let path = format!("/v1/images/{image}/report");
    let mut times = Vec::with_capacity(REPORTS);
    for _ in 0..REPORTS {
        let started = Instant::now();
        api.get(&path)?;
        times.push(started.elapsed());
    }
    Ok(times)
}
