use std::process::ExitCode;

use anyhow::bail;
use clap::ValueEnum;
use limpid_formats::{plan, table};

use super::{page, print_json, show};
use crate::deciding;
use crate::holder::Holder;
use crate::input::{FORMS, SourceArgs};
use crate::open::OF_IMAGES;
use crate::settings::Settings;

/// How a plan is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Table,
    /// For programs: the form of the HTTP API
    Json,
    /// Lines for a shell, with comments
    Commands,
    /// What `copa patch` takes: Copacetic's manifest of updates, v1alpha1
    Copa,
}

#[derive(Debug, clap::Args)]
#[command(after_long_help = FORMS)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    deciding: deciding::Args,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Says which packages of an image to update, to what, and how, from what is known of it.
pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let named = args.source.named(settings)?;
    let deciding = args.deciding.read(settings)?;
    let holder = Holder::of(settings, "limpid plan", &OF_IMAGES)?;
    deciding.let_decide(&holder, &args.deciding)?;
    let mut plans = Vec::new();
    for image in holder.images(named, settings)? {
        plans.push(holder.plan(&image)?);
    }
    match args.format {
        Format::Json => print_json(&plans),
        Format::Table => {
            let mut page = page();
            for plan in &plans {
                page.blank();
                table::plan(&mut page, plan);
            }
            show(page)
        }
        Format::Commands => {
            let texts: Result<Vec<_>, _> =
                plans.iter().map(|plan| plan::Form::Commands.write(plan)).collect();
            super::write_out(&texts?.join("\n"))
        }
        Format::Copa => {
            let [plan] = plans.as_slice() else {
                bail!(
                    "`copa` speaks of one image, and there are {}: name one of them, or its platform",
                    plans.len()
                );
            };
            let text = plan::Form::Copa.write(plan)?;
            let left_out = plan::left_out_of_copa(plan);
            if left_out > 0 {
                eprintln!(
                    "{left_out} packages are left out: a shell could read something else in their names and versions"
                );
            }
            super::write_out(&text)
        }
    }
}
