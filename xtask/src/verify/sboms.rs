//! Bills of materials that scanners write of an image, against the image itself: the same findings, as far as the
//! documents state what these rest on. And those that Limpid writes, read by others: the same packages.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::alpine::{EDGE, SECDB};
use super::debian::{array, word};
use super::tally::{Comparison, Tally};
use super::{Setting, TRACKER};
use crate::command::{command, output, run, shown};
use crate::corpus::{DebianImage, SUITES};
use crate::scanners::{SYFT, TRIVY};
use crate::wrap::wrap;

/// Who writes a document of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writer {
    Limpid,
    Syft,
    Trivy,
}

/// Writer, form as it calls it, and how the file is called.
const DOCUMENTS: [(Writer, &str, &str); 9] = [
    (Writer::Limpid, "cyclonedx", "limpid.cdx.json"),
    (Writer::Limpid, "spdx", "limpid.spdx.json"),
    (Writer::Syft, "cyclonedx-json", "syft.cdx.json"),
    (Writer::Syft, "cyclonedx-xml", "syft.cdx.xml"),
    (Writer::Syft, "spdx-json", "syft.spdx.json"),
    (Writer::Syft, "spdx-tag-value", "syft.spdx"),
    (Writer::Trivy, "cyclonedx", "trivy.cdx.json"),
    (Writer::Trivy, "spdx-json", "trivy.spdx.json"),
    (Writer::Trivy, "spdx", "trivy.spdx"),
];

/// Who reads what Limpid has written. Grype reads documents by Syft's library, and nothing at all without its database,
/// which is not to be had offline.
#[derive(Clone, Copy, Debug)]
enum Reader {
    Syft,
    Trivy,
}

/// Reader, what it reads, and how the file is called that it makes of that.
const READ: [(Reader, &str, &str); 4] = [
    (Reader::Syft, "limpid.cdx.json", "limpid.cdx.syft.json"),
    (Reader::Syft, "limpid.spdx.json", "limpid.spdx.syft.json"),
    (Reader::Trivy, "limpid.cdx.json", "limpid.cdx.trivy.json"),
    (Reader::Trivy, "limpid.spdx.json", "limpid.spdx.trivy.json"),
];

/// What Trivy says of every document that is not its own.
const OF_OTHERS: [&str; 2] = ["Third-party SBOM may lead", "Recommend using Trivy"];

pub(super) fn check(setting: &Setting<'_>, tally: &mut Tally) {
    let debian = SUITES.map(|suite| (format!("debian-{suite}"), Subject::Debian(suite)));
    let alpine = ALPINE.map(|alpine| (format!("alpine-{}", alpine.release), Subject::Alpine(alpine)));
    for (name, subject) in debian.iter().chain(&alpine) {
        match prepare(setting, name, *subject) {
            Ok(scene) => {
                for (writer, form, file) in DOCUMENTS {
                    tally.check(&format!("sboms {name}: {file}"), || {
                        scene.compare(setting, writer, form, file)
                    });
                }
                for (reader, file, read) in READ {
                    tally.check(&format!("sboms {name}: {file}, read by {reader:?}"), || {
                        scene.read(setting, reader, file, read)
                    });
                }
            }
            Err(why) => tally.failure(&format!("sboms {name}"), &why),
        }
    }
}

/// Of which documents are written.
#[derive(Clone, Copy)]
enum Subject {
    /// The image that the recipe makes of a release.
    Debian(&'static str),
    Alpine(Alpine),
}

/// A release for which there is a security database.
#[derive(Clone, Copy)]
struct Alpine {
    release: &'static str,
    /// Its root file system.
    root: &'static str,
    documents: &'static [&'static str],
}

const ALPINE: [Alpine; 2] = [
    Alpine { release: "edge", root: EDGE, documents: &SECDB },
    Alpine {
        release: "3.20",
        root: "images/alpine/alpine-minirootfs-3.20.3-x86_64.tar.gz",
        documents: &["feeds/alpine/v3.20/main.partial.json"],
    },
];

/// An image, with the advisories of its distribution.
struct Scene {
    folder: PathBuf,
    image: PathBuf,
    findings: Vec<String>,
}

fn prepare(setting: &Setting<'_>, name: &str, subject: Subject) -> anyhow::Result<Scene> {
    let folder = setting.fresh(&format!("sboms/{name}"))?;
    let image = match subject {
        Subject::Debian(suite) => debian(setting, suite, &folder),
        Subject::Alpine(of) => alpine(setting, of, &folder),
    }?;
    let report = setting.limpid.scan(&folder.join("data"), &image)?;
    Ok(Scene { findings: of_distribution(&report), folder, image })
}

fn debian(setting: &Setting<'_>, suite: &'static str, folder: &Path) -> anyhow::Result<PathBuf> {
    setting.limpid.import(&folder.join("data"), "debian", &[setting.corpus.path(TRACKER)])?;
    Ok(DebianImage::of(suite, &setting.corpus, setting.workspace)?.docker())
}

fn alpine(setting: &Setting<'_>, alpine: Alpine, folder: &Path) -> anyhow::Result<PathBuf> {
    let documents: Vec<_> = alpine.documents.iter().map(|path| setting.corpus.path(path)).collect();
    setting.limpid.import(&folder.join("data"), "alpine", &documents)?;
    let image = folder.join("image.tar");
    wrap(&setting.corpus.path(alpine.root), &image)?;
    Ok(image)
}

impl Scene {
    fn compare(
        &self,
        setting: &Setting<'_>,
        writer: Writer,
        form: &str,
        file: &str,
    ) -> anyhow::Result<Comparison> {
        let path = self.folder.join(file);
        self.write(setting, writer, form, &path)?;
        let report = setting.limpid.scan(&self.folder.join("data"), &path)?;
        let found = of_distribution(&report);
        let is_bill = word(&report, "/image/kind") == "bill-of-materials";
        let lacks: BTreeSet<_> =
            array(&report, "/coverage/gaps").iter().map(|gap| word(gap, "/code")).collect();
        Ok(Comparison::of("findings of the distribution", self.findings.iter().cloned(), found)
            .requiring(!self.findings.is_empty(), "the image has no findings")
            .requiring(is_bill, "the document is no bill of materials")
            .requiring(!lacks.contains("unknown-distribution"), "the document states no distribution"))
    }

    /// Compares the packages of a document that Limpid has written with those that somebody reads in it.
    fn read(
        &self,
        setting: &Setting<'_>,
        reader: Reader,
        file: &str,
        read: &str,
    ) -> anyhow::Result<Comparison> {
        let scanners = setting.workspace.target().join("verify/scanners");
        let (from, to) = (self.folder.join(file), self.folder.join(read));
        let mut command = command("env");
        match reader {
            Reader::Syft => {
                command.arg("SYFT_CHECK_FOR_APP_UPDATE=false").arg(SYFT.program(&scanners)?).arg("convert");
                command.arg(&from).arg("--output").arg(format!("syft-json={}", to.display()));
            }
            Reader::Trivy => {
                command.arg(TRIVY.program(&scanners)?).args([
                    "sbom",
                    "--offline-scan",
                    "--format",
                    "cyclonedx",
                ]);
                command.arg("--output").arg(&to).arg(&from);
            }
        }
        let complaints = complaints(&mut command)?;
        let [written, read] = [from, to].map(|path| -> anyhow::Result<BTreeSet<String>> {
            Ok(packages(&serde_json::from_slice(&fs::read(path)?)?))
        });
        let written = written?;
        let is_empty = written.is_empty();
        let read = read?.into_iter().chain(complaints);
        Ok(Comparison::of("packages", written, read).requiring(!is_empty, "the document has no packages"))
    }

    fn write(&self, setting: &Setting<'_>, writer: Writer, form: &str, path: &Path) -> anyhow::Result<()> {
        let scanners = setting.workspace.target().join("verify/scanners");
        fs::create_dir_all(&scanners)?;
        let image = &self.image;
        match writer {
            Writer::Limpid => {
                let mut command = setting.limpid.command(&self.folder.join("data"));
                command.args(["--log", "warn", "scan", "--format", form]).arg(image);
                fs::write(path, output(&mut command)?)
                    .with_context(|| format!("cannot write `{}`", path.display()))
            }
            Writer::Syft => {
                let mut syft = command("env");
                syft.arg(SYFT.program(&scanners)?).args(["--quiet", "scan"]);
                syft.arg(format!("docker-archive:{}", image.display()));
                run(syft.arg("--output").arg(format!("{form}={}", path.display())))
            }
            Writer::Trivy => {
                let mut trivy = command("env");
                trivy.arg(TRIVY.program(&scanners)?).args([
                    "--quiet",
                    "image",
                    "--offline-scan",
                    "--format",
                    form,
                ]);
                run(trivy.arg("--input").arg(image).arg("--output").arg(path))
            }
        }
    }
}

/// Findings in packages of the distribution: what a document says of packages of languages depends on what its writer
/// looks for.
fn of_distribution(report: &Value) -> Vec<String> {
    let is_of_distribution = |purl: &str| ["pkg:deb/", "pkg:apk/"].iter().any(|kind| purl.starts_with(kind));
    let findings = array(report, "/findings").iter();
    let findings = findings.filter(|finding| is_of_distribution(word(finding, "/package/purl")));
    let row = |finding: &Value| {
        let word = |path: &str| word(finding, path);
        // Syft states no source package that is called as the package.
        let source = match word("/package/source_name") {
            "-" => word("/package/name"),
            source => source,
        };
        format!(
            "{} {} {} {} of {}, fixed in {}",
            word("/vulnerability"),
            word("/package/name"),
            word("/package/version"),
            word("/package/arch"),
            source,
            word("/fixed_version"),
        )
    };
    findings.map(row).collect()
}

/// Has a program read something, and returns what it has to say against that.
fn complaints(command: &mut Command) -> anyhow::Result<Vec<String>> {
    let ended = command.output().with_context(|| format!("cannot run `{}`", shown(command)))?;
    let said = String::from_utf8_lossy(&ended.stderr);
    if !ended.status.success() {
        bail!("`{}` failed: {said}", shown(command));
    }
    let is_complaint = |line: &&str| {
        let is_meant = |what: &&str| line.contains(what);
        // That a command of Syft's is experimental says nothing of the document.
        (line.contains("WARN") || line.contains("ERROR"))
            && !OF_OTHERS.iter().any(is_meant)
            && !line.contains("experimental")
    };
    Ok(said.lines().filter(is_complaint).map(str::to_owned).collect())
}

/// The packages of a document in the forms of CycloneDX, SPDX or Syft, by their package URLs without qualifiers, each
/// once: Syft takes one package in two files for one.
fn packages(document: &Value) -> BTreeSet<String> {
    let purls = |list: &str, purl: fn(&Value) -> Option<&str>| -> Vec<String> {
        array(document, list).iter().filter_map(purl).map(str::to_owned).collect()
    };
    let mut all = purls("/components", |component| component.get("purl")?.as_str());
    all.extend(purls("/artifacts", |artifact| artifact.get("purl")?.as_str()));
    all.extend(purls("/packages", |package| {
        // The image itself, which CycloneDX has apart from its components.
        if word(package, "/primaryPackagePurpose") == "CONTAINER" {
            return None;
        }
        let mut references = package.get("externalRefs")?.as_array()?.iter();
        let purl = references.find(|reference| word(reference, "/referenceType") == "purl")?;
        purl.get("referenceLocator")?.as_str()
    }));
    let plain = |purl: String| purl.split(['?', '#']).next().unwrap_or_default().to_owned();
    all.into_iter().map(plain).filter(|purl| !purl.is_empty()).collect()
}
