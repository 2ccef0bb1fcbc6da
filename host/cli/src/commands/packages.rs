use std::process::ExitCode;

use limpid_formats::table;

use super::{Format, page, print_json, show};
use crate::holder::Holder;
use crate::input::Named;
use crate::open::OF_STORE;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Image archive (`docker save` or OCI tar, plain or compressed), OCI directory, `-` for an archive
    /// on standard input, or name or digest of an image that was scanned before
    image: String,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Lists what is installed. An archive leaves nothing behind.
pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let named = Named::of(&args.image, settings)?;
    let scratch = tempfile::tempdir()?;
    let holder = match &named {
        Named::Archive(_) => Holder::passing(settings, scratch.path())?,
        Named::Known(_) => Holder::of_data_dir(settings, "limpid packages", &OF_STORE)?,
    };
    let mut inventories = Vec::new();
    for image in holder.images(named, settings)? {
        inventories.push(holder.inventory(&image)?);
    }
    match args.format {
        Format::Json => print_json(&inventories),
        Format::Table => {
            let mut page = page();
            for inventory in &inventories {
                page.blank();
                table::packages(&mut page, inventory);
            }
            show(page)
        }
    }
}
