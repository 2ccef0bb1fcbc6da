use std::path::PathBuf;
use std::process::ExitCode;

use limpid_scanner::Progress;
use limpid_server::api;

use super::{Format, print, print_json};
use crate::settings::Settings;
use crate::{open, progress, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Image archive (`docker save` or OCI tar, plain or compressed) or OCI directory
    source: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let scratch = tempfile::tempdir()?;
    let scanner = open::passing_scanner(settings, scratch.path())?;
    let spinner = progress::spinner("reading layers");
    let archive = open::archive(&scanner, &args.source)?;
    let indexed = scanner.index(&archive, &Progress::default())?;
    spinner.finish_and_clear();
    let mut inventories = Vec::new();
    for image in &indexed.images {
        inventories.push(api::Inventory::from(scanner.inventory(image)?));
    }
    match args.format {
        Format::Json => print_json(&inventories),
        Format::Table => {
            let texts: Vec<_> = inventories.iter().map(table::packages).collect();
            print(&texts.join("\n"))
        }
    }
}
