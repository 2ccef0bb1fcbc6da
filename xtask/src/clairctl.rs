//! clairctl, the command of Clair, and the schemas of what Clair answers: from its Go module, once.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use xtask::CLAIRCTL;

use crate::command::{command, find, output, run};
use crate::workspace::Workspace;

/// The module and its version. It has no tag of a form that `go install` takes, so that a module of one's own asks for it.
const MODULE: (&str, &str) = ("github.com/quay/clair/v4", "v4.9.0");

/// One of the schemas of what Clair answers, which lie beside the program.
const SCHEMA: &str = "index_report.schema.json";

/// Where Go installs itself, beside the path of programs.
const INSTALLED: &str = "/usr/local/go/bin/go";

/// Builds it into the folder of tools, where it is not there; where Go is missing, says so.
///
/// # Errors
/// The module cannot be had, or not be built.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<Option<String>> {
    let folder = workspace.target().join("tools").join(CLAIRCTL);
    let program = folder.join("clairctl");
    if program.is_file() && folder.join(SCHEMA).is_file() {
        return Ok(None);
    }
    let installed = PathBuf::from(INSTALLED);
    let Some(go) = find("go").or_else(|| installed.is_file().then_some(installed)) else {
        return Ok(Some("Go is not installed (https://go.dev/doc/install)".to_owned()));
    };
    let (module, version) = MODULE;
    fs::create_dir_all(&folder)?;
    let manifest = format!("module limpid.example/clairctl\n\ngo 1.25.0\n\nrequire {module} {version}\n");
    fs::write(folder.join("go.mod"), manifest)?;
    let tools = format!("//go:build tools\n\npackage tools\n\nimport _ \"{module}/cmd/clairctl\"\n");
    fs::write(folder.join("tools.go"), tools)?;
    eprintln!("building clairctl {version}, which takes some minutes");
    let ask = |arguments: &[&str]| {
        let mut asked = command(&go.to_string_lossy());
        asked.current_dir(&folder).env("GOFLAGS", "-mod=mod").args(arguments);
        run(&mut asked)
    };
    ask(&["mod", "tidy"]).context("Clair's module cannot be had")?;
    ask(&["build", "-o", "clairctl", &format!("{module}/cmd/clairctl")])?;
    let mut list = command(&go.to_string_lossy());
    list.current_dir(&folder).env("GOFLAGS", "-mod=mod").args(["list", "-m", "-f", "{{.Dir}}", module]);
    let sources = PathBuf::from(output(&mut list)?.trim()).join("httptransport/types/v1");
    for entry in fs::read_dir(&sources).with_context(|| format!("Clair has no `{}`", sources.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if name.to_string_lossy().ends_with(".schema.json") {
            fs::write(folder.join(name), fs::read(&path)?)?;
        }
    }
    if !program.is_file() {
        bail!("there is no `{}` although it was built", program.display());
    }
    Ok(None)
}
