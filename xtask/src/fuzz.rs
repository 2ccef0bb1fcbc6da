//! `cargo xtask fuzz`: readers of foreign bytes on bytes that libFuzzer makes up.
//!
//! The targets are those of tests/fuzz. They are built by the same stable compiler as all else:
//! LLVM's pass for coverage is in it, and only its sanitizers ask for a nightly one. So what is
//! found are panics, overflows, broken rules, hangs and too much memory. Memory errors of the C code
//! behind zlib and zstd show only where they crash.

mod log;
mod seeds;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, iter};

use anyhow::{Context, bail};

use crate::command::{cargo, command, output, shown};
use crate::progress::run_with_progress;
use crate::workspace::Workspace;
use log::Log;

/// What makes rustc count which code runs, and what it compares, for libFuzzer
/// ([SanitizerCoverage](https://clang.llvm.org/docs/SanitizerCoverage.html)).
const COVERAGE: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
];

/// Memory that one input may take, in MiB, and time, in seconds: no input of these sizes needs a
/// tenth of either.
const MEMORY_LIMIT: u32 = 1024;
const TIME_LIMIT: u32 = 10;

/// How long `cargo xtask test` runs each target, in seconds; first where `CI` is set.
const SECONDS_IN_TESTS: (u64, u64) = (5, 3);

/// Fuzzes the named targets, or all, or with inputs only runs one target on those.
///
/// # Errors
/// Where a target finds something; says which input shows it.
pub(crate) fn fuzz(targets: &[String], seconds: u64, inputs: &[PathBuf]) -> anyhow::Result<()> {
    let fuzzing = Fuzzing::of(Workspace::load()?)?;
    let targets = fuzzing.chosen(targets)?;
    if let [target] = targets.as_slice()
        && !inputs.is_empty()
    {
        fuzzing.build(iter::once(target))?;
        return fuzzing.reproduce(target, inputs);
    }
    if !inputs.is_empty() {
        bail!("name the one target that is to run these inputs: {}", targets.join(", "));
    }
    fuzzing.build(targets.iter())?;
    targets.iter().try_for_each(|target| fuzzing.run(target, seconds))
}

/// How long each target runs as a part of `cargo xtask test`, in seconds.
pub(crate) fn seconds_in_tests() -> u64 {
    let (in_ci, elsewhere) = SECONDS_IN_TESTS;
    if env::var_os("CI").is_some() {
        eprintln!("fuzz: {in_ci} s for each target, because `CI` is set");
        in_ci
    } else {
        eprintln!("fuzz: {elsewhere} s for each target; in CI it is {in_ci} s");
        elsewhere
    }
}

struct Fuzzing {
    workspace: Workspace,
    /// Where the crate of the targets is.
    source: PathBuf,
    /// Where all goes that is built or found.
    target: PathBuf,
    /// What the targets run on: build scripts and macros are built for it too, but in a folder and
    /// with flags of their own, because it is named.
    host: String,
}

impl Fuzzing {
    fn of(workspace: Workspace) -> anyhow::Result<Self> {
        let version = output(command("rustc").arg("-vV"))?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        Ok(Self {
            source: workspace.root().join("tests/fuzz"),
            target: workspace.target().join("fuzz"),
            workspace,
            host: host.context("`rustc -vV` does not say what it runs on")?.to_owned(),
        })
    }

    /// The names of the targets that are meant, all where none is named.
    fn chosen(&self, names: &[String]) -> anyhow::Result<Vec<String>> {
        let mut all = Vec::new();
        let folder = self.source.join("fuzz_targets");
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list `{}`", folder.display()))? {
            all.extend(entry?.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
        all.sort();
        if let Some(unknown) = names.iter().find(|name| !all.contains(name)) {
            bail!("there is no target `{unknown}`; there are {}", all.join(", "));
        }
        Ok(if names.is_empty() { all } else { names.to_vec() })
    }

    fn build<'t>(&self, targets: impl Iterator<Item = &'t String>) -> anyhow::Result<()> {
        let mut cargo = cargo();
        cargo.args(["build", "--release", "--target", &self.host, "--manifest-path"]);
        cargo.arg(self.source.join("Cargo.toml")).arg("--target-dir").arg(&self.target);
        cargo.args(targets.flat_map(|target| ["--bin", target.as_str()]));
        let name = shown(&cargo);
        eprintln!("fuzz: {name}, with coverage");
        // Unlike `RUSTFLAGS` it can hold no flag by mistake that is two, and nothing overrides it.
        cargo.env("CARGO_ENCODED_RUSTFLAGS", COVERAGE.join("\x1f"));
        run_with_progress(&mut cargo, &self.workspace)
    }

    fn program(&self, target: &str) -> Command {
        command(&self.target.join(&self.host).join("release").join(target).to_string_lossy())
    }

    /// Runs a target on given inputs, each once, with all that it says.
    fn reproduce(&self, target: &str, inputs: &[PathBuf]) -> anyhow::Result<()> {
        let status = self.program(target).args(limits(target)).args(inputs).status()?;
        if !status.success() {
            bail!("`{target}` fails: {status}");
        }
        eprintln!("fuzz: {target}: nothing found");
        Ok(())
    }

    fn run(&self, target: &str, seconds: u64) -> anyhow::Result<()> {
        let corpus = self.folder("corpus", target)?;
        let artifacts = self.folder("artifacts", target)?;
        let seeds = self.folder("seeds", target)?;
        seeds::write(target, &seeds)?;
        let path = self.folder("logs", "")?.join(format!("{target}.log"));
        let log = File::create(&path).with_context(|| format!("cannot write `{}`", path.display()))?;
        eprintln!("fuzz: {target} for {seconds} s, as told in {}", path.display());

        let mut program = self.program(target);
        program.args(limits(target)).arg(format!("-max_total_time={seconds}"));
        program.arg(format!("-artifact_prefix={}/", artifacts.display()));
        let words = self.source.join("dictionaries").join(format!("{target}.dict"));
        if words.exists() {
            program.arg(format!("-dict={}", words.display()));
        }
        // New inputs go into the first folder; the others are only read.
        program.arg(corpus).arg(seeds);
        program.args(Some(self.source.join("corpus").join(target)).filter(|folder| folder.exists()));
        let status = program.stdout(log.try_clone()?).stderr(log).status()?;

        let log = Log::read(&path)?;
        if !status.success() {
            eprintln!("{}", log.end());
            bail!("`{target}` found something: {status}{}", how_to_reproduce(target, &log));
        }
        eprintln!("fuzz: {target}: {}", log.summary());
        Ok(())
    }

    fn folder(&self, kind: &str, target: &str) -> anyhow::Result<PathBuf> {
        let folder = self.target.join(kind).join(target);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        Ok(folder)
    }
}

/// Bounds of one input. What a format needs to show all that it can do is short but for archives,
/// where each entry has 512 bytes at least.
fn limits(target: &str) -> [String; 3] {
    let longest = match target {
        "archive" | "documents" | "layer" => 32 << 10,
        "versions" => 256,
        _ => 8 << 10,
    };
    [format!("-max_len={longest}"), format!("-rss_limit_mb={MEMORY_LIMIT}"), format!("-timeout={TIME_LIMIT}")]
}

fn how_to_reproduce(target: &str, log: &Log) -> String {
    match log.artifact().map(Path::new) {
        Some(input) => {
            let input = input.display();
            format!("\n  input: {input}\n  to run it again: cargo xtask fuzz {target} -- {input}")
        }
        None => format!("\n  to run it again: cargo xtask fuzz {target}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_its_input_and_how_to_run_it_again() {
        let log =
            Log::from("artifact_prefix='/t/'; Test unit written to /t/crash-1\nBase64: AA==\n".to_owned());
        let text = how_to_reproduce("layer", &log);
        assert!(text.contains("input: /t/crash-1"), "{text}");
        assert!(text.ends_with("cargo xtask fuzz layer -- /t/crash-1"), "{text}");
    }
}
