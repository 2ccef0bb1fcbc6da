//! How long a service with many plugins takes to start, once they have been compiled, and a first scan, for
//! which nothing is.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;
use xtask::sample::{Compression, alpine};

use super::Setting;
use super::measurement::{Bar, Measurement};
use super::sandbox::{measured, program};
use crate::api::Api;
use crate::limpid::Limpid;
use crate::service::{Interrupts, Service};
use crate::workspace::{Package, Workspace};

const PLUGINS: usize = 30;

/// Of these there may be any number, where a scheme is there once only.
const REPEATABLE: [&str; 2] = ["plugins/detectors", "plugins/feeds"];

pub(super) fn measure(setting: &Setting, workspace: &Workspace) -> anyhow::Result<Vec<Measurement>> {
    eprintln!("bench: start with {PLUGINS} plugins");
    let folder = setting.fresh("startup")?;
    let plugins = folder.join("plugins");
    write_plugins(setting.limpid.plugins(), &plugins, workspace)?;
    let limpid = setting.limpid.with_plugins(plugins);
    let compiling = start(&limpid, &folder)?;
    let mut starts = Vec::new();
    let mut loading = Vec::new();
    for _ in 0..setting.runs {
        starts.push(start(&limpid, &folder)?);
        loading.push(load(setting, &limpid, &folder)?);
    }
    let first_scans = first_scans(setting, &folder)?;
    Ok(vec![
        Measurement::of_times(format!("start with {PLUGINS} cached plugins, until ready"), &starts)
            .with_bar(Bar::Below(100.0)),
        Measurement::new(format!("of that, engine and loading of {PLUGINS} plugins"), "ms", loading),
        Measurement::of_times(format!("the first start, which compiles {PLUGINS} plugins"), &[compiling]),
        Measurement::of_times("the first scan of a small image, with nothing compiled", &first_scans)
            .with_bar(Bar::Below(800.0)),
    ])
}

/// Scans a small image over a data directory that is not there yet.
fn first_scans(setting: &Setting, folder: &Path) -> anyhow::Result<Vec<Duration>> {
    let archive = folder.join("alpine.tar");
    fs::write(&archive, alpine().docker_archive(Compression::Gzip)?)?;
    let mut times = Vec::new();
    for run in 0..setting.runs {
        let data = folder.join(format!("first-scan-{run}"));
        let started = Instant::now();
        let report = setting.limpid.scan(&data, &archive)?;
        times.push(started.elapsed());
        if report.pointer("/summary/packages").and_then(Value::as_u64).unwrap_or_default() == 0 {
            bail!("no package was found");
        }
    }
    Ok(times)
}

/// Writes all plugins, and some of them again under other names.
fn write_plugins(from: &Path, to: &Path, workspace: &Workspace) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    let packages: Vec<(&str, &Package)> = workspace
        .packages()
        .iter()
        .filter_map(|package| Some((package.plugin.as_deref()?, package)))
        .collect();
    let mut written = 0;
    for (name, _) in &packages {
        let file = format!("{name}.wasm");
        fs::copy(from.join(&file), to.join(&file)).with_context(|| format!("plugin `{name}`"))?;
        written += 1;
    }
    let repeatable = packages
        .iter()
        .filter(|(_, package)| REPEATABLE.iter().any(|folder| package.folder.starts_with(folder)));
    for (number, (name, package)) in repeatable.cycle().enumerate() {
        if written >= PLUGINS {
            break;
        }
        let component = fs::read(from.join(format!("{name}.wasm")))?;
        let renamed = package.identity(&format!("{name}-{number}"))?;
        let component = limpid_pack::identify(&component, &renamed)?;
        fs::write(to.join(format!("{}.wasm", renamed.name)), component)?;
        written += 1;
    }
    Ok(())
}

/// How long it takes from the start of the process until it takes requests.
fn start(limpid: &Limpid, folder: &Path) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let mut service = Service::start(limpid, &folder.join("service"), &Interrupts::default())?;
    let took = started.elapsed();
    let plugins: Value = serde_json::from_slice(&Api::new(service.address()).get("/v1/plugins")?)?;
    let count = |name: &str| plugins.get(name).and_then(Value::as_array).map_or(0, Vec::len);
    if (count("plugins"), count("refused")) != (PLUGINS, 0) {
        bail!("{} plugins are loaded, {} refused", count("plugins"), count("refused"));
    }
    service.stop()?;
    Ok(took)
}

/// How long the engine and its plugins take of that, in milliseconds.
fn load(setting: &Setting, limpid: &Limpid, folder: &Path) -> anyhow::Result<f64> {
    let data = folder.join("service/data");
    let mut program = program(setting, limpid, &data.join("compiled"));
    let loaded = measured(program.arg("loading").arg(data.join("plugin-versions")))?;
    let number = |name: &str| loaded.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN);
    if loaded.get("plugins").and_then(Value::as_u64) != u64::try_from(PLUGINS).ok() {
        bail!("not {PLUGINS} plugins were loaded: {loaded}");
    }
    Ok(number("engine_ms") + number("plugins_ms"))
}
