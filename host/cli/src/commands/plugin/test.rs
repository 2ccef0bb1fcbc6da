//! Golden cases: what a plugin says of an input, compared with what its author expects.
//!
//! A case is a folder. `input/` of a detector's is a tree of files that stands for a layer, of a
//! feed's the documents of a source, which the file `source` may name; what came of it is
//! `expected.json`. `versions.txt` of a scheme's lists versions in their order.

mod detector;
mod documents;
mod expected;
mod feed;
mod layer;
mod order;
mod view;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use limpid_scanner::Limits;
use limpid_scanner::runtime::{self, Plugin};

use crate::commands::printable;
use crate::open;
use crate::settings::Settings;

/// What a scheme's case lists.
const VERSIONS: &str = "versions.txt";
/// What a detector or a feed is shown.
const INPUT: &str = "input";
/// Which source the documents of a feed's case are.
const SOURCE: &str = "source";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The component
    plugin: PathBuf,
    /// Folder of the cases, a folder each [default: `tests` beside the component]
    cases: Option<PathBuf>,
    /// Write what the plugin says as what is expected
    #[arg(long)]
    update: bool,
}

/// How a case ended.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Updated,
    /// Why: a difference, or what is wrong.
    Failed(String),
}

impl Outcome {
    const fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

/// How a case is run.
struct Bench<'a> {
    plugin: &'a Plugin,
    limits: &'a Limits,
    update: bool,
}

pub(super) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let plugin = load(settings, &args.plugin)?;
    let beside = || args.plugin.parent().unwrap_or(Path::new("")).join("tests");
    let folder = args.cases.clone().unwrap_or_else(beside);
    let bench = Bench { plugin: &plugin, limits: &settings.layers, update: args.update };
    let mut out = std::io::stdout().lock();
    let (mut passed, mut failed) = (0_usize, 0_usize);
    for case in cases(&folder)? {
        let name = case.file_name().unwrap_or_default().display();
        let outcome = bench.run(&case).unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        *(if outcome.is_failure() { &mut failed } else { &mut passed }) += 1;
        match outcome {
            Outcome::Passed => writeln!(out, "ok      {name}")?,
            Outcome::Updated => writeln!(out, "updated {name}")?,
            Outcome::Failed(why) => writeln!(out, "FAILED  {name}\n{}", printable(why.trim_end()))?,
        }
    }
    writeln!(out, "{passed} passed, {failed} failed")?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Loads it as a service would, but for the quarantine, because cases fail one by one, and for what
/// may run, because nobody has signed what is still being written.
fn load(settings: &Settings, path: &Path) -> anyhow::Result<Arc<Plugin>> {
    let shown = path.display();
    let bytes = fs::read(path).with_context(|| format!("plugin `{shown}` cannot be read"))?;
    let limits = runtime::Settings { quarantine_after: 0, allow: Vec::new(), ..settings.plugins.clone() };
    open::runtime(settings, limits)?.load(&bytes).with_context(|| format!("plugin `{shown}`"))
}

/// The folders in a folder, by name.
fn cases(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let shown = folder.display();
    let entries = fs::read_dir(folder).with_context(|| format!("cases `{shown}` cannot be read"))?;
    let mut cases = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            cases.push(path);
        }
    }
    cases.sort();
    if cases.is_empty() {
        bail!("`{shown}` holds no case: a case is a folder with `{INPUT}/` or `{VERSIONS}`");
    }
    Ok(cases)
}

impl Bench<'_> {
    /// Runs a case in the role that its files are for.
    fn run(&self, case: &Path) -> anyhow::Result<Outcome> {
        let versions = case.join(VERSIONS);
        if versions.is_file() {
            let scheme = self.plugin.scheme().with_context(|| misfit(VERSIONS, "scheme"))?;
            return order::check(scheme, &versions);
        }
        let input = case.join(INPUT);
        if !input.is_dir() {
            bail!("holds neither `{INPUT}/` nor `{VERSIONS}`");
        }
        // Only a plugin that is both has to be told what an input is.
        match (self.plugin.detector(), self.plugin.feed()) {
            (Some(detector), feed) if feed.is_none() || !case.join(SOURCE).is_file() => {
                let message = detector::run(detector, &input, self.limits)?;
                expected::hold(case, &message.view(), self.update)
            }
            (_, Some(feed)) => {
                let message = feed::run(feed, &input, source(case)?.as_deref())?;
                expected::hold(case, &message.view(), self.update)
            }
            _ => bail!(misfit("input/", "detector and no feed")),
        }
    }
}

fn misfit(holds: &str, role: &str) -> String {
    format!("holds `{holds}`, and the plugin is no {role}")
}

fn source(case: &Path) -> anyhow::Result<Option<String>> {
    let path = case.join(SOURCE);
    if !path.is_file() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    Ok(Some(text.trim().to_owned()))
}
