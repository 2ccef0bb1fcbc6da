//! What the sandbox costs: parsers of plugins linked into this program, and the same as plugins.
//!
//! `cargo xtask bench` runs this and shows what it prints, which is JSON. But for `inventory` and
//! `notices`, which are about just that, it uses no store, no scanner and no HTTP, so that nothing but the sandbox makes
//! the difference. Both sides of a
//! comparison are measured in turn, in one process, and must find equally much.

mod archive;
mod comparison;
mod detectors;
mod floor;
mod inventory;
mod loading;
mod notices;
mod parsing;
mod scan;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use limpid_runtime::{Registry, Runtime, Settings};
use serde_json::Value;

/// That of the program.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[derive(Parser)]
struct Arguments {
    /// Directory of the components
    #[arg(long)]
    plugins: PathBuf,
    /// Directory for their compiled forms
    #[arg(long)]
    compiled: PathBuf,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Compare single parsers
    Parsing(parsing::Inputs),
    /// Compare the reader of RPM databases
    Rpm {
        /// Image archive with a database
        image: PathBuf,
        /// How often each side is measured
        #[arg(long)]
        times: usize,
    },
    /// Compare the scan of a whole image
    Scan {
        /// Image archive
        image: PathBuf,
        /// How often each side is measured
        #[arg(long)]
        times: usize,
    },
    /// Make inventories of many images, and ask whom vulnerabilities affect
    Inventory(inventory::Inputs),
    /// Ingest a document that affects many images of which many subscriptions are told
    Notices(notices::Inputs),
    /// Read an image and do nothing else with it
    Floor {
        /// Image archive or directory
        image: PathBuf,
    },
    /// Open an image and read none of its layers
    Opening {
        /// Image archive or directory
        image: PathBuf,
    },
    /// Load all plugins, once
    Loading {
        /// Directory for versions of plugins
        versions: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(measured) => {
            println!("{measured}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<Value> {
    match &arguments.task {
        Task::Parsing(inputs) => parsing::compare(&registry(arguments)?, inputs),
        Task::Rpm { image, times } => parsing::rpm(&registry(arguments)?, image, *times),
        Task::Scan { image, times } => scan::compare(&registry(arguments)?, image, *times),
        Task::Inventory(inputs) => inventory::measure(&registry(arguments)?, inputs),
        Task::Notices(inputs) => notices::measure(&registry(arguments)?, inputs),
        Task::Floor { image } => floor::read(image),
        Task::Opening { image } => floor::open(image),
        Task::Loading { versions } => loading::measure(arguments, versions),
    }
}

fn registry(arguments: &Arguments) -> anyhow::Result<Registry> {
    Ok(Registry::load_dir(&runtime(&arguments.compiled)?, &arguments.plugins)?)
}

fn runtime(compiled: &Path) -> anyhow::Result<Runtime> {
    Ok(Runtime::with_cache(Settings::default(), compiled)?)
}
