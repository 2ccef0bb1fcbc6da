use std::path::PathBuf;
use std::process::ExitCode;

use limpid_server::api;

use super::{Format, print, print_json};
use crate::settings::Settings;
use crate::{open, table};

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
    let mut inventories = Vec::new();
    for image in open::images(&scanner, &args.source)? {
        inventories.push(api::Inventory::from(scanner.inventory(&image)?));
    }
    match args.format {
        Format::Json => print_json(&inventories),
        Format::Table => {
            let texts: Vec<_> = inventories.iter().map(table::packages).collect();
            print(&texts.join("\n"))
        }
    }
}
