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
const FORMS: [(&str, Judge, &str); 3] = [
    ("cyclonedx", Judge::CycloneDx, "cdx.json"),
    ("spdx", Judge::Spdx, "spdx.json"),
    ("sarif", Judge::Sarif, "sarif"),
];

pub(super) fn check(setting: &Setting<'_>, tally: &mut Tally) {
    for (form, judge, ending) in FORMS {
        tally.check(&format!("reports: {form}, by {}", judge.name()), || {
            let documents = documents(setting, form, ending)?;
            let lines: Vec<_> = documents.iter().map(|path| path.display().to_string()).collect();
            let answers = judge.answers(setting, &lines)?;
            let wrong = lines.iter().zip(&answers).filter(|(_, answer)| *answer != "valid");
            let differences = wrong.map(|(path, answer)| format!("{path}: {answer}")).collect();
            Ok(Comparison::new(format!("{} documents", lines.len()), differences)
                .requiring(lines.len() > 2, "there are hardly any documents"))
        });
    }
}

/// Those that tests hold, and one of a real image with the findings of its distribution.
fn documents(setting: &Setting<'_>, form: &str, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let folder = setting.fresh(&format!("reports/{form}"))?;
    let mut documents = Vec::new();
    for case in setting.workspace.root().join("host/formats/golden").read_dir()? {
        let case = case?;
        let copy = folder.join(format!("{}.{ending}", case.file_name().to_string_lossy()));
        fs::copy(case.path().join(format!("exchange.{form}")), &copy)?;
        documents.push(copy);
    }
    documents.push(of_debian(setting, form, &folder.join(format!("debian.{ending}")))?);
    Ok(documents)
}

fn of_debian(setting: &Setting<'_>, form: &str, path: &Path) -> anyhow::Result<PathBuf> {
    let [suite, ..] = SUITES;
    let image = DebianImage::of(suite, &setting.corpus, setting.workspace)?;
    let data = path.with_extension("data");
    setting.limpid.import(&data, "debian", &[setting.corpus.path(TRACKER)])?;
    let mut command = setting.limpid.command(&data);
    command.args(["--log", "warn", "scan", "--format", form]).arg(image.docker());
    fs::write(path, output(&mut command)?).with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(path.to_owned())
}
