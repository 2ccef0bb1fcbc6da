use std::process::ExitCode;

use limpid_formats::table;

use super::{Format, page, print_json, show};
use crate::holder::Holder;
use crate::open::OF_STORE;
use crate::settings::Settings;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show the subscriptions, and how their deliveries go
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::List { format } = command;
    let subscriptions = Holder::of(settings, "limpid subscription list", &OF_STORE)?.subscriptions()?;
    match format {
        Format::Json => print_json(&subscriptions),
        Format::Table => {
            let mut page = page();
            table::subscriptions(&mut page, &subscriptions.subscriptions);
            show(page)
        }
    }
}
