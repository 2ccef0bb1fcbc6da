//! Layers that are made to do harm: how long each takes, and how much memory.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;
use xtask::sample::bombs::{BOMBS, Bomb, Outcome};

use super::Setting;
use super::measurement::Measurement;
use crate::limpid::Limpid;
use crate::measure::{Ended, watch};

/// How long one may take.
const LIMIT: Duration = Duration::from_secs(300);

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    let folder = setting.fresh("bombs")?;
    let limpid = setting.limpid.clone().with_compiled(folder.join("compiled"));
    // The first scan compiles the plugins.
    let first = BOMBS.last().context("there are no bombs")?;
    scan(setting, &limpid, &folder, first)?;
    let mut measurements = Vec::new();
    for bomb in BOMBS {
        let (mut times, mut peaks, mut is_expected) = (Vec::new(), Vec::new(), true);
        for number in 1..=setting.runs {
            eprintln!("bench: {}, run {number} of {}", bomb.name, setting.runs);
            let ended = scan(setting, &limpid, &folder, bomb)?;
            if let Err(error) = check(bomb, &ended) {
                eprintln!("bench: {error:#}");
                is_expected = false;
            }
            times.push(ended.elapsed);
            peaks.push(ended.peak);
        }
        let otherwise = if is_expected { "" } else { " (NOT AS EXPECTED)" };
        let what = format!("scan, {}{otherwise}", bomb.name);
        measurements.push(Measurement::of_times(&what, &times));
        measurements.push(Measurement::of_bytes(format!("{what}: peak memory"), peaks));
    }
    Ok(measurements)
}

/// Scans the image from an empty store.
fn scan(setting: &Setting, limpid: &Limpid, folder: &Path, bomb: &Bomb) -> anyhow::Result<Ended> {
    let archive = folder.join("bomb.tar");
    fs::write(&archive, bomb.archive()?)?;
    let mut command = limpid.command(&setting.fresh("bombs/data")?);
    command.args(["--log", "warn", "scan", "--format", "json"]).arg(&archive);
    watch(&mut command, folder, LIMIT).with_context(|| bomb.name)
}

/// Sees to it that what must come of it does.
fn check(bomb: &Bomb, ended: &Ended) -> anyhow::Result<()> {
    ensure!(ended.status.success(), "{}: {}: {}", bomb.name, ended.status, ended.stderr);
    let report: Value = serde_json::from_slice(&ended.stdout)?;
    let coverage = report.pointer("/0/coverage").map(Value::to_string).unwrap_or_default();
    let is_expected = match bomb.outcome {
        Outcome::Read => report.pointer("/0/summary/packages").and_then(Value::as_u64) > Some(0),
        outcome => outcome.stated().is_some_and(|stated| coverage.contains(&stated)),
    };
    ensure!(is_expected, "{}: {:?} was expected, and not {coverage}", bomb.name, bomb.outcome);
    Ok(())
}
