//! Alpine's root file systems, and images that `docker save` wrote, against apk's own database.

mod installed;
mod order;
mod secdb;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::debian::{array, row, word};
use super::tally::{Comparison, Tally};
use super::{Setting, read_zstd};
use crate::command::{command, output};
use crate::corpus::name;
use crate::wrap::wrap;

pub(super) use order::order_of;

const ROOTS: &str = "images/alpine";
const SAVED: &str = "images/docker-save";

/// The root file system for whose release there is a security database.
pub(super) const EDGE: &str = "images/alpine/alpine-minirootfs-20240923-x86_64.tar.gz";

/// The security database of that release.
pub(super) const SECDB: [&str; 2] =
    ["feeds/alpine/edge/main.json.zst", "feeds/alpine/edge/community.json.zst"];

pub(super) fn check(setting: &Setting<'_>, tally: &mut Tally) {
    let files = setting.corpus.files(ROOTS, ".tar.gz");
    let saved = setting.corpus.files(SAVED, ".tar.gz");
    match files.and_then(|files| Ok((files, saved?))) {
        Ok((files, saved)) => {
            for file in files {
                tally.check(&format!("alpine {}: packages", name(&file)), || root(setting, &file));
            }
            for file in saved {
                tally.check(&format!("alpine {}: packages", name(&file)), || archive(setting, &file));
            }
            tally.check("alpine edge: findings", || {
                let documents = SECDB.map(|path| setting.corpus.path(path));
                let documents =
                    documents.iter().map(|path| read_zstd(path)).collect::<Result<Vec<_>, _>>()?;
                findings(setting, &documents)
            });
            tally.check("alpine edge: odd statements", || findings(setting, &[odd_statements()]));
        }
        Err(why) => tally.failure("alpine", &why),
    }
}

/// The packages of a root file system, which becomes an image of one layer.
fn root(setting: &Setting<'_>, file: &Path) -> anyhow::Result<Comparison> {
    let folder = setting.fresh("alpine")?;
    let image = folder.join("image.tar");
    wrap(file, &image)?;
    packages(setting, &image, &[file.to_owned()], &folder)
}

/// The packages of a saved image, whose layers tar takes out of it.
fn archive(setting: &Setting<'_>, file: &Path) -> anyhow::Result<Comparison> {
    let folder = setting.fresh("alpine")?;
    command_tar(&["-xzf"], file, &folder)?;
    let manifest = fs::read(folder.join("manifest.json")).context("the archive has no manifest")?;
    let manifest: Value = serde_json::from_slice(&manifest)?;
    let layers = array(&manifest, "/0/Layers").iter().filter_map(Value::as_str);
    let layers: Vec<PathBuf> = layers.map(|layer| folder.join(layer)).collect();
    packages(setting, file, &layers, &folder)
}

fn command_tar(arguments: &[&str], file: &Path, folder: &Path) -> anyhow::Result<()> {
    crate::command::run(command("tar").args(arguments).arg(file).arg("-C").arg(folder))
}

/// The packages of an image against those of the database in the last of its layers that has one.
fn packages(
    setting: &Setting<'_>,
    image: &Path,
    layers: &[PathBuf],
    folder: &Path,
) -> anyhow::Result<Comparison> {
    let mut truth = Vec::new();
    for layer in layers {
        if let Some(database) = database(layer) {
            truth = installed::read(&database)?;
        }
    }
    let inventory = setting.limpid.packages(folder, image)?;
    let found = array(&inventory, "/packages").iter().map(|package| {
        let word = |name| word(package, name);
        format!("{} {} {} from {}", word("/name"), word("/version"), word("/arch"), word("/source_name"))
    });
    let expected = truth.iter().map(|package| {
        format!("{} {} {} from {}", package.name, package.version, package.arch, package.origin)
    });
    let expected: Vec<String> = expected.collect();
    let some = !expected.is_empty();
    Ok(Comparison::of("packages as `installed` has them", expected, found).requiring(some, "there are none"))
}

/// apk's database in a layer's tar.
fn database(layer: &Path) -> Option<String> {
    [
        "./lib/apk/db/installed",
        "lib/apk/db/installed",
        "./usr/lib/apk/db/installed",
        "usr/lib/apk/db/installed",
    ]
    .iter()
    .find_map(|name| {
        let mut tar = command("tar");
        tar.args(["--extract", "--to-stdout", "--file"]).arg(layer).arg(name);
        let output = tar.output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok()
    })
}

/// The findings in edge against what documents of its security database say by apk's rules.
fn findings(setting: &Setting<'_>, documents: &[Value]) -> anyhow::Result<Comparison> {
    let folder = setting.fresh("edge")?;
    let (root, image) = (setting.corpus.path(EDGE), folder.join("image.tar"));
    wrap(&root, &image)?;
    let files: Vec<PathBuf> =
        (0..documents.len()).map(|place| folder.join(format!("{place}.json"))).collect();
    for (document, file) in documents.iter().zip(&files) {
        fs::write(file, document.to_string())?;
    }
    setting.limpid.import(&folder, "alpine", &files)?;
    let report = setting.limpid.scan(&folder, &image)?;
    let installed = installed::read(&database(&root).context("edge has no database")?)?;
    let expected = secdb::judge(documents, &installed);
    let unjudged = array(&report, "/coverage/unjudged_advisories").iter();
    let unjudged =
        unjudged.map(|it| format!("{} {} not judged", word(it, "/vulnerability"), word(it, "/package")));
    let found = array(&report, "/findings").iter().map(row);
    let some = !expected.findings.is_empty();
    let message =
        format!("findings out of {} statements on {} packages", expected.statements, installed.len());
    Ok(Comparison::of(&message, expected.findings, found)
        .and(Comparison::of("statements that cannot be judged", expected.unjudged, unjudged))
        .requiring(some, "there are no findings"))
}

/// What publishers have written at some time, all of it on packages of edge.
fn odd_statements() -> Value {
    json!({
        "distroversion": "edge",
        "reponame": "main",
        "packages": [
            { "pkg": { "name": "busybox", "secfixes": {
                "0": ["CVE-2001-0001", "CVE-2001-0002"],
                "1.37.0-r0": ["CVE-2001-0002", "CVE-2001-0003 XSA-1 (a remark with CVE-2001-9999)"],
                "1.36.1-r32": ["CVE-2001-0004"],
                "1.36.1-r33": ["CVE-2001-0005, GHSA-8q93-326v-3m7g", "CVE-2001-0003"],
                "1.37.0p1-r0": ["CVE-2001-0006", "CVE-2001-0003"],
                "2021-03-27-r5": ["CVE-2001-0007 CVE-2001-0008"],
                "v1.37.0-r0": ["CVE-2001-0011", "CVE-2001-0003"],
            } } },
            { "pkg": { "name": "openssl", "secfixes": {
                "3.3.2_p1": ["ALPINE-1"],
                "3.3.2_rc1-r9": ["CVE-2001-0009"],
                "03.3.2-r2": ["CVE-2001-0010"],
            } } },
        ],
    })
}

/// All that stands in secdb under the name of one package: lists of versions, for each document.
pub(super) fn versions_of_secdb(setting: &Setting<'_>) -> anyhow::Result<Vec<Vec<String>>> {
    let mut lists = Vec::new();
    for path in SECDB {
        let document = read_zstd(&setting.corpus.path(path))?;
        lists.extend(secdb::versions(&document));
    }
    Ok(lists)
}

/// The apk program of edge, as a command that lacks its arguments; none where it cannot be run.
pub(super) fn program(setting: &Setting<'_>) -> anyhow::Result<Option<Apk>> {
    let folder = setting.fresh("apk")?;
    command_tar(&["-xzf"], &setting.corpus.path(EDGE), &folder)?;
    let apk = Apk { folder };
    Ok(output(apk.command().arg("--version")).is_ok().then_some(apk))
}

/// apk itself, out of a root file system.
pub(super) struct Apk {
    folder: PathBuf,
}

impl Apk {
    fn command(&self) -> std::process::Command {
        let path = |path: &str| self.folder.join(path).display().to_string();
        let mut apk = std::process::Command::new(path("lib/ld-musl-x86_64.so.1"));
        apk.arg("--library-path").arg(format!("{}:{}", path("lib"), path("usr/lib"))).arg(path("sbin/apk"));
        apk
    }

    /// The order of two versions.
    pub(super) fn order_of(&self, a: &str, b: &str) -> anyhow::Result<std::cmp::Ordering> {
        let answer = output(self.command().args(["version", "--test", a, b]))?;
        match answer.trim() {
            "<" => Ok(std::cmp::Ordering::Less),
            "=" => Ok(std::cmp::Ordering::Equal),
            ">" => Ok(std::cmp::Ordering::Greater),
            other => anyhow::bail!("`apk version --test {a} {b}` wrote `{other}`"),
        }
    }
}
