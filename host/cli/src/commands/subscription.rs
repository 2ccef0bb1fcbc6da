use std::process::ExitCode;

use limpid_server::api;

use super::{Format, print, print_json};
use crate::settings::Settings;
use crate::{open, table};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show the subscriptions of the data directory, and how their deliveries go
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::List { format } = command;
    let scanner = open::scanner(settings)?;
    let states = scanner.subscription_states()?;
    let subscriptions: Vec<_> = states.into_iter().map(api::Subscription::from).collect();
    match format {
        Format::Json => print_json(&api::Subscriptions { subscriptions }),
        Format::Table => print(&table::subscriptions(&subscriptions)),
    }
}
