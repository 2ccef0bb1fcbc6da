use std::process::ExitCode;

use limpid_formats::{json as api, table};

use super::{Format, page, print_json, show};
use crate::holder::Holder;
use crate::open::OF_STORE;
use crate::progress::Spinner;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Say which images would be removed, and remove none
    #[arg(long)]
    dry_run: bool,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let holder = Holder::of(settings, "limpid retention", &OF_STORE)?;
    let spinner = Spinner::start("looking which images have expired");
    let retention: api::Retention = match (&holder, args.dry_run) {
        (Holder::Here(here), true) => here.scanner.expired_images()?.into(),
        (Holder::Here(here), false) => here.scanner.remove_expired_images()?.into(),
        (Holder::Service(service), true) => service.client.expired_images()?,
        (Holder::Service(service), false) => service.client.remove_expired_images()?,
    };
    drop(spinner);
    if args.format == Format::Json {
        return print_json(&retention);
    }
    let what = if args.dry_run { "would be removed" } else { "are removed" };
    if retention.count > 0 {
        let mut page = page();
        let rows = retention.images.into_iter().map(|image| {
            let name = image.names.into_iter().next().unwrap_or_default();
            vec![image.digest, name, image.indexed, image.reason]
        });
        table::rows(&mut page, &["image", "name", "last submitted", "reason"], rows);
        show(page)?;
    }
    eprintln!("{} images {what} by the settings `retention.*`", retention.count);
    Ok(ExitCode::SUCCESS)
}
