//! Clair, its command clairctl, and the schemas of what Clair answers: from its Go module, once.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use xtask::CLAIRCTL;

use crate::command::{command, find, output, run};
use crate::workspace::Workspace;

/// The module and its version. It has no tag of a form that `go install` takes, so that a module of one's own asks for it.
const MODULE: (&str, &str) = ("github.com/quay/clair/v4", "v4.9.0");

/// One of the schemas of what Clair answers, which lie beside the programs.
const SCHEMA: &str = "index_report.schema.json";

/// Where Go installs itself, beside the path of programs.
const INSTALLED: &str = "/usr/local/go/bin/go";

/// Builds clairctl into the folder of tools, where it is not there; where Go is missing, says so.
///
/// # Errors
/// The module cannot be had, or not be built.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<Option<String>> {
    let folder = folder(workspace);
    if folder.join("clairctl").is_file() && folder.join(SCHEMA).is_file() {
        return Ok(None);
    }
    let module = match Module::open(workspace)? {
        Ok(module) => module,
        Err(missing) => return Ok(Some(missing)),
    };
    module.build("clairctl")?;
    let mut list = module.go(&["list", "-m", "-f", "{{.Dir}}", MODULE.0]);
    let sources = PathBuf::from(output(&mut list)?.trim()).join("httptransport/types/v1");
    for entry in fs::read_dir(&sources).with_context(|| format!("Clair has no `{}`", sources.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if name.to_string_lossy().ends_with(".schema.json") {
            fs::write(folder.join(name), fs::read(&path)?)?;
        }
    }
    Ok(None)
}

/// Clair itself, built where it is not there; where Go is missing, says so.
///
/// # Errors
/// The module cannot be had, or not be built.
pub(crate) fn service(workspace: &Workspace) -> anyhow::Result<Result<PathBuf, String>> {
    let program = folder(workspace).join("clair");
    if !program.is_file() {
        match Module::open(workspace)? {
            Ok(module) => module.build("clair")?,
            Err(missing) => return Ok(Err(missing)),
        }
    }
    Ok(Ok(program))
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target().join("tools").join(CLAIRCTL)
}

/// A module that asks for Clair's.
struct Module {
    go: PathBuf,
    folder: PathBuf,
}

impl Module {
    fn open(workspace: &Workspace) -> anyhow::Result<Result<Self, String>> {
        let installed = PathBuf::from(INSTALLED);
        let Some(go) = find("go").or_else(|| installed.is_file().then_some(installed)) else {
            return Ok(Err("Go is not installed (https://go.dev/doc/install)".to_owned()));
        };
        let folder = folder(workspace);
        let (module, version) = MODULE;
        fs::create_dir_all(&folder)?;
        let manifest = format!("module limpid.example/clairctl\n\ngo 1.25.0\n\nrequire {module} {version}\n");
        fs::write(folder.join("go.mod"), manifest)?;
        let imports = ["clair", "clairctl"].map(|program| format!("import _ \"{module}/cmd/{program}\"\n"));
        let tools = format!("//go:build tools\n\npackage tools\n\n{}", imports.concat());
        fs::write(folder.join("tools.go"), tools)?;
        let opened = Self { go, folder };
        run(&mut opened.go(&["mod", "tidy"])).context("Clair's module cannot be had")?;
        Ok(Ok(opened))
    }

    fn build(&self, program: &str) -> anyhow::Result<()> {
        let (module, version) = MODULE;
        eprintln!("building {program} {version}, which takes some minutes");
        run(&mut self.go(&["build", "-o", program, &format!("{module}/cmd/{program}")]))?;
        let built = self.folder.join(program);
        if !built.is_file() {
            bail!("there is no `{}` although it was built", built.display());
        }
        Ok(())
    }

    fn go(&self, arguments: &[&str]) -> std::process::Command {
        let mut go = command(&self.go.to_string_lossy());
        go.current_dir(&self.folder).env("GOFLAGS", "-mod=mod").args(arguments);
        go
    }
}
