//! `cargo xtask bench`: how long things take, beside how long they take programs that everybody has.

mod admission;
mod advisories;
mod bombs;
mod client;
mod document;
mod forms;
mod history;
mod indexing;
mod inventory;
mod large;
mod load;
mod measurement;
mod notices;
mod ordering;
mod osv;
mod reports;
mod requests;
mod rpm;
mod sandbox;
mod sbom;
mod scan;
mod startup;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, bail};
use serde_json::json;

use crate::corpus::{Corpus, DebianImage, install_programs};
use crate::limpid::Limpid;
use crate::workspace::Workspace;
use measurement::{Measurement, table};

const SUITE: &str = "bookworm";

/// What is measured with.
struct Setting {
    limpid: Limpid,
    /// The program that has plugins linked in (tests/bench).
    comparer: PathBuf,
    corpus: Corpus,
    image: DebianImage,
    folder: PathBuf,
    runs: usize,
    /// How many images inventories have.
    images: Vec<usize>,
}

/// A part of the measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Indexing an image, and reports
    Indexing,
    /// A realistic image, and others, beside Trivy and the least that reading them takes
    Scan,
    /// Layers that are made to do harm: bombs, endless entries, loops of links
    Bombs,
    /// A layer that is larger than memory
    Large,
    /// The order of versions
    Ordering,
    /// Plugins beside the same code without a sandbox
    Sandbox,
    /// A database of RPM, beside `rpm -qa` on the same file
    Rpm,
    /// A bill of materials of many components
    Sbom,
    /// Start with many plugins
    Startup,
    /// Ingesting what publishers serve
    Advisories,
    /// Many images: whom a vulnerability affects, and reports
    Inventory,
    /// An ingest of which many subscriptions are told
    Notices,
    /// Reports of a large image: made anew, kept, and for many clients at once
    Reports,
    /// Reviews of pods: whether their images pass
    Admission,
    /// A stored report of 5,000 findings in each form
    Forms,
    /// A report as of long ago, where a feed has changed every day
    History,
    /// One document at a time, on all processors and on one
    Document,
    /// Many clients that post long documents: readiness, reports and notices beside them
    Load,
    /// 2,000 requests for reports a second, beside indexing
    Requests,
}

/// Measures all parts, or those that are named, and prints a table; with `json`, also writes it to
/// that file.
///
/// # Errors
/// Where something cannot be built or run. A bar that is missed is no error.
pub(crate) fn bench(
    parts: &[Part],
    runs: usize,
    images: Vec<usize>,
    json: Option<&Path>,
) -> anyhow::Result<()> {
    if runs == 0 {
        bail!("`--runs` is 0; a median needs at least one run");
    }
    let workspace = Workspace::load()?;
    let corpus = Corpus::find(&workspace).map_err(Error::msg)?;
    install_programs()?;
    let folder = workspace.target().join("bench");
    let limpid = Limpid::build_for_release(&workspace, &["limpid-bench"])?;
    let limpid = limpid.kept_in(&folder.join("program"))?;
    let comparer = limpid.program().with_file_name("limpid-bench");
    fs::copy(workspace.target().join("debug/limpid-bench"), &comparer)
        .context("there is no `limpid-bench`")?;
    let image = DebianImage::of(SUITE, &corpus, &workspace)?;
    let setting = Setting { limpid, comparer, corpus, image, folder, runs, images };
    let measurements = measure(&setting, &workspace, parts)?;
    println!("{}", conditions(runs));
    println!("{}", table(&measurements));
    if let Some(path) = json {
        write(path, runs, &measurements)?;
    }
    Ok(())
}

fn measure(setting: &Setting, workspace: &Workspace, parts: &[Part]) -> anyhow::Result<Vec<Measurement>> {
    let asked = |part| parts.is_empty() || parts.contains(&part);
    let mut measurements = Vec::new();
    if asked(Part::Indexing) {
        measurements.extend(indexing::measure(setting)?);
    }
    if asked(Part::Scan) {
        measurements.extend(scan::measure(setting)?);
    }
    if asked(Part::Bombs) {
        measurements.extend(bombs::measure(setting)?);
    }
    if asked(Part::Large) {
        measurements.extend(large::measure(setting)?);
    }
    if asked(Part::Ordering) {
        measurements.extend(ordering::measure(setting)?);
    }
    if asked(Part::Sandbox) {
        measurements.extend(sandbox::measure(setting)?);
    }
    if asked(Part::Rpm) {
        measurements.extend(rpm::measure(setting)?);
    }
    if asked(Part::Sbom) {
        measurements.extend(sbom::measure(setting)?);
    }
    if asked(Part::Startup) {
        measurements.extend(startup::measure(setting, workspace)?);
    }
    if asked(Part::Advisories) {
        measurements.extend(advisories::measure(setting)?);
    }
    if asked(Part::Inventory) {
        measurements.extend(inventory::measure(setting)?);
    }
    if asked(Part::Notices) {
        measurements.extend(notices::measure(setting)?);
    }
    if asked(Part::Reports) {
        measurements.extend(reports::measure(setting)?);
    }
    if asked(Part::Admission) {
        measurements.extend(admission::measure(setting)?);
    }
    if asked(Part::Forms) {
        measurements.extend(forms::measure(setting, workspace.root())?);
    }
    if asked(Part::History) {
        measurements.extend(history::measure(setting)?);
    }
    if asked(Part::Document) {
        measurements.extend(document::measure(setting)?);
    }
    if asked(Part::Load) {
        measurements.extend(load::measure(setting)?);
    }
    if asked(Part::Requests) {
        measurements.extend(requests::measure(setting)?);
    }
    measurements.push(binary(setting)?);
    Ok(measurements)
}

/// How big the program is, for information.
fn binary(setting: &Setting) -> anyhow::Result<Measurement> {
    let bytes = fs::metadata(setting.limpid.program())?.len();
    Ok(Measurement::of_bytes("program `limpid`, with line tables", vec![bytes]))
}

fn conditions(runs: usize) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "Median of {runs} runs on {cores} cores, load average {} at the end. Crates of this workspace, plugins \
         that are linked natively among them, are compiled as for a release, at level 3 and without debug \
         assertions, by profile `dev`.\n{}\n{}\n{}\n{}\n{}",
        load_average(),
        indexing::FLOOR,
        scan::FLOOR,
        sandbox::FLOOR,
        inventory::FLOOR,
        reports::FLOOR,
    )
}

/// How many threads ran or waited to run in the last minute, in five and in fifteen:
/// [proc_loadavg(5)](https://man7.org/linux/man-pages/man5/proc_loadavg.5.html).
fn load_average() -> String {
    let averages = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    averages.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

fn write(path: &Path, runs: usize, measurements: &[Measurement]) -> anyhow::Result<()> {
    let measurements: Vec<_> = measurements.iter().map(Measurement::to_json).collect();
    let all = json!({ "runs": runs, "conditions": conditions(runs), "measurements": measurements });
    fs::write(path, format!("{all:#}\n")).with_context(|| format!("cannot write `{}`", path.display()))
}

impl Setting {
    /// An empty folder for a measurement.
    fn fresh(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.folder.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot clear `{}`", folder.display()))?;
        }
        fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        Ok(folder)
    }
}
