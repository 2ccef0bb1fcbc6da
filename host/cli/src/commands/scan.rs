use std::process::ExitCode;

use limpid_formats::table::{self, Hints};
use limpid_formats::{Filtered, FindingFilter, json as api};
use serde::Serialize;

use super::{Format, page, print_json, show};
use crate::filter::Filter;
use crate::holder::Holder;
use crate::input::{FORMS, SourceArgs};
use crate::open::OF_IMAGES;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
#[command(after_long_help = FORMS)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    filter: Filter,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A report, and what a filter took out of it.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    report: api::Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<Filtered>,
}

/// Indexes the archive into the store of the data directory, where a layer that is known is not
/// read again, and reports from the advisories that are kept there.
pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let named = args.source.named(settings)?;
    let holder = Holder::of_data_dir(settings, "limpid scan", &OF_IMAGES)?;
    let mut reports = Vec::new();
    for image in holder.images(named, settings)? {
        reports.push(holder.report(&image)?);
    }
    let filter = FindingFilter::from(&args.filter);
    match args.format {
        Format::Json => {
            let shown = |mut report| Shown { filter: filter.apply(&mut report), report };
            print_json(&reports.into_iter().map(shown).collect::<Vec<_>>())
        }
        Format::Table => {
            let hints = Hints { any_advisories: any_advisories(&holder, &reports)? };
            let mut page = page();
            for report in &reports {
                page.blank();
                table::report(&mut page, report, &filter, hints);
            }
            show(page)
        }
    }
}

/// Whether advisories are kept, of whatever. Asked only where none counted.
fn any_advisories(holder: &Holder, reports: &[api::Report]) -> anyhow::Result<bool> {
    if reports.iter().all(|report| !report.coverage.sources.is_empty()) {
        return Ok(true);
    }
    Ok(holder.feeds()?.feeds.iter().any(|feed| feed.advisories > 0))
}
