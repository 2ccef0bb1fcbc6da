use std::process::ExitCode;

use limpid_model::Digest;
use limpid_scanner::runtime::Change;

use super::change;
use crate::commands::Format;
use crate::open;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The plugin
    name: String,
    /// The version, as `limpid plugin inspect` lists them [default: the one before]
    #[arg(long)]
    digest: Option<Digest>,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let registry = open::registry(settings)?;
    let before = registry.snapshot().named(&args.name).map(|plugin| plugin.id().clone());
    let after = registry.rollback(&args.name, args.digest.as_ref())?;
    change::show(Change { before, after: Some(after) }, args.format)
}
