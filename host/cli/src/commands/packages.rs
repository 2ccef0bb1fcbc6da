use std::path::Path;
use std::process::ExitCode;

use limpid_formats::table;

use super::{Format, page, print_json, show};
use crate::holder::Holder;
use crate::input::{FORMS, Named, SourceArgs};
use crate::open::OF_STORE;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
#[command(after_long_help = FORMS)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Lists what is installed. What was not scanned before leaves nothing behind.
pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let named = args.source.named(settings)?;
    let scratch = tempfile::tempdir()?;
    let (holder, images) = found(named, settings, scratch.path())?;
    let mut inventories = Vec::new();
    for image in images {
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

/// Images that are known, with whoever has them; or others, with a store that is gone with this command.
fn found(named: Named, settings: &Settings, scratch: &Path) -> anyhow::Result<(Holder, Vec<String>)> {
    let by_name = match named {
        Named::Image(mut by_name) if by_name.may_be_known() => {
            let holder = Holder::of(settings, "limpid packages", &OF_STORE)?;
            if let Some(images) = by_name.known(&holder)? {
                return Ok((holder, images));
            }
            by_name
        }
        Named::Image(by_name) => by_name,
        input @ Named::Input(_) => {
            let holder = Holder::passing(settings, scratch)?;
            let images = holder.images(input, settings)?;
            return Ok((holder, images));
        }
    };
    let holder = Holder::passing(settings, scratch)?;
    let images = by_name.fetched(&holder, settings)?;
    Ok((holder, images))
}
