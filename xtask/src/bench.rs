//! `cargo xtask bench`: how long things take, beside how long they take programs that everybody has.

mod indexing;
mod large;
mod measurement;
mod ordering;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::json;

use crate::corpus::{Corpus, DebianImage, install_programs};
use crate::limpid::Limpid;
use crate::workspace::Workspace;
use measurement::{Measurement, table};

const SUITE: &str = "bookworm";

/// What cargo is told so that crates of this workspace are optimised as a release's are. Those that
/// they depend on always are, and are not built anew.
const LEVEL: (&str, &str) = ("CARGO_PROFILE_DEV_OPT_LEVEL", "3");

/// What is measured with.
struct Setting {
    limpid: Limpid,
    corpus: Corpus,
    image: DebianImage,
    folder: PathBuf,
    runs: usize,
}

/// Measures everything and prints a table; with `json`, also writes it to that file.
///
/// # Errors
/// Where something cannot be built or run. A bar that is missed is no error.
pub(crate) fn bench(runs: usize, json: Option<&Path>) -> anyhow::Result<()> {
    if runs == 0 {
        bail!("`--runs` is 0; a median needs at least one run");
    }
    let workspace = Workspace::load()?;
    let corpus = match Corpus::find(&workspace) {
        Ok(corpus) => corpus,
        Err(why) => {
            println!("skipped: {why}");
            return Ok(());
        }
    };
    install_programs()?;
    let folder = workspace.target().join("bench");
    let limpid = Limpid::build(&workspace, |cargo| {
        cargo.env(LEVEL.0, LEVEL.1);
    })?;
    let limpid = limpid.kept_in(&folder.join("program"))?;
    let image = DebianImage::of(SUITE, &corpus, &workspace)?;
    let setting = Setting { limpid, corpus, image, folder, runs };
    let mut measurements = indexing::measure(&setting)?;
    measurements.extend(large::measure(&setting)?);
    measurements.extend(ordering::measure(&setting)?);
    measurements.push(binary(&setting)?);
    println!("{}", conditions(runs));
    println!("{}", table(&measurements));
    if let Some(path) = json {
        write(path, runs, &measurements)?;
    }
    Ok(())
}

/// How big the program is, for information.
fn binary(setting: &Setting) -> anyhow::Result<Measurement> {
    let bytes = fs::metadata(setting.limpid.program())?.len();
    Ok(Measurement::of_bytes("program `limpid`, with line tables", vec![bytes]))
}

fn conditions(runs: usize) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "Median of {runs} runs on {cores} cores. Crates of this workspace are built at level {}, those that \
         they depend on as always.\n{}",
        LEVEL.1,
        indexing::FLOOR
    )
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
