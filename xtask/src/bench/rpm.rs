//! The detector `rpm` on a large database, beside `rpm -qa` on the same file: the packages of a real one, sixteen times
//! under other names.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tar::{Builder, Header};

use super::Setting;
use super::measurement::{Bar, Measurement};
use super::sandbox::{measured, numbers, program};
use crate::command::{command, output, run};
use crate::wrap::wrap;

/// A database with 129 packages in 2.4 MB of headers.
const DATABASE: &str = "images/rpmdb/cbl-mariner-2.0-rpmdb.sqlite.zst";

const COPIES: u32 = 16;

/// How long a program takes of a processor, in milliseconds.
const PROCESSOR: &str = "\
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print((used.ru_utime + used.ru_stime) * 1000)";

/// A database is read in a fraction of a second, so it is measured this often for each run.
const REPEATS: usize = 5;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    eprintln!("bench: a database of RPM");
    let folder = setting.fresh("rpm")?;
    let (database, image) = (folder.join("database"), folder.join("image.tar"));
    let packages = make(&setting.corpus.path(DATABASE), &folder, &database)?;
    layer(&database.join("rpmdb.sqlite"), &folder.join("layer.tar"))?;
    wrap(&folder.join("layer.tar"), &image)?;

    let mut times: Vec<f64> = Vec::new();
    for _ in 0..setting.runs * REPEATS {
        // Without what it would verify of each header; the time on the processor, as of the plugin.
        let mut rpm = command("python3");
        rpm.args(["-c", PROCESSOR, "rpm", "-qa", "--nodigest", "--nosignature", "--dbpath"]).arg(&database);
        times.push(output(&mut rpm)?.trim().parse().context("the script names no time")?);
    }
    let rpm = Measurement::new(format!("rpm -qa of {packages} packages"), "ms", times);
    let mut program = program(setting, &setting.limpid, &folder.join("compiled"));
    program.arg("rpm").arg(&image).arg("--times").arg((setting.runs * REPEATS).to_string());
    let comparisons = measured(&mut program)?;
    let comparison = comparisons.get(0).context("`limpid-bench` measured nothing")?;
    let what = comparison.get("what").and_then(Value::as_str).unwrap_or_default();
    let plugin = Measurement::new(format!("plugin {what}"), "ms", numbers(comparison, "plugin_ms")?);
    let native = Measurement::new(format!("natively, {what}"), "ms", numbers(comparison, "native_ms")?);
    Ok(vec![
        plugin
            .clone()
            .beside(&rpm)
            .called(format!("plugin rpm of {packages} packages, beside `rpm -qa`"))
            .with_bar(Bar::TimesFloor(1.0)),
        plugin.clone().with_bar(Bar::Below(60.0)),
        plugin.called("plugin rpm beside the same natively").beside(&native),
        rpm,
    ])
}

/// Makes the database; how many packages it has.
fn make(source: &Path, folder: &Path, database: &Path) -> anyhow::Result<usize> {
    let plain = folder.join("source.sqlite");
    run(command("zstd").args(["-dqf"]).arg(source).arg("-o").arg(&plain))?;
    fs::create_dir_all(database)?;
    run(command("rpm").arg("--initdb").arg("--dbpath").arg(database))?;
    let script = include_str!("rpm/copies.py");
    let mut python = command("python3");
    python.args(["-c", script]).arg(&plain).arg(database.join("rpmdb.sqlite")).arg(COPIES.to_string());
    let count = output(&mut python)?.trim().parse().context("the script names no count")?;
    if count < 2000 {
        bail!("the database has {count} packages only");
    }
    Ok(count)
}

/// A layer with nothing but the database.
fn layer(database: &Path, layer: &Path) -> anyhow::Result<()> {
    let mut tar = Builder::new(File::create(layer)?);
    let mut content = File::open(database)?;
    let mut header = Header::new_ustar();
    header.set_mode(0o644);
    header.set_size(content.metadata()?.len());
    tar.append_data(&mut header, "var/lib/rpm/rpmdb.sqlite", &mut content)?;
    tar.finish()?;
    Ok(())
}
