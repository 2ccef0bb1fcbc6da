//! Bills of materials that scanners write of an image, against the image itself: the same findings, as far as the
//! documents state what these rest on.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::Value;

use super::alpine::{EDGE, SECDB};
use super::debian::{array, word};
use super::tally::{Comparison, Tally};
use super::{Setting, TRACKER};
use crate::command::{command, output, run};
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
