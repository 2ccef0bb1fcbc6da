//! An inventory of many images: how long it takes to say whom a vulnerability concerns, and what an
//! image costs on disk.
//!
//! Images are made as registries hold them: lines of builds on a few base images. The packages are the
//! tracker's, with the versions that its releases have: the base has a hundred of them, and each line's
//! own layer, which replaces the database of the base, a hundred to a thousand. Each image has a
//! layer of its own with three packages of npm, and shares all others with its line.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use limpid_model::{
    Digest, Distribution, Evidence, Fact, Finding, Image, ImageLayer, LayerFindings, Package, Platform,
    PluginId, Scope, SourcePackage,
};
use limpid_runtime::Registry;
use limpid_scanner::store::Store;
use limpid_scanner::{AdoptedLayer, Filter, Handed, Scanner, Settings, Trust};
use serde_json::{Value, json};

/// Images of one line of builds.
const LINE: usize = 20;
/// Images that become known in one batch.
const BATCH: usize = 2_000;
/// Packages of a base image.
const BASE: usize = 100;
/// Images on a page.
const PAGE: usize = 1_000_000;
/// Reports that are measured.
const REPORTS: usize = 200;

#[derive(clap::Args)]
pub(crate) struct Inputs {
    /// The security tracker's document
    #[arg(long)]
    tracker: PathBuf,
    /// A directory for the store
    #[arg(long)]
    folder: PathBuf,
    /// How many images there are
    #[arg(long, required = true)]
    images: Vec<usize>,
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
    let text = fs::read(&inputs.tracker)?;
    let world = World::new(&text, registry)?;
    let store = Store::open(&folder.join("store"), &limpid_scanner::store::Settings::default())?;
    let scanner = Scanner::new(store, registry.clone(), Settings::new(folder.join("scratch")))?;
    let started = Instant::now();
    let ids = world.fill(&scanner, images)?;
    let filled = started.elapsed();
    eprintln!("inventory: {images} images in {:.1} s", filled.as_secs_f64());
    let before = size(&folder);
    let handed = Handed { source: None, name: "tracker.json", trust: Trust::Checked };
    scanner.take_in("debian", handed, fs::File::open(&inputs.tracker)?)?;
    eprintln!("inventory: advisories after {:.1} s", started.elapsed().as_secs_f64());
    let mut questions = Vec::new();
    for id in world.asked() {
        let mut times = Vec::new();
        let mut named = 0;
        for _ in 0..3 {
            let started = Instant::now();
            named = scanner.images_concerned(&id, &Filter::default(), None, PAGE)?.items.len();
            times.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
        times.sort_by(f64::total_cmp);
        questions.push(json!({ "vulnerability": id, "images": named, "ms": times.get(1) }));
    }
    eprintln!("inventory: questions after {:.1} s", started.elapsed().as_secs_f64());
    let mut reports = Vec::new();
    let step = (ids.len() / REPORTS).max(1);
    for id in ids.iter().step_by(step) {
        let started = Instant::now();
        scanner.report(id)?;
        reports.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    reports.sort_by(f64::total_cmp);
    let at = |share: usize| reports.get(reports.len() * share / 1_000).copied();
    Ok(json!({
        "images": images,
        "fill_s": filled.as_secs_f64(),
        "bytes": before,
        "questions": questions,
        "report_median_ms": at(500),
        "report_p99_ms": at(990),
    }))
}

/// What there is to build images from.
struct World {
    /// Source packages of the tracker: name, and the version of each release.
    packages: Vec<(String, String)>,
    vulnerabilities: Vec<String>,
    dpkg: PluginId,
    os_release: PluginId,
    node: PluginId,
}

impl World {
    fn new(tracker: &[u8], registry: &Registry) -> anyhow::Result<Self> {
        let tracker: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_slice(tracker)?;
        let mut packages = Vec::new();
        let mut vulnerabilities = Vec::new();
        for (name, entries) in &tracker {
            let version = entries.values().find_map(|entry| {
                entry.pointer("/releases/bookworm/repositories/bookworm").and_then(Value::as_str)
            });
            if let Some(version) = version {
                packages.push((name.clone(), version.to_owned()));
                vulnerabilities.extend(entries.keys().filter(|id| id.starts_with("CVE-")).cloned());
            }
        }
        let plugins = registry.snapshot();
        let id = |name: &str| {
            let plugin = plugins.named(name).with_context(|| format!("there is no plugin `{name}`"))?;
            anyhow::Ok(plugin.id().clone())
        };
        Ok(Self {
            packages,
            vulnerabilities,
            dpkg: id("dpkg")?,
            os_release: id("os-release")?,
            node: id("node")?,
        })
    }

    /// Some vulnerabilities, spread over all.
    fn asked(&self) -> Vec<String> {
        let step = (self.vulnerabilities.len() / 40).max(1);
        self.vulnerabilities.iter().step_by(step).cloned().collect()
    }

    fn fill(&self, scanner: &Scanner, count: usize) -> anyhow::Result<Vec<Digest>> {
        let base = digest("base", 0);
        let mut layers = vec![AdoptedLayer::of_files(base, self.base())];
        let (mut images, mut ids) = (Vec::new(), Vec::new());
        for number in 0..count {
            let line = number / LINE;
            let of_line = digest("line", line);
            if number % LINE == 0 {
                layers.push(AdoptedLayer::of_files(of_line, self.line(line)));
            }
            let own = digest("own", number);
            layers.push(AdoptedLayer::of_files(own, self.own(number)));
            let image = image(number, [base, of_line, own]);
            ids.push(image.id);
            images.push(image);
            if images.len() == BATCH || number + 1 == count {
                scanner.adopt(std::mem::take(&mut layers), std::mem::take(&mut images))?;
            }
        }
        Ok(ids)
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
        let finding = Finding {
            path: "etc/os-release".to_owned(),
            member: None,
            fact: Fact::Distribution(distribution),
        };
        let os_release = LayerFindings { findings: vec![finding], ..LayerFindings::default() };
        vec![(self.os_release.clone(), os_release), (self.dpkg.clone(), self.status(0, BASE))]
    }

    /// The database after the line's packages were installed: that of the base is replaced.
    fn line(&self, line: usize) -> Vec<(PluginId, LayerFindings)> {
        let packages = 100 + spread(line, 901);
        vec![(self.dpkg.clone(), self.status(line, packages))]
    }

    fn own(&self, number: usize) -> Vec<(PluginId, LayerFindings)> {
        let packages = (0..3).map(|place| {
            let name = format!("module-{}", spread(number * 3 + place, 5_000));
            let version = format!("1.{}.{place}", number % 50);
            let package = Package {
                purl: format!("pkg:npm/{name}@{version}"),
                scope: Scope::Namespace("npm".to_owned()),
                ..package(&name, &version, "semver")
            };
            (format!("app/node_modules/{name}/package.json"), package)
        });
        vec![(self.node.clone(), findings(packages))]
    }

    /// Binary packages of the tracker's source packages, several of each where more are wanted than
    /// there are.
    fn status(&self, from: usize, count: usize) -> LayerFindings {
        let known = self.packages.len().max(1);
        let packages = (0..count).filter_map(|number| {
            let (source, version) = self.packages.get((from * 7 + number) % known)?;
            let name = match number / known {
                0 => source.clone(),
                more => format!("{source}-{more}"),
            };
            let source = SourcePackage { name: source.clone(), version: version.clone() };
            let package = Package { source: Some(source), ..package(&name, version, "dpkg") };
            Some(("var/lib/dpkg/status".to_owned(), package))
        });
        findings(packages)
    }
}

fn findings(packages: impl Iterator<Item = (String, Package)>) -> LayerFindings {
    let finding = |(path, package)| Finding { path, member: None, fact: Fact::Package(Box::new(package)) };
    LayerFindings { findings: packages.map(finding).collect(), ..LayerFindings::default() }
}

fn package(name: &str, version: &str, scheme: &str) -> Package {
    Package {
        name: name.to_owned(),
        version: version.to_owned(),
        scheme: scheme.to_owned(),
        scope: Scope::Distribution,
        evidence: Evidence::Installed,
        purl: format!("pkg:deb/{name}@{version}?arch=amd64"),
        arch: Some("amd64".to_owned()),
        source: None,
        qualifiers: Vec::new(),
        licenses: Vec::new(),
    }
}

fn image(number: usize, layers: [Digest; 3]) -> Image {
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

fn digest(kind: &str, number: usize) -> Digest {
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
