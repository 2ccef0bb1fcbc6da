use std::process::ExitCode;

use limpid_formats::json as api;

use crate::commands::{Format, print_json};
use crate::holder::Holder;
use crate::open::OF_ADVISORIES;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(crate) struct Remove {
    /// Name of the feed, as `limpid feed list` shows it
    feed: String,
    /// Name of the source, as `limpid feed list --format json` shows it
    source: String,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn remove(settings: &Settings, args: &Remove) -> anyhow::Result<ExitCode> {
    let Remove { feed, source, format } = args;
    let holder = Holder::of(settings, "limpid feed remove-source", &OF_ADVISORIES)?;
    let removed: api::Removed = match &holder {
        Holder::Here(here) => here.scanner.remove_source(feed, source)?.into(),
        Holder::Service(service) => service.client.remove_source(feed, source)?,
    };
    match format {
        Format::Json => print_json(&removed),
        Format::Table => crate::commands::print(&format!(
            "removed source `{}` of feed `{}` with {} records",
            removed.source, removed.feed, removed.withdrawn
        )),
    }
}
