//! Tasks of the workspace, `cargo xtask <command>`; one file for each.

mod api;
mod bench;
mod book;
mod browser;
mod build_plugins;
mod clairctl;
mod command;
mod corpus;
mod demo;
mod deny;
mod dist;
mod distributions;
mod doc;
mod examples;
mod fuzz;
mod ignored;
mod layering;
mod limpid;
mod measure;
mod packages;
mod programs;
mod progress;
mod python;
mod scanners;
mod service;
mod setup;
mod test;
mod tree;
mod verify;
mod workspace;
mod wrap;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use workspace::Workspace;

/// Tasks of the Limpid workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what the build needs and is missing; the other tasks call this first
    Setup {
        /// Also what only some tests need (`cargo xtask test-with`): RabbitMQ
        #[arg(long)]
        all_tests: bool,
    },
    /// Build every plugin as a component, into `target/plugins`
    BuildPlugins,
    /// Build the plugins in other languages (plugins/examples), into `target/plugins-examples`
    BuildExamples,
    /// Build what is installed elsewhere: the program without debug information, that beside it, and
    /// the plugins, into `target/dist`, and packages of them into `target/dist/packages`
    Dist(dist::Args),
    /// Start the service with sample advisories and sample images, until Ctrl-C
    Demo {
        /// Stop the service and end as soon as the reports are there
        #[arg(long)]
        exit: bool,
    },
    /// Run all checks and tests; with a filter, only the tests that it names. Says in the end which tests
    /// were left out, because the machine has not all programs of `cargo xtask test-with`
    Test {
        /// Arguments of `cargo test`: the part of a name
        #[arg(last = true)]
        filter: Vec<String>,
    },
    /// Run the tests that need a program, and fail where it is missing; `cargo xtask test` builds what they start
    TestWith {
        /// The programs; all where none is named
        programs: Vec<programs::Program>,
    },
    /// Check licences, versions and origins of all dependencies by cargo-deny, as deny.toml says
    Deny {
        /// Check instead what advisories say of them; fetches RustSec's database from GitHub
        #[arg(long)]
        advisories: bool,
    },
    /// Run readers of foreign bytes on bytes that libFuzzer makes up
    Fuzz {
        /// Names of targets (tests/fuzz/fuzz_targets); all where none is named
        targets: Vec<String>,
        /// How long each target runs
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Run one target on these files only, as to see again what it found
        #[arg(last = true)]
        inputs: Vec<PathBuf>,
    },
    /// Check Limpid against dpkg, apk and oracles of its own, on real images and advisories
    Verify {
        /// Only these parts
        parts: Vec<verify::Part>,
        /// How often the service is killed
        #[arg(long, default_value_t = 500)]
        kills: u64,
    },
    /// Measure indexing, reports, the order of versions and plugins, beside gzip, sha256sum and the
    /// same code without a sandbox
    Bench {
        /// Only these parts
        parts: Vec<bench::Part>,
        /// How often each is measured
        #[arg(long, default_value_t = 5)]
        runs: usize,
        /// How many images inventories have
        #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
        images: Vec<usize>,
        /// Also write everything that was measured to this file
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
    },
    /// Check what is packed: unit, Debian package, image, chart, and docs/start.md in a fresh Debian
    Packages,
    /// Check that dependencies between the crates run one way
    Layering,
    /// Build the documentation of all crates but plugins; a warning is an error
    Doc,
    /// Write docs/distributions.md, which tests compare with what the plugins say of each distribution
    Distributions,
    /// Build the documentation as a book, into `target/book/html`; installs mdBook where it is not there
    Book,
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Setup { all_tests: true } => setup::run_for_all_tests(),
        Task::Setup { all_tests: false } => setup::run(),
        Task::BuildPlugins => {
            setup::run()?;
            build_plugins::build(&Workspace::load()?)
        }
        Task::BuildExamples => examples::build(&Workspace::load()?),
        Task::Demo { exit } => {
            demo::demo(if exit { demo::Stay::UntilShown } else { demo::Stay::UntilInterrupted })
        }
        Task::Dist(args) => dist::dist(&Workspace::load()?, &args),
        Task::Test { filter } => test::test(&filter),
        Task::TestWith { programs } => programs::test_with(&programs),
        Task::Deny { advisories } => {
            let checks = if advisories { deny::Checks::Advisories } else { deny::Checks::Local };
            deny::check(&Workspace::load()?, checks)
        }
        Task::Fuzz { targets, seconds, inputs } => {
            setup::run()?;
            fuzz::fuzz(&targets, seconds, &inputs)
        }
        Task::Verify { parts, kills } => verify::verify(&parts, kills),
        Task::Bench { parts, runs, images, json } => bench::bench(&parts, runs, images, json.as_deref()),
        Task::Packages => packages::check(&Workspace::load()?),
        Task::Layering => layering::check(&Workspace::load()?),
        Task::Doc => doc::document(&Workspace::load()?),
        Task::Distributions => distributions::write(&Workspace::load()?),
        Task::Book => book::build(&Workspace::load()?),
    }
}
