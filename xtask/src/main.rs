//! Tasks of the workspace, `cargo xtask <command>`; one file for each.

mod build_plugins;
mod command;
mod demo;
mod layering;
mod progress;
mod setup;
mod test;
mod toolchain;
mod workspace;

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
    Setup,
    /// Build every plugin as a component, into `target/plugins`
    BuildPlugins,
    /// Start the service with sample advisories and sample images, until Ctrl-C
    Demo {
        /// Stop the service and end as soon as the reports are there
        #[arg(long)]
        exit: bool,
    },
    /// Run all checks and tests; with a filter, only the tests that it names
    Test {
        /// Arguments of `cargo test`: the part of a name
        #[arg(last = true)]
        filter: Vec<String>,
    },
    /// Check that dependencies between the crates run one way
    Layering,
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
        Task::Setup => setup::run(),
        Task::BuildPlugins => {
            setup::run()?;
            build_plugins::build(&Workspace::load()?)
        }
        Task::Demo { exit } => {
            demo::demo(if exit { demo::Stay::UntilShown } else { demo::Stay::UntilInterrupted })
        }
        Task::Test { filter } => test::test(&filter),
        Task::Layering => layering::check(&Workspace::load()?),
    }
}
