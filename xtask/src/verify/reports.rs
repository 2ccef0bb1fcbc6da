//! Reports in the forms of other tools, read by what the communities of these forms use.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::judges::Judge;
use super::tally::{Comparison, Tally};
use super::{Setting, TRACKER};
use crate::command::output;
use crate::corpus::{DebianImage, SUITES};

/// The forms that somebody judges, and what their files must be called.
const FORMS: [(&str, Judge, &str); 10] = [
    ("cyclonedx", Judge::CycloneDx, "cdx.json"),
    ("cyclonedx-1.7", Judge::CycloneDx, "cdx.json"),
    ("spdx", Judge::Spdx, "spdx.json"),
    ("spdx-3.0", Judge::Spdx3, "spdx3.json"),
    ("spdx-3.0", Judge::Spdx3Schema, "spdx3.json"),
    ("openvex", Judge::OpenVex, "openvex.json"),
    ("sarif", Judge::Sarif, "sarif"),
    ("grype", Judge::Grype, "json"),
    ("trivy", Judge::Trivy, "json"),
    ("html", Judge::Html, "html"),
];

/// Reports that tests hold, the last of which is hostile in all that an image or an advisory says.
const REPORTS: [&str; 4] = ["golden/mixed", "golden/nothing-found", "golden/nothing-stored", "hostile"];

pub(super) fn check(setting: &Setting<'_>, tally: &mut Tally) {
    for (form, judge, ending) in FORMS {
        tally.check(&format!("reports: {form}, by {}", judge.name()), || {
            let folder = setting.fresh(&format!("reports/{form}"))?;
            let mut documents = copies(setting, &format!("exchange.{form}"), &folder, ending)?;
            // Shapes take many minutes for the hundreds of packages and findings of a real image.
            if !matches!(judge, Judge::Spdx3Schema) {
                documents.push(of_debian(setting, form, &folder.join(format!("debian.{ending}")))?);
            }
            judged(setting, judge, &documents)
        });
    }
    tally.check(&format!("reports: JSON, by {}", Judge::Schema.name()), || {
        let folder = setting.fresh("reports/json")?;
        let mut documents = vec![formats(setting).join("schemas/report-1.json")];
        documents.extend(copies(setting, "report.json", &folder, "json")?);
        documents.push(of_debian(setting, "json", &folder.join("debian.json"))?);
        judged(setting, Judge::Schema, &documents)
    });
}

fn judged(setting: &Setting<'_>, judge: Judge, documents: &[PathBuf]) -> anyhow::Result<Comparison> {
    let lines: Vec<_> = documents.iter().map(|path| path.display().to_string()).collect();
    let answers = judge.answers(setting, &lines)?;
    let wrong = lines.iter().zip(&answers).filter(|(_, answer)| *answer != "valid");
    let differences = wrong.map(|(path, answer)| format!("{path}: {answer}")).collect();
    Ok(Comparison::new(format!("{} documents", lines.len()), differences)
        .requiring(lines.len() >= REPORTS.len(), "there are hardly any documents"))
}

fn formats(setting: &Setting<'_>) -> PathBuf {
    setting.workspace.root().join("host/formats")
}

/// Those that tests hold, under names by which judges know what they are.
fn copies(setting: &Setting<'_>, name: &str, folder: &Path, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let copy = |report: &str| {
        let copy = folder.join(format!("{}.{ending}", report.replace('/', "-")));
        let path = formats(setting).join(report).join(name);
        fs::copy(&path, &copy).with_context(|| format!("cannot copy `{}`", path.display()))?;
        Ok(copy)
    };
    REPORTS.into_iter().map(copy).collect()
}

/// One of a real image with the findings of its distribution.
fn of_debian(setting: &Setting<'_>, form: &str, path: &Path) -> anyhow::Result<PathBuf> {
    let [suite, ..] = SUITES;
    let image = DebianImage::of(suite, &setting.corpus, setting.workspace)?;
    // All forms are of what one data directory knows.
    let (data, known) = (setting.folder.join("reports/data"), setting.folder.join("reports/known"));
    if !known.exists() {
        setting.limpid.import(&data, "debian", &[setting.corpus.path(TRACKER)])?;
        fs::write(&known, "")?;
    }
    let mut command = setting.limpid.command(&data);
    command.args(["--log", "warn", "scan", "--format", form]).arg(image.docker());
    fs::write(path, output(&mut command)?).with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(path.to_owned())
}
