//! A realistic image from an empty store, beside Trivy and beside the least that reading it takes; and what else
//! is scanned every day: many small layers, a new one on known ones, a small image, one that is known, one that
//! is posted, one in a registry; and layers full of what language package managers install.

mod forms;
mod image;
mod languages;
mod registry;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::Value;

use self::forms::{Compressed, Layer};
use super::Setting;
use super::measurement::{Bar, Measurement};
use super::sandbox::ALPINE;
use crate::api::Api;
use crate::command::{command, run, shown};
use crate::limpid::Limpid;
use crate::measure::{peak_memory, watch};
use crate::scanners::TRIVY;
use crate::service::{Interrupts, Service};
use crate::wrap::wrap;

/// How the floor is measured.
pub(super) const FLOOR: &str = "\
Floor of a scan: one process on two threads that inflates each layer with the same decoder, hashes what is stored \
and what comes out, and walks the headers of the tar, the longest layer first, and does nothing else. All of it \
in turn with scans and with Trivy, files in the page cache.";

/// What Trivy reads only with a database that it fetches. It is spared them; Limpid reads them as it reads all.
const JAVA: [&str; 4] = ["**/*.jar", "**/*.war", "**/*.ear", "**/*.par"];

/// How long one scan may take.
const LIMIT: Duration = Duration::from_secs(300);

/// Processor time and peak memory of a scan of the realistic image.
const PROCESSOR: Bar = Bar::Below(3_600.0);
const MEMORY: Bar = Bar::Below(72.0);

const SMALL_LAYERS: u64 = 60;
const STACKED_LAYERS: u64 = 20;

/// A form of the realistic image.
struct Form {
    what: &'static str,
    path: PathBuf,
    /// How much of Trivy's time it may take, and how many times that of the floor.
    of_trivy: f64,
    of_floor: f64,
}

/// What one program took, each time.
#[derive(Default)]
struct Runs {
    elapsed: Vec<Duration>,
    processor: Vec<Duration>,
    peak: Vec<u64>,
}

/// Who scans what.
struct Scene<'a> {
    limpid: Limpid,
    trivy: Option<PathBuf>,
    setting: &'a Setting,
    /// For what is gone after a run.
    folder: PathBuf,
}

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    let kept = setting.folder.join("image");
    fs::create_dir_all(&kept)?;
    let tars = image::layers(&kept)?;
    eprintln!("bench: compressing the layers of the image, once");
    let gzip = image::stored(&tars, Compressed::Gzip)?;
    let forms = forms(&kept, &tars, &gzip)?;
    let trivy = TRIVY.program(&kept);
    if let Err(error) = &trivy {
        eprintln!("bench: Trivy cannot be had, and is left out: {error:#}");
    }
    let folder = setting.fresh("scan")?;
    let compiled = setting.limpid.clone().with_compiled(folder.join("compiled"));
    let scene = Scene { limpid: compiled, trivy: trivy.ok(), setting, folder };
    // The first scan compiles the plugins.
    let small = scene.folder.join("alpine.tar");
    wrap(&setting.corpus.path(ALPINE), &small)?;
    scene.limpid(&mut Runs::default(), &scene.fresh("data")?, &small)?;

    let mut measurements = scene.others(&kept, &tars, &small)?;
    measurements.extend(scene.realistic(&forms)?);
    measurements.extend(scene.ways_in(&forms, &gzip)?);
    measurements.extend(languages::measure(&scene, &kept, &tars)?);
    Ok(measurements)
}

/// All forms, written where they have not been written before.
fn forms(kept: &Path, tars: &[PathBuf], gzip: &[Layer]) -> anyhow::Result<Vec<Form>> {
    let plain = image::stored(tars, Compressed::Not)?;
    let zstd = image::stored(tars, Compressed::Zstd)?;
    let docker = |name: &str, layers: &[Layer]| once(kept.join(name), |path| forms::docker(layers, path));
    let oci = |name: &str, layers: &[Layer]| once(kept.join(name), |path| forms::oci(layers, path));
    Ok(vec![
        Form {
            what: "docker-archive, gzip",
            path: docker("docker-gzip.tar", gzip)?,
            of_trivy: 0.25,
            of_floor: 1.12,
        },
        Form { what: "OCI layout, gzip", path: oci("oci-gzip", gzip)?, of_trivy: 0.32, of_floor: 1.12 },
        Form {
            what: "docker-archive, plain",
            path: docker("docker-plain.tar", &plain)?,
            of_trivy: 0.37,
            of_floor: 1.05,
        },
        Form { what: "OCI layout, zstd", path: oci("oci-zstd", &zstd)?, of_trivy: 0.50, of_floor: 1.1 },
    ])
}

/// Something that is written once.
fn once(path: PathBuf, write: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<PathBuf> {
    if !path.exists() {
        let mut unfinished = path.clone().into_os_string();
        unfinished.push(".unfinished");
        let unfinished = PathBuf::from(unfinished);
        if unfinished.is_dir() {
            fs::remove_dir_all(&unfinished)?;
        }
        write(&unfinished)?;
        fs::rename(&unfinished, &path)?;
    }
    Ok(path)
}

impl Scene<'_> {
    /// All forms of the realistic image, by all three.
    fn realistic(&self, forms: &[Form]) -> anyhow::Result<Vec<Measurement>> {
        let mut all: Vec<[Runs; 3]> = forms.iter().map(|_| Default::default()).collect();
        // The first round brings files into the page cache, and does not count.
        for number in 0..=self.setting.runs {
            eprintln!("bench: the realistic image, run {number} of {}", self.setting.runs);
            for (form, runs) in forms.iter().zip(&mut all) {
                let mut ignored = Default::default();
                let [limpid, trivy, floor] = if number == 0 { &mut ignored } else { runs };
                self.limpid(limpid, &self.fresh("data")?, &form.path)?;
                self.trivy(trivy, &self.fresh("cache")?, &form.path)?;
                self.floor(floor, &form.path)?;
            }
        }
        Ok(forms.iter().zip(&all).flat_map(|(form, runs)| rows(form, runs)).collect())
    }

    /// The same archive posted to a service, and the same image in a registry, beside a scan of the file.
    fn ways_in(&self, forms: &[Form], gzip: &[Layer]) -> anyhow::Result<Vec<Measurement>> {
        let [docker, oci, ..] = forms else { return Ok(Vec::new()) };
        let reference = format!("{}/bench/image:1", registry::serve(gzip)?);
        let (mut file, mut layout, mut pulled, mut known) =
            (Runs::default(), Runs::default(), Runs::default(), Runs::default());
        let mut opened = Runs::default();
        let (mut posted, mut again, mut peak) = (Vec::new(), Vec::new(), Vec::new());
        for number in 1..=self.setting.runs {
            eprintln!("bench: ways in, run {number} of {}", self.setting.runs);
            let data = self.fresh("data")?;
            self.limpid(&mut file, &data, &docker.path)?;
            self.limpid(&mut known, &data, &docker.path)?;
            self.measured(&mut opened, self.bench_program().arg("opening").arg(&docker.path))?;
            let service = Service::start(&self.limpid, &self.fresh("service")?, &Interrupts::default())?;
            for times in [&mut posted, &mut again] {
                let started = Instant::now();
                Api::new(service.address()).submit_file(&docker.path)?;
                times.push(started.elapsed());
            }
            peak.push(peak_memory(service.id()).context("the service's memory is not known")?);
            drop(service);
            self.limpid(&mut layout, &self.fresh("data")?, &oci.path)?;
            self.limpid(&mut pulled, &self.fresh("data")?, Path::new(&reference))?;
        }
        let file = Measurement::of_times("scan of the archive", &file.elapsed);
        let layout = Measurement::of_times("scan of the layout", &layout.elapsed);
        let beside_opening =
            known.elapsed.iter().zip(&opened.elapsed).map(|(scan, opening)| scan.saturating_sub(*opening));
        Ok(vec![
            Measurement::of_times("POST of the archive, Prefer: wait, beside a scan of it", &posted)
                .beside(&file)
                .with_bar(Bar::TimesFloor(1.1)),
            Measurement::of_times("the same archive again", &again),
            Measurement::of_bytes("peak memory of the service", peak),
            Measurement::of_times(
                "scan from a registry on loopback, beside one of the layout",
                &pulled.elapsed,
            )
            .beside(&layout)
            .with_bar(Bar::TimesFloor(1.1)),
            Measurement::of_bytes("peak memory of it", pulled.peak),
            Measurement::of_times("scan of a known image", &known.elapsed),
            Measurement::of_times("besides reading the archive's index", &beside_opening.collect::<Vec<_>>())
                .with_bar(Bar::Below(50.0)),
            Measurement::of_bytes("peak memory of it", known.peak).with_bar(Bar::Below(40.0)),
        ])
    }

    /// Images of other makes.
    fn others(&self, kept: &Path, tars: &[PathBuf], small: &Path) -> anyhow::Result<Vec<Measurement>> {
        let short = self::short(tars)?;
        let archive =
            |name: &str, layers: &[Layer]| once(kept.join(name), |path| forms::docker(layers, path));
        let layers = |name: &str, count| {
            image::stored(&image::split(&short, &kept.join(name), count)?, Compressed::Gzip)
        };
        let many = archive("many.tar", &layers("many", SMALL_LAYERS)?)?;
        let stack = layers("stack", STACKED_LAYERS)?;
        let upper = archive("stack.tar", &stack)?;
        let lower =
            archive("stack-lower.tar", stack.split_last().map(|(_, lower)| lower).unwrap_or_default())?;

        let (known_data, known_cache) = (self.fresh("known-data")?, self.fresh("known-cache")?);
        self.limpid(&mut Runs::default(), &known_data, &lower)?;
        self.trivy(&mut Runs::default(), &known_cache, &lower)?;
        let mut runs: [[Runs; 3]; 3] = Default::default();
        for number in 1..=self.setting.runs {
            eprintln!("bench: other images, run {number} of {}", self.setting.runs);
            let [of_many, of_stack, of_small] = &mut runs;
            for (place, [limpid, trivy, floor]) in [(&*many, of_many), (small, of_small)] {
                self.limpid(limpid, &self.fresh("data")?, place)?;
                self.trivy(trivy, &self.fresh("cache")?, place)?;
                self.floor(floor, place)?;
            }
            let [limpid, trivy, _] = of_stack;
            self.limpid(limpid, &self.copy(&known_data, "data")?, &upper)?;
            self.trivy(trivy, &self.copy(&known_cache, "cache")?, &upper)?;
        }
        let mut measurements = Vec::new();
        let names = [
            format!("scan of {SMALL_LAYERS} small layers"),
            format!("scan of {STACKED_LAYERS} layers of which only the top is new"),
            "scan of a small image".to_owned(),
        ];
        let bars = [Some(Bar::Below(850.0)), None, None];
        for ((what, [limpid, trivy, floor]), bar) in names.into_iter().zip(&runs).zip(bars) {
            let mut scan = Measurement::of_times(&what, &limpid.elapsed);
            if let Some(bar) = bar {
                scan = scan.with_bar(bar);
            }
            measurements.push(scan);
            measurements.push(Measurement::of_bytes(format!("{what}: peak memory"), limpid.peak.clone()));
            for (of, runs) in [("Trivy", trivy), ("floor", floor)] {
                if !runs.elapsed.is_empty() {
                    measurements.push(Measurement::of_times(format!("{what}: {of}"), &runs.elapsed));
                }
            }
        }
        Ok(measurements)
    }

    fn limpid(&self, runs: &mut Runs, data: &Path, source: &Path) -> anyhow::Result<()> {
        let mut command = self.limpid.command(data);
        command.args(["--log", "warn", "scan", "--format", "json"]).arg(source);
        let found: Value = serde_json::from_slice(&self.measured(runs, &mut command)?)?;
        let packages = found.pointer("/0/summary/packages").and_then(Value::as_u64).unwrap_or_default();
        ensure!(packages > 0, "no package was found in `{}`", source.display());
        Ok(())
    }

    /// A scan by some set of plugins, from an empty store.
    fn scan(&self, limpid: &Limpid, runs: &mut Runs, source: &Path) -> anyhow::Result<()> {
        let mut command = limpid.command(&self.fresh("data")?);
        command.args(["--log", "warn", "scan", "--format", "json"]).arg(source);
        self.measured(runs, &mut command)?;
        Ok(())
    }

    fn trivy(&self, runs: &mut Runs, cache: &Path, source: &Path) -> anyhow::Result<()> {
        let Some(program) = &self.trivy else { return Ok(()) };
        let mut command = Command::new(program);
        command.args(["image", "--quiet", "--format", "cyclonedx", "--cache-dir"]).arg(cache);
        command.args(JAVA.iter().flat_map(|files| ["--skip-files", files]));
        self.measured(runs, command.arg("--input").arg(source))?;
        Ok(())
    }

    fn floor(&self, runs: &mut Runs, source: &Path) -> anyhow::Result<()> {
        self.measured(runs, self.bench_program().arg("floor").arg(source))?;
        Ok(())
    }

    fn bench_program(&self) -> Command {
        super::sandbox::program(self.setting, &self.limpid, &self.folder)
    }

    /// Runs a program to its end and returns what it wrote.
    fn measured(&self, runs: &mut Runs, command: &mut Command) -> anyhow::Result<Vec<u8>> {
        let ended = watch(command, &self.folder, LIMIT)?;
        ensure!(ended.status.success(), "`{}` failed: {}: {}", shown(command), ended.status, ended.stderr);
        runs.elapsed.push(ended.elapsed);
        runs.processor.push(ended.processor);
        runs.peak.push(ended.peak);
        Ok(ended.stdout)
    }

    /// An empty folder.
    fn fresh(&self, name: &str) -> anyhow::Result<PathBuf> {
        self.setting.fresh(&format!("scan/{name}"))
    }

    /// A copy of a folder.
    fn copy(&self, folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
        let copy = self.fresh(name)?;
        run(command("cp").arg("-a").arg(folder.join(".")).arg(&copy))?;
        Ok(copy)
    }
}

/// All but the longest.
fn short(tars: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut sized = Vec::new();
    for tar in tars {
        sized.push((fs::metadata(tar)?.len(), tar));
    }
    let longest = sized.iter().max().map(|(_, tar)| *tar);
    Ok(tars.iter().filter(|tar| Some(*tar) != longest).cloned().collect())
}

fn rows(form: &Form, [limpid, trivy, floor]: &[Runs; 3]) -> Vec<Measurement> {
    let what = format!("scan of the realistic image, {}", form.what);
    let time = |runs: &Runs, of: &str| Measurement::of_times(format!("{what}{of}"), &runs.elapsed);
    let processor = |runs: &Runs, of: &str| Measurement::of_times(format!("{what}{of}"), &runs.processor);
    let peak = |runs: &Runs, of: &str| Measurement::of_bytes(format!("{what}{of}"), runs.peak.clone());
    let mut rows = Vec::new();
    if !trivy.elapsed.is_empty() {
        let beside = time(limpid, ", beside Trivy").beside(&time(trivy, ""));
        rows.push(beside.with_bar(Bar::TimesFloor(form.of_trivy)));
    }
    let beside = time(limpid, ", beside the floor").beside(&time(floor, ""));
    rows.push(beside.with_bar(Bar::TimesFloor(form.of_floor)));
    let mut spent = processor(limpid, ": processor").beside(&processor(floor, ""));
    if form.what.contains("gzip") {
        spent = spent.with_bar(PROCESSOR);
    }
    rows.push(spent);
    rows.push(peak(limpid, ": peak memory").with_bar(MEMORY));
    rows.push(peak(floor, ": peak memory of the floor"));
    if !trivy.elapsed.is_empty() {
        rows.push(processor(trivy, ": processor of Trivy"));
        rows.push(peak(trivy, ": peak memory of Trivy"));
    }
    rows
}
