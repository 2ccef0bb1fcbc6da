//! Programs of PyPI, of one version each, in environments of their own below `target/tools`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::command::{command, find, run, shown, succeeds};

/// An environment that has these programs.
///
/// # Errors
/// Files cannot be written. Where Python is missing, or the programs cannot be had, says what is: that is no error of
/// whoever can do without.
pub(crate) fn environment(
    target: &Path,
    name: &str,
    requirements: &[&str],
) -> anyhow::Result<Result<PathBuf, String>> {
    let folder = target.join("tools").join(name);
    let complete = folder.join("complete");
    let wanted = requirements.join("\n");
    if fs::read_to_string(&complete).is_ok_and(|there| there == wanted) {
        return Ok(Ok(folder));
    }
    if find("python3").is_none() || !succeeds(command("python3").args(["-m", "venv", "--help"])) {
        return Ok(Err(
            "Python is not there, or has no `venv` (Debian: `apt-get install python3-venv`)".into()
        ));
    }
    let mut venv = command("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&folder);
    let mut pip = command(&program(&folder, "pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check"]).args(requirements);
    for step in [&mut venv, &mut pip] {
        eprintln!("running `{}`", shown(step));
        if let Err(why) = run(step) {
            return Ok(Err(format!("{why:#}")));
        }
    }
    fs::write(&complete, wanted).with_context(|| format!("cannot write `{}`", complete.display()))?;
    Ok(Ok(folder))
}

/// Where an environment has a program.
pub(crate) fn program(environment: &Path, name: &str) -> String {
    environment.join("bin").join(name).to_string_lossy().into_owned()
}
