//! `cargo xtask test`: what a contributor runs before every commit, and what CI runs.

use std::process::Command;
use std::time::Instant;

use anyhow::anyhow;

use crate::command::{cargo, run, shown};
use crate::limpid::Limpid;
use crate::progress::run_with_progress;
use crate::workspace::Workspace;
use crate::{build_plugins, deny, doc, fuzz, layering, programs, setup};

/// Runs all checks, or with a filter only the tests that it names.
///
/// # Errors
/// At the first check that fails; says what to run to see it again.
pub(crate) fn test(filter: &[String]) -> anyhow::Result<()> {
    setup::run()?;
    let workspace = Workspace::load()?;
    if filter.is_empty() {
        check_sources(&workspace)?;
    }
    step("cargo xtask build-plugins", || build_plugins::build(&workspace))?;
    // The end-to-end tests start the service as its users do, by its binary.
    build(&mut Limpid::build_program(), &workspace)?;
    build(cargo().args(["test", "--workspace"]).args(filter), &workspace)?;
    if !filter.is_empty() {
        return Ok(());
    }
    let mut left_out = Vec::new();
    step("cargo xtask test-with", || {
        let missing = programs::test_with_what_is_there(&workspace)?;
        let told = |what| format!("the tests with {what}; `cargo xtask test-with` fails without it");
        left_out.extend(missing.into_iter().map(told));
        Ok(())
    })?;
    left_out.push(
        "packages, for which a Debian is fetched and started: `cargo xtask packages` checks them".to_owned(),
    );
    let seconds = fuzz::seconds_in_tests();
    step(&format!("cargo xtask fuzz --seconds {seconds}"), || fuzz::fuzz(&[], seconds, &[]))?;
    for what in left_out {
        eprintln!("LEFT OUT: {what}");
    }
    Ok(())
}

/// What needs no test to be run.
fn check_sources(workspace: &Workspace) -> anyhow::Result<()> {
    cargo_step(cargo().args(["fmt", "--all", "--check"]), run)?;
    let fuzz = workspace.root().join("tests/fuzz/Cargo.toml");
    cargo_step(cargo().args(["fmt", "--check", "--manifest-path"]).arg(fuzz), run)?;
    step("cargo xtask layering", || layering::check(workspace))?;
    step("cargo xtask deny", || deny::check(workspace, deny::Checks::Local))?;
    build(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]), workspace)?;
    step("cargo xtask doc", || doc::document(workspace))
}

fn build(command: &mut Command, workspace: &Workspace) -> anyhow::Result<()> {
    cargo_step(command, |command| run_with_progress(command, workspace))
}

fn cargo_step(
    command: &mut Command,
    work: impl Fn(&mut Command) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let name = shown(command);
    step(&name, || work(command))
}

/// Announces a step by the command that repeats it, and says how long it took.
fn step(command: &str, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    eprintln!("==> {command}");
    let started = Instant::now();
    work().map_err(|error| anyhow!("{error:#}\nto run this step again: {command}"))?;
    eprintln!("    {:.1} s", started.elapsed().as_secs_f32());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_fails_says_how_to_run_it_again() {
        let error = step("cargo fmt --all --check", || anyhow::bail!("no")).unwrap_err();
        assert_eq!(error.to_string(), "no\nto run this step again: cargo fmt --all --check");
    }
}
