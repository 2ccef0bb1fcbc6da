//! JavaScript: <https://github.com/bytecodealliance/ComponentizeJS>.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use super::{Manifest, Outcome, Place, WORLD, read};
use crate::command::{command, find, run, shown, succeeds};
use crate::workspace::Package;

const TOOL: &str = "@bytecodealliance/componentize-js";

/// All that the engine would import something for. What is left is a function of its input.
const FEATURES: [&str; 5] = ["random", "stdio", "clocks", "http", "fetch-event"];

/// What is taken of a [`package.json`](https://docs.npmjs.com/cli/configuring-npm/package-json).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PackageJson {
    name: String,
    version: String,
    description: Option<String>,
    author: Option<String>,
    license: Option<String>,
    repository: Option<String>,
    dev_dependencies: BTreeMap<String, String>,
}

pub(super) fn manifest(sources: &Path) -> anyhow::Result<Manifest> {
    let stated: PackageJson =
        serde_json::from_str(&read(&sources.join("package.json"))?).context("cannot read `package.json`")?;
    let tool = stated.dev_dependencies.get(TOOL).cloned();
    Ok(Manifest {
        tool: tool.with_context(|| format!("`package.json` has no `{TOOL}` in `devDependencies`"))?,
        identity: Package {
            name: stated.name,
            version: stated.version,
            description: stated.description,
            authors: stated.author.into_iter().collect(),
            license: stated.license,
            repository: stated.repository,
            ..Package::default()
        },
    })
}

pub(super) fn build(place: &Place, manifest: &Manifest) -> anyhow::Result<Outcome> {
    if let Some(missing) = ["node", "npm"].into_iter().find(|program| find(program).is_none()) {
        return Ok(Outcome::Missing(format!("`{missing}` is not there (Debian: `apt-get install npm`)")));
    }
    // The youngest thing that the sources use.
    if !succeeds(command("node").args(["--eval", "''.toWellFormed()"])) {
        return Ok(Outcome::Missing("`node` is older than version 20".into()));
    }
    run(command("node").args(["--test", "--test-reporter=dot"]).current_dir(&place.sources))?;
    let program = place.tool.join("node_modules/.bin/componentize-js");
    if !program.is_file()
        && let Err(why) = install(place, &manifest.tool)
    {
        return Ok(Outcome::Missing(format!("{why:#}")));
    }
    let mut componentize = command(&program.to_string_lossy());
    componentize.current_dir(&place.sources).arg("src/detector.js").arg("--wit").arg(&place.wit);
    componentize.args(["--world-name", WORLD, "--disable"]).args(FEATURES).arg("--out").arg(&place.built);
    eprintln!("running `{}`", shown(&componentize));
    run(&mut componentize)?;
    Ok(Outcome::Built)
}

fn install(place: &Place, version: &str) -> anyhow::Result<()> {
    let mut npm = command("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(&place.tool);
    npm.arg(format!("{TOOL}@{version}"));
    eprintln!("running `{}`", shown(&npm));
    run(&mut npm)
}
