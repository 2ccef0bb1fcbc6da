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

/// Indexes the archive into the store of the data directory, where a layer that is known is not
/// read again, and reports from the advisories that are held there.
pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let scanner = open::scanner(settings)?;
    let mut reports = Vec::new();
    for image in open::images(&scanner, &args.source)? {
        reports.push(api::Report::from(scanner.report(&image)?));
    }
    match args.format {
        Format::Json => print_json(&reports),
        Format::Table => {
            let texts: Vec<_> = reports.iter().map(table::report).collect();
            print(&texts.join("\n"))
        }
    }
}
