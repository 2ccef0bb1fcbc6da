//! What each layer did, from the status files that stand in the layers' own tars.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::Value;

use super::{array, dpkg, unpack, word};
use crate::command::command;
use crate::corpus::DebianImage;
use crate::verify::Setting;
use crate::verify::tally::Comparison;

/// Name and architecture -> version.
type Packages = BTreeMap<(String, String), String>;

/// Where dpkg's database stands, as a tar may write it.
const STATUS: [&str; 2] = ["var/lib/dpkg/status", "./var/lib/dpkg/status"];

/// What the service says of each layer of an image against what the layers' tars say.
pub(in crate::verify) fn check(
    setting: &Setting<'_>,
    image: &DebianImage,
    layers: &Value,
) -> anyhow::Result<Comparison> {
    let folder = setting.fresh("layers")?;
    let tars = layer_tars(&image.oci(), &folder)?;
    let mut below = Packages::new();
    let mut expected = Vec::new();
    for (index, tar) in tars.iter().enumerate() {
        let above = match status_in(tar)? {
            Some(status) => packages(&status, &folder.join(format!("layer-{index}")))?,
            None => below.clone(),
        };
        expected.extend(changes(index, &below, &above));
        below = above;
    }
    let found = array(layers, "/layers").iter().enumerate().flat_map(|(index, layer)| stated(index, layer));
    let purged = |name: &str| expected.iter().any(|row| row.starts_with(&format!("layer 3 removed {name} ")));
    let proves = purged("git") && purged("sqlite3");
    // How many that are depends on what the security archive has; of trixie it may be none.
    let upgraded = expected.iter().filter(|row| row.starts_with("layer 4 upgraded")).count();
    let removed = expected.iter().filter(|row| row.starts_with("layer 3 removed")).count();
    let what =
        format!("changes of {} layers ({removed} removed by the purge, {upgraded} upgraded)", tars.len());
    Ok(Comparison::of(&what, expected, found)
        .requiring(proves, "the fourth layer does not purge git and sqlite3"))
}

/// The layers' tars, lowest first, of an archive that is unpacked for it.
fn layer_tars(archive: &Path, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    unpack(archive, folder)?;
    let read = |path: &Path| -> anyhow::Result<Value> {
        let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        Ok(serde_json::from_slice(&bytes)?)
    };
    let blob = |digest: &str| folder.join("blobs").join(digest.replace(':', "/"));
    let index = read(&folder.join("index.json"))?;
    let manifest = read(&blob(word(&index, "/manifests/0/digest")))?;
    Ok(array(&manifest, "/layers").iter().map(|layer| blob(word(layer, "/digest"))).collect())
}

/// The status file in a layer, if it has one.
fn status_in(tar: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    for name in STATUS {
        let mut extract = command("tar");
        extract.args(["--extract", "--to-stdout", "--gzip", "--file"]).arg(tar).arg(name);
        let output = extract.output().context("cannot run `tar`")?;
        if output.status.success() {
            return Ok(Some(output.stdout));
        }
    }
    Ok(None)
}

fn packages(status: &[u8], folder: &Path) -> anyhow::Result<Packages> {
    fs::create_dir_all(folder)?;
    let file = folder.join("layer-status");
    fs::write(&file, status)?;
    let installed = dpkg::query(&file, folder)?;
    Ok(installed.into_iter().map(|package| ((package.name, package.arch), package.version)).collect())
}

fn changes(index: usize, below: &Packages, above: &Packages) -> Vec<String> {
    let mut rows = Vec::new();
    for ((name, arch), version) in above {
        match below.get(&(name.clone(), arch.clone())) {
            None => rows.push(format!("layer {index} added {name} {version}")),
            Some(from) if from != version => {
                rows.push(format!("layer {index} upgraded {name} {from} to {version}"));
            }
            Some(_) => {}
        }
    }
    let gone = below.iter().filter(|(package, _)| !above.contains_key(*package));
    rows.extend(gone.map(|((name, _), version)| format!("layer {index} removed {name} {version}")));
    rows
}

fn stated(index: usize, layer: &Value) -> Vec<String> {
    let mut rows = Vec::new();
    for (key, verb) in [("/added", "added"), ("/removed", "removed")] {
        rows.extend(array(layer, key).iter().map(|package| {
            format!("layer {index} {verb} {} {}", word(package, "/name"), word(package, "/version"))
        }));
    }
    rows.extend(array(layer, "/upgraded").iter().map(|change| {
        let word = |name| word(change, name);
        format!("layer {index} upgraded {} {} to {}", word("/name"), word("/from"), word("/to"))
    }));
    rows
}
