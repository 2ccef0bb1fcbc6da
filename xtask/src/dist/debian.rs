//! The Debian package, by [cargo-deb](https://docs.rs/cargo-deb), as `host/cli/Cargo.toml` says.

use std::path::Path;

use anyhow::bail;

use super::{Build, Profile};
use crate::command::{command, find, run, tool};
use crate::tree::Tree;
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
    let name = format!("limpid_{}-1_{}.deb", build.version, build.machine.debian);
    // Without its own xz, it calls the one that Debian has.
    let program = tool(workspace.target(), "cargo-deb", VERSION, &["--no-default-features"])?;
    let mut deb = command(&program.to_string_lossy());
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
