//! The Debian package, by [cargo-deb](https://docs.rs/cargo-deb), as `host/cli/Cargo.toml` says.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::tree::Tree;
use super::{Build, Profile};
use crate::command::{cargo, command, find, run};
use crate::workspace::Workspace;

/// The version that is installed where there is none.
const VERSION: &str = "3.8.0";

/// A target directory of its own, in which cargo-deb finds what is installed where cargo would put a release.
const TARGET: &str = "deb";

/// Writes the package into a folder, and says its name.
///
/// # Errors
/// cargo-deb cannot be installed, or refuses.
pub(super) fn package(
    workspace: &Workspace,
    build: &Build,
    installed: &Tree,
    folder: &Path,
) -> anyhow::Result<String> {
    if find("dpkg-deb").is_none() {
        bail!(
            "install dpkg-deb, which Debian and what is made of it have, or leave out `debian` of `--only`"
        );
    }
    let target = workspace.target().join(TARGET);
    installed.write(&target.join("release/installed"))?;
    let name = format!("limpid_{}-1_{}.deb", build.version, build.debian);
    let mut deb = command(&program(workspace)?.to_string_lossy());
    deb.current_dir(workspace.root()).env("CARGO_TARGET_DIR", &target);
    deb.env("SOURCE_DATE_EPOCH", build.seconds.to_string());
    deb.args(["--no-build", "--no-strip", "--package", "limpid"]);
    // Its own compressor of gzip is zopfli, which takes minutes.
    deb.arg("--compress-system");
    if build.profile == Profile::Dev {
        deb.args(["--fast", "--compress-type", "gz"]);
    }
    run(deb.arg("--output").arg(folder.join(&name)))?;
    Ok(name)
}

/// The program, installed where it is not there.
fn program(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let folder = workspace.target().join(format!("tools/cargo-deb-{VERSION}"));
    let program = folder.join("bin/cargo-deb");
    if !program.is_file() {
        eprintln!("dist: compiling cargo-deb, which takes some minutes");
        let mut install = cargo();
        install.args(["install", "--locked", "--quiet", "cargo-deb", "--version", VERSION]);
        // Without its own xz, it calls the one that Debian has.
        install.args(["--no-default-features", "--root"]).arg(&folder);
        run(&mut install).context("install cargo-deb and run this again")?;
    }
    Ok(program)
}
