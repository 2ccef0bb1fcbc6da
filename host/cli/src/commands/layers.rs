use std::process::ExitCode;

use limpid_formats::table;

use super::{Format, page, print_json, show};
use crate::holder::Holder;
use crate::input::Named;
use crate::open::OF_IMAGES;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Image archive (`docker save` or OCI tar, plain or compressed), OCI directory, `-` for an archive
    /// on standard input, or name or digest of an image that was scanned before
    image: String,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Draws the layers of an image as a stack, with what each of them did.
pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let named = Named::of(&args.image, settings)?;
    let holder = Holder::of_data_dir(settings, "limpid layers", &OF_IMAGES)?;
    let mut images = Vec::new();
    for image in holder.images(named, settings)? {
        images.push(holder.layers(&image)?);
    }
    match args.format {
        Format::Json => print_json(&images),
        Format::Table => {
            let mut page = page();
            for layers in &images {
                page.blank();
                table::layers(&mut page, layers);
            }
            show(page)
        }
    }
}
