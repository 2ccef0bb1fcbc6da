//! Python: <https://github.com/bytecodealliance/componentize-py>.

use std::path::Path;
use std::process::Command;

use anyhow::Context;
use serde::Deserialize;

use super::{Manifest, Outcome, Place, WORLD, read};
use crate::command::{command, find, run, shown, succeeds};
use crate::workspace::Package;

const TOOL: &str = "componentize-py";

/// What is taken of a [`pyproject.toml`](https://packaging.python.org/specifications/pyproject-toml/).
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Pyproject {
    project: Project,
    dependency_groups: Groups,
}

#[derive(Deserialize)]
struct Project {
    name: String,
    version: String,
    description: Option<String>,
    #[serde(default)]
    authors: Vec<Author>,
    license: Option<String>,
    #[serde(default)]
    urls: Urls,
}

#[derive(Deserialize)]
struct Author {
    name: String,
}

#[derive(Default, Deserialize)]
struct Urls {
    repository: Option<String>,
}

#[derive(Deserialize)]
struct Groups {
    dev: Vec<String>,
}

pub(super) fn manifest(sources: &Path) -> anyhow::Result<Manifest> {
    let Pyproject { project, dependency_groups } =
        toml::from_str(&read(&sources.join("pyproject.toml"))?).context("cannot read `pyproject.toml`")?;
    let tool = dependency_groups
        .dev
        .iter()
        .find_map(|requirement| requirement.strip_prefix(TOOL)?.strip_prefix("=="))
        .with_context(|| format!("`pyproject.toml` has no `{TOOL}==` in its group `dev`"))?
        .to_owned();
    let identity = Package {
        name: project.name,
        version: project.version,
        description: project.description,
        authors: project.authors.into_iter().map(|author| author.name).collect(),
        license: project.license,
        repository: project.urls.repository,
        ..Package::default()
    };
    Ok(Manifest { identity, tool })
}

pub(super) fn build(place: &Place, manifest: &Manifest) -> anyhow::Result<Outcome> {
    if find("python3").is_none() {
        return Ok(Outcome::Missing("`python3` is not there (Debian: `apt-get install python3-pip`)".into()));
    }
    run(python(place).args(["-m", "unittest", "--quiet"]))?;
    let program = place.tool.join("bin").join(TOOL);
    if !program.is_file() {
        if !succeeds(python(place).args(["-m", "pip", "--version"])) {
            return Ok(Outcome::Missing("`pip` is not there (Debian: `apt-get install python3-pip`)".into()));
        }
        if let Err(why) = install(place, &manifest.tool) {
            return Ok(Outcome::Missing(format!("{why:#}")));
        }
    }
    let mut componentize = python(place);
    componentize.arg(&program).arg("--wit-path").arg(&place.wit).args(["--world", WORLD, "--quiet"]);
    // Without imports, whatever the interpreter would ask its system for traps.
    componentize.args(["componentize", "detector", "--stub-wasi", "--output"]).arg(&place.built);
    eprintln!("running `{}`", shown(&componentize));
    run(&mut componentize)?;
    Ok(Outcome::Built)
}

/// Python in the folder of the sources. What was installed into a folder is found by `PYTHONPATH`.
fn python(place: &Place) -> Command {
    let mut python = command("python3");
    python.current_dir(&place.sources).env("PYTHONPATH", &place.tool);
    python
}

fn install(place: &Place, version: &str) -> anyhow::Result<()> {
    let mut pip = python(place);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]);
    pip.arg(&place.tool).arg(format!("{TOOL}=={version}"));
    eprintln!("running `{}`", shown(&pip));
    run(&mut pip)
}
