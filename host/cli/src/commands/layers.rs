use std::process::ExitCode;

use limpid_formats::table;

use super::{Format, page, print_json, show};
use crate::holder::Holder;
use crate::input::{FORMS, SourceArgs};
use crate::open::OF_IMAGES;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
#[command(after_long_help = FORMS)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Draws the layers of an image as a stack, with what each of them did.
pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let named = args.source.named(settings)?;
    let holder = Holder::of(settings, "limpid layers", &OF_IMAGES)?;
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
