//! What the sandbox costs: `limpid-bench` (tests/bench) measures, in one process, the same parsers
//! as plugins and linked natively.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use serde_json::Value;

use super::Setting;
use super::measurement::{Bar, Measurement};
use crate::command::{command, output, run};
use crate::limpid::Limpid;
use crate::verify::{Form, TRACKER, pairs, read_zstd};
use crate::wrap::wrap;

/// What the floor of a plugin is.
pub(super) const FLOOR: &str = "\
Floor of a plugin: the same crate linked into one program with the host, measured in turn with it. Of single \
parsers the time on the processor; natively only the parser, as a plugin the whole call, instance, bytes in and \
findings out included.";

pub(super) const ALPINE: &str = "images/alpine/alpine-minirootfs-3.20.3-x86_64.tar.gz";

/// A single parser takes a fraction of a second, so it is measured this often for each run.
const REPEATS: usize = 20;

const OVAL: &str = "feeds/azurelinux/cbl-mariner-2.0-oval.xml.zst";

/// The largest of Red Hat's documents in its archive.
const CSAF: (&str, &str) =
    ("feeds/redhat/redhat-csaf-vex-sample.tar.zst", "csaf_vex/2022/cve-2022-38752.json");

/// How much of a form is read in a second at least, in MB.
const LEAST: [(&str, f64); 2] = [("OVAL", 100.0), ("CSAF", 150.0)];

/// Pairs of versions, which are ordered singly.
const PAIRS: usize = 50_000;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    let folder = setting.fresh("sandbox")?;
    let compiled = folder.join("compiled");
    let mut measurements = parsing(setting, &folder, &compiled)?;
    measurements.extend(scan(setting, &compiled)?);
    Ok(measurements)
}

/// A command of `limpid-bench` with these plugins.
pub(super) fn program(setting: &Setting, limpid: &Limpid, compiled: &Path) -> Command {
    let mut program = Command::new(&setting.comparer);
    program.arg("--plugins").arg(limpid.plugins()).arg("--compiled").arg(compiled);
    program
}

/// What `limpid-bench` measured.
pub(super) fn measured(program: &mut Command) -> anyhow::Result<Value> {
    serde_json::from_str(&output(program)?).context("`limpid-bench` did not write JSON")
}

/// The numbers of a list.
pub(super) fn numbers(value: &Value, name: &str) -> anyhow::Result<Vec<f64>> {
    let list = value.get(name).and_then(Value::as_array);
    let list = list.with_context(|| format!("`limpid-bench` measured no `{name}`"))?;
    Ok(list.iter().filter_map(Value::as_f64).collect())
}

fn parsing(setting: &Setting, folder: &Path, compiled: &Path) -> anyhow::Result<Vec<Measurement>> {
    eprintln!("bench: single parsers as plugins and natively");
    let inputs = Inputs::write(setting, folder)?;
    let mut program = program(setting, &setting.limpid, compiled);
    program.arg("parsing").arg("--debian").arg(setting.image.oci()).arg("--alpine").arg(&inputs.alpine);
    program.arg("--oval").arg(&inputs.oval).arg("--csaf").arg(&inputs.csaf);
    program.arg("--tracker").arg(&inputs.tracker).arg("--versions").arg(&inputs.versions);
    program.arg("--times").arg((setting.runs * REPEATS).to_string());
    let comparisons = measured(&mut program)?;
    let mut measurements = Vec::new();
    for comparison in comparisons.as_array().into_iter().flatten() {
        let what = comparison.get("what").and_then(Value::as_str).unwrap_or_default();
        let native = Measurement::new(format!("natively, {what}"), "ms", numbers(comparison, "native_ms")?);
        let plugin = Measurement::new(format!("plugin {what}"), "ms", numbers(comparison, "plugin_ms")?);
        measurements.push(plugin.beside(&native).with_bar(Bar::TimesFloor(2.0)));
        if let Some((_, least)) = LEAST.iter().find(|(form, _)| what.contains(form)) {
            let bytes = comparison.get("bytes").and_then(Value::as_f64).context("no size was measured")?;
            let rates = numbers(comparison, "plugin_ms")?.iter().map(|ms| bytes / 1e3 / ms).collect();
            let rate = Measurement::new(format!("plugin {what}, a second"), "MB/s", rates);
            measurements.push(rate.with_bar(Bar::AtLeast(*least)));
        }
    }
    Ok(measurements)
}

fn scan(setting: &Setting, compiled: &Path) -> anyhow::Result<Vec<Measurement>> {
    eprintln!("bench: the scan of an image with plugins and natively");
    let mut program = program(setting, &setting.limpid, compiled);
    program.arg("scan").arg(setting.image.oci()).arg("--times").arg(setting.runs.to_string());
    let scan = measured(&mut program)?;
    let compare = |what: &str, plugin: &str, native: &str| {
        let native = Measurement::new("natively", "ms", numbers(&scan, native)?);
        anyhow::Ok(Measurement::new(what, "ms", numbers(&scan, plugin)?).beside(&native))
    };
    let elapsed = compare("scan of the image with plugins", "plugin_ms", "native_ms")?;
    let processor =
        compare("scan of the image, time of processors", "plugin_processor_ms", "native_processor_ms")?;
    Ok(vec![elapsed.with_bar(Bar::TimesFloor(1.05)), processor])
}

/// Files that are parsed.
struct Inputs {
    alpine: PathBuf,
    tracker: PathBuf,
    oval: PathBuf,
    csaf: PathBuf,
    versions: PathBuf,
}

impl Inputs {
    fn write(setting: &Setting, folder: &Path) -> anyhow::Result<Self> {
        let inputs = Self {
            alpine: folder.join("alpine.tar"),
            tracker: folder.join("tracker.json"),
            oval: folder.join("oval.xml"),
            csaf: folder.join("csaf.json"),
            versions: folder.join("versions"),
        };
        run(command("zstd").args(["-dqf"]).arg(setting.corpus.path(OVAL)).arg("-o").arg(&inputs.oval))?;
        let mut tar = command("tar");
        tar.args(["--zstd", "-xOf"]).arg(setting.corpus.path(CSAF.0)).arg(CSAF.1);
        fs::write(&inputs.csaf, output(&mut tar)?)?;
        wrap(&setting.corpus.path(ALPINE), &inputs.alpine)?;
        fs::write(&inputs.tracker, read_zstd(&setting.corpus.path(TRACKER))?.to_string())?;
        let versions: String = pairs(Form::Dpkg, PAIRS).iter().map(|(a, b)| format!("{a}\n{b}\n")).collect();
        fs::write(&inputs.versions, versions)?;
        Ok(inputs)
    }
}
