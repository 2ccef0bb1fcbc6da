//! `cargo xtask dist`: what is installed elsewhere, from what demo and tests have built already.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::command::{command, find, run, write_if_changed};
use crate::limpid::Limpid;
use crate::workspace::Workspace;

/// How each crate of this workspace is compiled for a release, in place of what Cargo.toml says of it
/// in profile `dev`. Dependencies are always compiled like this, so that none of them is built anew.
const SETTINGS: &str = "{ opt-level = 3, codegen-units = 16, debug-assertions = false }";

/// Writes what `cargo build --config` is given so that it compiles the crates of this workspace as
/// for a release, and says where that is.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn settings(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let mut text = "[profile.dev]\nincremental = false\n\n[profile.dev.package]\n".to_owned();
    for package in workspace.packages() {
        text.push_str(&format!("{} = {SETTINGS}\n", package.name));
    }
    let path = workspace.target().join("dist.toml");
    write_if_changed(&path, text.as_bytes())?;
    Ok(path)
}

/// Builds the program and its plugins for a release, and leaves in `<target>/dist` the program, its
/// debug information in a file of its own, and the plugins.
///
/// # Errors
/// Where something cannot be built, or `objcopy` is missing.
pub(crate) fn dist(workspace: &Workspace) -> anyhow::Result<()> {
    if find("objcopy").is_none() {
        bail!("install objcopy (Debian: `apt-get install binutils`) and run this again");
    }
    let built = Limpid::build_for_release(workspace, &[])?;
    let folder = workspace.target().join("dist");
    let program = built.kept_in(&folder)?.program().to_owned();
    let debug_information = split(&program)?;
    for path in [&program, &debug_information] {
        let bytes = fs::metadata(path)?.len();
        eprintln!("dist: {} MB in `{}`", bytes.div_ceil(1_000_000), path.display());
    }
    eprintln!("dist: plugins in `{}`", folder.join("plugins").display());
    Ok(())
}

/// Moves a program's debug information to a file beside it, where debuggers and the program's own
/// backtraces look for it: with the names of functions in it as well, the program has 66 MB in place of 51.
fn split(program: &Path) -> anyhow::Result<PathBuf> {
    let debug_information = program.with_extension("debug");
    let folder = program.parent().context("the program is in no folder")?;
    // Where it runs, because the program names the other file without its folder.
    let objcopy = |arguments: &[&str], files: &[&Path]| {
        run(command("objcopy").current_dir(folder).args(arguments).args(files))
    };
    objcopy(&["--only-keep-debug"], &[program, &debug_information])?;
    let link = format!("--add-gnu-debuglink={}", debug_information.display());
    objcopy(&["--strip-all", &link], &[program])?;
    Ok(debug_information)
}

#[cfg(test)]
mod tests {
    use toml::Table;

    use super::*;
    use crate::workspace::Package;

    #[test]
    fn no_member_of_the_workspace_is_compiled_as_a_dependency() {
        let workspace = Workspace::load().unwrap();
        let manifest = fs::read_to_string(workspace.root().join("Cargo.toml")).unwrap();
        let manifest: Table = manifest.parse().unwrap();
        let set = &manifest["profile"]["dev"]["package"];
        for Package { name, .. } in workspace.packages() {
            let settings = set.get(name).unwrap_or_else(|| {
                panic!("`{name}` is missing in `[profile.dev.package]` of Cargo.toml");
            });
            for check in ["debug-assertions", "overflow-checks"] {
                assert_eq!(settings[check].as_bool(), Some(true), "`{check}` of `{name}`");
            }
            assert_eq!(settings["debug"].as_str(), Some("line-tables-only"), "`debug` of `{name}`");
        }
    }

    #[test]
    fn debug_information_moves_out_of_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("limpid");
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        let sections = |path: &Path| {
            let output = command("objdump").arg("-h").arg(path).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        assert!(sections(&program).contains(".debug_line"));
        let debug_information = split(&program).unwrap();
        assert!(sections(&debug_information).contains(".debug_line"));
        let left = sections(&program);
        assert!(!left.contains(".debug_line"), "{left}");
        assert!(left.contains(".gnu_debuglink"), "{left}");
    }
}
