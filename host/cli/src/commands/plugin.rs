use std::process::ExitCode;

use limpid_server::api;

use super::{Format, print, print_json};
use crate::settings::Settings;
use crate::{open, table};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show the plugins that are loaded, and files that were refused and why
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::List { format } = command;
    let plugins = api::Plugins::from(&*open::registry(settings)?.snapshot());
    match format {
        Format::Json => print_json(&plugins),
        Format::Table => print(&table::plugins(&plugins)),
    }
}
