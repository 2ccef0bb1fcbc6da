//! An inventory of many images: how long it takes to say whom a vulnerability affects, and what an
//! image costs on disk.
//!
//! Images are made as registries hold them: builds of a few hundred lines on one base image. The base is
//! a real image's list of packages; each line installs more of those that its distribution has, and so
//! brings a database of its own, of up to a thousand packages, which replaces that of the base. Each image
//! has a layer of its own with three packages of npm, and shares all others with its line.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use limpid_bytes::Stop;
use limpid_detector_dpkg::status::Stanzas;
use limpid_images::Archive;
use limpid_layers::Limits;
use limpid_model::{
    Digest, Distribution, Evidence, Fact, Finding, Image, ImageLayer, LayerFindings, Package, Platform,
    PluginId, RepositoryOrder, RepositorySummary, Scope, SourcePackage,
};
use limpid_runtime::Registry;
use limpid_scanner::Store;
use limpid_scanner::{
    AdoptedLayer, Filter, Handed, ImageInput, Progress, Scanner, Settings, Summarizing, Trust,
    yield_to_others,
};
use serde_json::{Value, json};

use crate::archive::Opened;
use crate::detectors::Sandboxed;

/// Images of one line of builds.
const LINE: usize = 100;
/// Images of which it is measured what they take for themselves.
const OWN: usize = 10_000;
/// Images that become known in one batch.
const BATCH: usize = 1_000;
/// Most packages of an image.
const MOST: usize = 1_000;
/// Images on a page.
const PAGE: usize = 2_000_000;
/// Images whose reports are read, and for how long so many a second are.
const REPORTS: usize = 400;
const RATE: u32 = 200;
/// How often an image is indexed.
const JOBS: usize = 30;
const READING: Duration = Duration::from_secs(10);
/// Repositories, or affected images, on a page, and pages of repositories that are read in each order.
const REPOSITORIES: usize = 100;
const PAGES: usize = 50;
/// How often each question is asked.
const ASKED: usize = 3;

#[derive(clap::Args)]
pub(crate) struct Inputs {
    /// The security tracker's document
    #[arg(long)]
    tracker: PathBuf,
    /// Archive of an image with dpkg's database: the base
    #[arg(long)]
    image: PathBuf,
    /// Packages that its distribution has, in the form of `Packages`
    #[arg(long)]
    packages: PathBuf,
    /// A document of feed `osv`, which is ingested while reports are read
    #[arg(long)]
    osv: PathBuf,
    /// A directory for the store
    #[arg(long)]
    folder: PathBuf,
    /// How many images there are
    #[arg(long, required = true)]
    images: Vec<usize>,
    /// Measure again what an earlier run has made in the directory
    #[arg(long)]
    again: bool,
}

pub(crate) fn measure(registry: &Registry, inputs: &Inputs) -> anyhow::Result<Value> {
    let mut measured = Vec::new();
    for &images in &inputs.images {
        measured.push(of_size(registry, inputs, images)?);
    }
    Ok(Value::from(measured))
}

fn of_size(registry: &Registry, inputs: &Inputs, images: usize) -> anyhow::Result<Value> {
    let folder = inputs.folder.join(images.to_string());
    let world = World::new(inputs, registry)?;
    let (scanner, store) = scanner(registry, &folder)?;
    let filled =
        if inputs.again { None } else { Some(made(&world, registry, inputs, (&scanner, &store), images)?) };
    scanner.learn_names()?;
    let sample: Vec<Digest> =
        (0..images).step_by((images / REPORTS).max(1)).map(|number| digest("image", number)).collect();
    let questions = questions(&scanner, &asked(&scanner, &sample)?)?;
    let summaries = summaries(&scanner, images)?;
    let quiet = reports(&scanner, &sample)?;
    let read = |id: &Digest| scanner.report(id).map(drop);
    let beside = beside_an_ingest(&scanner, &inputs.osv, || at_a_rate(&sample, read))?;
    let hashing = Hashing::as_long_as(middle(&quiet));
    let hash = |_: &Digest| {
        hashing.run();
        Ok(())
    };
    let floor = beside_an_ingest(&scanner, &inputs.osv, || at_a_rate(&sample, hash))?;
    let index = || indexed(&scanner, &inputs.image);
    let quiet_jobs = index()?;
    let jobs_beside = beside_an_ingest(&scanner, &inputs.osv, index)?;
    Ok(json!({
        "images": images,
        "fill_s": filled.as_ref().map(|filled| filled.took.as_secs_f64()),
        "bytes": filled.as_ref().map(|filled| filled.bytes),
        "own_bytes": filled.as_ref().map(|filled| filled.own_bytes),
        "questions": questions,
        "summaries": summaries,
        "reports_ms": quiet,
        "reports_beside_ms": beside,
        "hashing_beside_ms": floor,
        "jobs_ms": quiet_jobs,
        "jobs_beside_ms": jobs_beside,
    }))
}

/// What it took to make an inventory.
struct Made {
    took: Duration,
    /// On disk.
    bytes: u64,
    /// Of those, what an image takes because of packages that no other image holds.
    own_bytes: f64,
}

/// Makes an inventory, and ingests what is stated of its packages.
fn made(
    world: &World,
    registry: &Registry,
    inputs: &Inputs,
    (scanner, store): (&Scanner, &Store),
    images: usize,
) -> anyhow::Result<Made> {
    let folder = inputs.folder.join(images.to_string());
    let own_bytes = own_bytes(world, registry, &folder, images.min(OWN))?;
    let started = Instant::now();
    world.fill(scanner, images, Own::Packages)?;
    let took = started.elapsed();
    eprintln!("inventory: {images} images in {:.1} s", took.as_secs_f64());
    store.compact()?;
    let bytes = size(&folder.join("store"));
    let handed = Handed { source: None, name: "tracker.json", trust: Trust::Checked };
    scanner.ingest_document("debian", handed, fs::File::open(&inputs.tracker)?)?;
    Ok(Made { took, bytes, own_bytes })
}

/// A scanner over a store of its own.
pub(crate) fn scanner(registry: &Registry, folder: &Path) -> anyhow::Result<(Scanner, Store)> {
    let store = Store::open(&folder.join("store"), &limpid_scanner::StoreSettings::default())?;
    let settings = Settings::new(folder.join("scratch"));
    Ok((Scanner::new(store.clone(), registry.clone(), settings)?, store))
}

/// What an image takes on disk because of packages that no other image holds, in bytes: the difference
/// between stores with and without them.
fn own_bytes(world: &World, registry: &Registry, folder: &Path, images: usize) -> anyhow::Result<f64> {
    let taken = |own: Own, name: &str| -> anyhow::Result<u64> {
        let folder = folder.join(name);
        let (scanner, store) = scanner(registry, &folder)?;
        world.fill(&scanner, images, own)?;
        store.compact()?;
        Ok(size(&folder.join("store")))
    };
    let (with, without) = (taken(Own::Packages, "with")?, taken(Own::Nothing, "without")?);
    #[expect(clippy::cast_precision_loss, reason = "far below what a double holds exactly")]
    Ok(with.saturating_sub(without) as f64 / images as f64)
}

/// Some vulnerabilities: of those that affect the images, the ones that affect most and least.
fn asked(scanner: &Scanner, sample: &[Digest]) -> anyhow::Result<Vec<String>> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for id in sample.iter().take(50) {
        for finding in scanner.report(id)?.findings {
            *counts.entry(finding.vulnerability.into()).or_default() += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().map(|(id, count)| (count, id)).collect();
    counts.sort();
    let step = (counts.len() / 20).max(1);
    let all = counts.iter().step_by(step).chain(counts.last());
    Ok(all.map(|(_, id)| id.clone()).collect())
}

/// How long it takes to find the images that vulnerabilities affect.
fn questions(scanner: &Scanner, asked: &[String]) -> anyhow::Result<Vec<Value>> {
    let mut questions = Vec::new();
    for id in asked {
        let mut times = Vec::new();
        let mut named = 0;
        for _ in 0..ASKED {
            let started = Instant::now();
            named = scanner.affected_images(id, &Filter::default(), None, PAGE)?.items.len();
            times.push(milliseconds(started.elapsed()));
        }
        let pages = pages_of(scanner, id)?;
        questions
            .push(json!({ "vulnerability": id, "images": named, "ms": middle(&times), "pages_ms": pages }));
    }
    Ok(questions)
}

/// How long the first pages of the images take that a vulnerability affects.
fn pages_of(scanner: &Scanner, id: &str) -> anyhow::Result<Vec<f64>> {
    let (mut times, mut after) = (Vec::new(), None);
    for _ in 0..ASKED {
        let started = Instant::now();
        let page = scanner.affected_images(id, &Filter::default(), after.as_ref(), REPOSITORIES)?;
        times.push(milliseconds(started.elapsed()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(times)
}

/// How long it takes to count what all repositories come to, then to read pages of them in each order, and the trend of
/// 30 days where there are not too many images for it.
fn summaries(scanner: &Scanner, images: usize) -> anyhow::Result<Value> {
    let counting = Summarizing::start(scanner.clone())?;
    let started = Instant::now();
    while scanner.repositories((RepositoryOrder::Exploited, None), None, REPOSITORIES)?.is_partial {
        thread::sleep(Duration::from_millis(100));
    }
    let counted = started.elapsed();
    eprintln!("inventory: repositories counted in {:.1} s", counted.as_secs_f64());
    let (mut pages, mut repositories, mut findings) = (Vec::new(), 0, 0);
    for order in RepositoryOrder::ALL {
        let mut after: Option<String> = None;
        for _ in 0..PAGES {
            let started = Instant::now();
            let page = scanner.repositories((order, None), after.as_deref(), REPOSITORIES)?;
            pages.push(milliseconds(started.elapsed()));
            anyhow::ensure!(!page.is_partial, "what was counted is not current, and nothing has changed");
            if order == RepositoryOrder::Name {
                repositories += page.items.len();
                let counts = page.items.iter().filter_map(|it| it.summary.as_ref());
                findings += counts.map(RepositorySummary::all_findings).sum::<u64>();
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    drop(counting);
    let mut trend = None;
    if images <= scanner.settings().ages.images {
        let started = Instant::now();
        scanner.trend(30, &Stop::default())?;
        trend = Some(milliseconds(started.elapsed()));
    }
    Ok(json!({
        "counted_s": counted.as_secs_f64(),
        "repositories": repositories,
        "findings": findings,
        "pages_ms": pages,
        "trend_ms": trend,
    }))
}

/// How long each report takes, one after the other.
fn reports(scanner: &Scanner, sample: &[Digest]) -> anyhow::Result<Vec<f64>> {
    let mut times = Vec::new();
    for id in sample {
        let started = Instant::now();
        scanner.report(id)?;
        times.push(milliseconds(started.elapsed()));
    }
    Ok(times)
}

/// How long it takes to index an image of which nothing is known, again and again.
fn indexed(scanner: &Scanner, archive: &Path) -> anyhow::Result<Vec<f64>> {
    let (progress, stop) = (Progress::default(), Stop::default());
    let mut times = Vec::new();
    for _ in 0..JOBS {
        let source = Archive::open(archive, &std::env::temp_dir(), &Limits::default())?;
        let started = Instant::now();
        let indexed = scanner.index(ImageInput { source: &source, stop: &stop }, &progress)?;
        times.push(milliseconds(started.elapsed()));
        for image in indexed.images {
            scanner.delete_image(&image)?;
        }
    }
    Ok(times)
}

/// Does something while a document is ingested again and again.
fn beside_an_ingest<T>(
    scanner: &Scanner,
    osv: &Path,
    work: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let ingesting = scope.spawn(|| -> anyhow::Result<()> {
            // As the schedule does.
            yield_to_others();
            // Sources of an earlier run say the same already: there must be something to write.
            let mut source = scanner.feed("osv").map_or(0, |feed| feed.sources.len());
            while !ended.load(Ordering::Relaxed) {
                source += 1;
                // A part of the one source that the document says it is.
                let source = format!("Bitnami/again-{source}");
                let handed = Handed { source: Some(&source), name: "osv", trust: Trust::Checked };
                scanner.ingest_document("osv", handed, fs::File::open(osv)?)?;
            }
            Ok(())
        });
        let done = work();
        ended.store(true, Ordering::Relaxed);
        ingesting.join().map_err(|_| anyhow::anyhow!("the ingest has panicked"))??;
        done
    })
}

/// How long what is done for each image takes from the moment when it is asked for, so many a second.
fn at_a_rate(
    sample: &[Digest],
    answer: impl Fn(&Digest) -> Result<(), limpid_scanner::Error> + Sync,
) -> anyhow::Result<Vec<f64>> {
    let begun = Instant::now();
    let count = RATE * u32::try_from(READING.as_secs())?;
    let turn = |worker: u32| -> anyhow::Result<Vec<f64>> {
        let mut times = Vec::new();
        for (number, id) in (0..count).zip(sample.iter().cycle()).filter(|(number, _)| number % 2 == worker) {
            let due = begun + Duration::from_secs(1) * number / RATE;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            answer(id)?;
            times.push(milliseconds(due.elapsed()));
        }
        Ok(times)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|worker| scope.spawn(move || turn(worker))).collect();
        let mut times = Vec::new();
        for worker in workers {
            times.extend(worker.join().map_err(|_| anyhow::anyhow!("a reader has panicked"))??);
        }
        Ok(times)
    })
}

fn middle(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Work for a processor that asks nothing of a store.
struct Hashing {
    rounds: u32,
}

impl Hashing {
    /// As much as takes so many milliseconds where nothing else is done.
    fn as_long_as(wanted: f64) -> Self {
        let mut hashing = Self { rounds: 1 };
        loop {
            let started = Instant::now();
            hashing.run();
            if milliseconds(started.elapsed()) >= wanted {
                return hashing;
            }
            hashing.rounds += hashing.rounds / 8 + 1;
        }
    }

    fn run(&self) {
        let mut digest = Digest::of(&[]);
        for _ in 0..self.rounds {
            digest = Digest::of(digest.as_bytes());
        }
        std::hint::black_box(digest);
    }
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// What the layer holds that is an image's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    Packages,
    Nothing,
}

/// What there is to build images from.
struct World {
    /// Of the base image.
    base: Vec<Package>,
    /// Those that can be installed besides.
    others: Vec<Package>,
    dpkg: PluginId,
    os_release: PluginId,
    node: PluginId,
}

impl World {
    fn new(inputs: &Inputs, registry: &Registry) -> anyhow::Result<Self> {
        let plugins = registry.snapshot();
        let dpkg = Sandboxed::named(&plugins, "dpkg")?;
        let files = Opened::open(&inputs.image)?.claimed(dpkg.claims()?)?;
        let status = files.iter().find(|file| file.path() == "var/lib/dpkg/status");
        let status = status.context("the image has no database of dpkg")?;
        let base = packages(&status.read(0, usize::try_from(status.size())?)?)?;
        let known: BTreeSet<_> = base.iter().map(|package| package.name.clone()).collect();
        let mut others = packages(&fs::read(&inputs.packages)?)?;
        others.retain(|package| !known.contains(&package.name));
        let id = |name: &str| {
            let plugin = plugins.named(name).with_context(|| format!("there is no plugin `{name}`"))?;
            anyhow::Ok(plugin.id().clone())
        };
        Ok(Self { base, others, dpkg: id("dpkg")?, os_release: id("os-release")?, node: id("node")? })
    }

    fn fill(&self, scanner: &Scanner, count: usize, own: Own) -> anyhow::Result<()> {
        let base = digest("base", 0);
        let mut layers = vec![AdoptedLayer::of_files(base, self.base())];
        let mut images = Vec::new();
        for number in 0..count {
            let line = number / LINE;
            let of_line = digest("line", line);
            if number % LINE == 0 {
                layers.push(AdoptedLayer::of_files(of_line, self.line(line)));
            }
            let top = digest("own", number);
            let found = if own == Own::Packages { self.own(number) } else { Vec::new() };
            layers.push(AdoptedLayer::of_files(top, found));
            images.push(image(number, [base, of_line, top]));
            if images.len() == BATCH || number + 1 == count {
                scanner.adopt(std::mem::take(&mut layers), std::mem::take(&mut images))?;
            }
        }
        Ok(())
    }

    fn base(&self) -> Vec<(PluginId, LayerFindings)> {
        let distribution = Distribution {
            id: "debian".to_owned(),
            version_id: "12".to_owned(),
            pretty_name: "Debian GNU/Linux 12 (bookworm)".to_owned(),
            cpe: None,
            namespaces: vec!["debian:bookworm".to_owned(), "debian:12".to_owned()],
            supported_until: None,
        };
        let finding =
            Finding { path: "etc/os-release".into(), member: None, fact: Fact::Distribution(distribution) };
        let os_release = LayerFindings { findings: vec![finding], ..LayerFindings::default() };
        let status = status(self.base.iter());
        vec![(self.os_release.clone(), os_release), (self.dpkg.clone(), status)]
    }

    /// The database after the line's packages were installed: that of the base is replaced.
    fn line(&self, line: usize) -> Vec<(PluginId, LayerFindings)> {
        let room = MOST.saturating_sub(self.base.len()).max(1);
        let more = spread(line, room);
        let others = self.others.len().max(1);
        let installed = (0..more).filter_map(|number| self.others.get(spread(line * room + number, others)));
        vec![(self.dpkg.clone(), status(self.base.iter().chain(installed)))]
    }

    fn own(&self, number: usize) -> Vec<(PluginId, LayerFindings)> {
        let packages = (0..3).map(|place| {
            let name = format!("module-{}", spread(number * 3 + place, 5_000));
            let version = format!("1.{}.{place}", number % 50);
            let package = Package {
                purl: format!("pkg:npm/{name}@{version}"),
                scope: Scope::Namespace("npm".to_owned()),
                ..package(&name, &version, "npm")
            };
            (format!("app/node_modules/{name}/package.json"), package)
        });
        vec![(self.node.clone(), findings(packages))]
    }
}

/// The packages of a list in the form of dpkg's.
fn packages(list: &[u8]) -> anyhow::Result<Vec<Package>> {
    let mut packages = BTreeMap::new();
    let mut stanzas = Stanzas::new(list);
    while let Some(stanza) = stanzas.next()? {
        let stanza = stanza.map_err(anyhow::Error::msg)?;
        let (name, version) = stanza.source();
        let package = Package {
            source: Some(SourcePackage { name: name.into(), version: version.into() }),
            ..package(&stanza.package, &stanza.version, "dpkg")
        };
        packages.entry(stanza.package).or_insert(package);
    }
    Ok(packages.into_values().collect())
}

fn status<'a>(packages: impl Iterator<Item = &'a Package>) -> LayerFindings {
    let by_name: BTreeMap<_, _> = packages.map(|package| (&package.name, package)).collect();
    findings(by_name.into_values().map(|package| ("var/lib/dpkg/status".to_owned(), package.clone())))
}

pub(crate) fn findings(packages: impl Iterator<Item = (String, Package)>) -> LayerFindings {
    let finding = |(path, package): (String, _)| Finding {
        path: path.into(),
        member: None,
        fact: Fact::Package(Box::new(package)),
    };
    LayerFindings { findings: packages.map(finding).collect(), ..LayerFindings::default() }
}

pub(crate) fn package(name: &str, version: &str, scheme: &str) -> Package {
    Package {
        name: name.into(),
        version: version.into(),
        scheme: scheme.into(),
        scope: Scope::Distribution,
        evidence: Evidence::Installed,
        purl: format!("pkg:deb/{name}@{version}?arch=amd64"),
        arch: Some("amd64".into()),
        source: None,
        symbols: None,
        qualifiers: Vec::new(),
        licenses: Vec::new(),
        requires: None,
    }
}

pub(crate) fn image(number: usize, layers: [Digest; 3]) -> Image {
    let commands = ["debian:12", "RUN apt-get install", "COPY app /app"];
    let layer = |(diff_id, command): (Digest, &str)| ImageLayer {
        diff_id,
        created_by: Some(format!("/bin/sh -c #(nop) {command}")),
    };
    Image {
        id: digest("image", number),
        manifests: vec![digest("manifest", number)],
        names: vec![format!("registry.example/team-{}/app:{number}", number / LINE)],
        platform: Platform { os: "linux".to_owned(), architecture: "amd64".to_owned(), variant: None },
        created: Some("2026-01-01T00:00:00Z".to_owned()),
        labels: vec![("org.opencontainers.image.version".to_owned(), number.to_string())],
        layers: layers.into_iter().zip(commands).map(layer).collect(),
    }
}

pub(crate) fn digest(kind: &str, number: usize) -> Digest {
    Digest::of(format!("{kind} {number}").as_bytes())
}

/// A number below `limit` that looks like any other.
fn spread(number: usize, limit: usize) -> usize {
    number.wrapping_mul(2_654_435_761) % limit
}

/// What a folder takes on disk, in bytes.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}
