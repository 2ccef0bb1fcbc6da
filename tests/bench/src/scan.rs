//! A whole image: all layers read, verified, inflated and walked, and what detectors claim of them
//! shown to these, as indexing does it: two layers at a time, detectors beside the reading.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::thread;
use std::time::Instant;

use anyhow::{Context, bail};
use limpid_bytes::Stop;
use limpid_detector_apk::Apk;
use limpid_detector_dpkg::Dpkg;
use limpid_detector_os_release::OsRelease;
use limpid_images::{FoundLayer, stored};
use limpid_layers::{ClaimSet, ClaimedFile, Sink, read_layer};
use limpid_runtime::Registry;
use serde_json::{Value, json};

use crate::archive::Opened;
use crate::detectors::{Detect, Linked, Sandboxed};

/// Layers at a time, as the scanner's default is.
const LAYERS: usize = 2;

/// Calls of detectors that may wait while a layer is being read, as in the scanner.
const WAITING: usize = 4;

pub(crate) fn compare(registry: &Registry, image: &Path, times: usize) -> anyhow::Result<Value> {
    let plugins = registry.snapshot();
    let sandboxed = ["dpkg", "apk", "os-release"].map(|name| Sandboxed::named(&plugins, name));
    let sandboxed: Vec<Sandboxed> = sandboxed.into_iter().collect::<Result<_, _>>()?;
    let claims: Vec<_> = sandboxed.iter().map(Sandboxed::claims).collect::<Result<_, _>>()?;
    let claims = ClaimSet::new(claims.into_iter())?;
    let plugin: Vec<&dyn Detect> = sandboxed.iter().map(|detector| detector as &dyn Detect).collect();
    let (dpkg, apk, os_release) = (Linked::<Dpkg>::new(), Linked::<Apk>::new(), Linked::<OsRelease>::new());
    let native: [&dyn Detect; 3] = [&dpkg, &apk, &os_release];

    let mut sides = [Side::new("plugin", &plugin), Side::new("native", &native)];
    // The first round brings the archive into the page cache, and does not count.
    for round in 0..=times {
        for side in &mut sides {
            side.measure(image, &claims, round > 0)?;
        }
        let [plugin, native] = &sides;
        if plugin.found != native.found || plugin.found == 0 {
            bail!("{} facts by plugins, {} natively", plugin.found, native.found);
        }
    }
    Ok(Value::Object(sides.iter().flat_map(Side::to_json).collect()))
}

/// One of the two ways to run the detectors.
struct Side<'a> {
    name: &'static str,
    detectors: &'a [&'a dyn Detect],
    found: usize,
    elapsed_ms: Vec<f64>,
    processor_ms: Vec<f64>,
}

impl<'a> Side<'a> {
    const fn new(name: &'static str, detectors: &'a [&'a dyn Detect]) -> Self {
        Self { name, detectors, found: 0, elapsed_ms: Vec::new(), processor_ms: Vec::new() }
    }

    fn measure(&mut self, image: &Path, claims: &ClaimSet, counts: bool) -> anyhow::Result<()> {
        let (started, before) = (Instant::now(), processor_ms()?);
        self.found = scan(image, claims, self.detectors)?;
        if counts {
            self.elapsed_ms.push(started.elapsed().as_secs_f64() * 1_000.0);
            self.processor_ms.push(processor_ms()? - before);
        }
        Ok(())
    }

    fn to_json(&self) -> [(String, Value); 2] {
        [
            (format!("{}_ms", self.name), json!(self.elapsed_ms)),
            (format!("{}_processor_ms", self.name), json!(self.processor_ms)),
        ]
    }
}

/// How many facts the detectors find in the image.
fn scan(image: &Path, claims: &ClaimSet, detectors: &[&dyn Detect]) -> anyhow::Result<usize> {
    let opened = Opened::open(image)?;
    let layers = &opened.image.layers;
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = 0;
        while let Some(layer) = layers.get(next.fetch_add(1, Ordering::Relaxed)) {
            found += scan_layer(&opened, layer, claims, detectors)?;
        }
        anyhow::Ok(found)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..LAYERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().map_err(|_| panicked())?).sum()
    })
}

fn scan_layer(
    opened: &Opened,
    layer: &FoundLayer,
    claims: &ClaimSet,
    detectors: &[&dyn Detect],
) -> anyhow::Result<usize> {
    let (sender, receiver) = mpsc::sync_channel::<Showing>(WAITING);
    thread::scope(|scope| {
        let detecting = scope.spawn(move || {
            let show = |(claimant, files): Showing| {
                let detector: &&dyn Detect = detectors.get(claimant).context("files were shown to nobody")?;
                detector.detect(files)
            };
            receiver.into_iter().map(show).sum::<anyhow::Result<usize>>()
        });
        let mut sink = Handover(sender);
        let scratch = std::env::temp_dir();
        let layer = stored(&opened.archive, layer, &scratch, &Stop::default())?;
        let read = read_layer(&layer, claims, &scratch, &opened.limits, &mut sink);
        drop(sink);
        read?;
        detecting.join().map_err(|_| panicked())?
    })
}

fn panicked() -> anyhow::Error {
    anyhow::anyhow!("a thread has panicked")
}

/// Files for one detector, by its place.
type Showing = (usize, Vec<ClaimedFile>);

struct Handover(SyncSender<Showing>);

impl Sink for Handover {
    fn alone(&mut self, claimant: usize, batch: Vec<ClaimedFile>) {
        // Nobody receives any more only where a detector has failed, which is told when it is joined.
        let _ = self.0.send((claimant, batch));
    }

    fn together(&mut self, claimant: usize, files: Vec<ClaimedFile>) {
        self.alone(claimant, files);
    }
}

/// What all threads of this process have taken of the processors so far, in milliseconds: `utime`
/// and `stime` of [proc_pid_stat(5)](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html),
/// whose ticks are 10 ms on all machines that Linux runs on today.
fn processor_ms() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("`/proc/self/stat` names no program")?;
    let ticks = fields.split_ascii_whitespace().skip(11).take(2).map(str::parse::<u32>);
    Ok(f64::from(ticks.sum::<Result<u32, _>>()?) * 10.0)
}
