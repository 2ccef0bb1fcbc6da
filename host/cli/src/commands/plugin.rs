mod add;
mod build;
mod change;
mod compile;
mod identify;
mod inspect;
mod new;
mod remove;
mod rollback;
mod test;

use std::process::ExitCode;

use limpid_formats::json as api;
use limpid_formats::table;

use super::{Format, page, print, print_json, show};
use crate::open;
use crate::settings::Settings;

/// What the commands cannot do, and how it is done.
const HELP: &str = "\
These commands work on the plugins directory. A service that runs on it takes up what they change \
within seconds. A plugin that a service has quarantined is given another chance by that service only: \
`POST /v1/plugins/NAME/release`.";

#[derive(Debug, clap::Subcommand)]
#[command(after_help = HELP)]
pub(crate) enum Command {
    /// Show the plugins that are loaded, and files that were refused and why
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show all that is to be known of a plugin
    Inspect(inspect::Args),
    /// Add a plugin, or replace the one of its name
    Add(add::Args),
    /// Remove a plugin; its versions are kept
    Remove(remove::Args),
    /// Go back to an earlier version of a plugin
    Rollback(rollback::Args),
    /// Make a crate that is a plugin, to start from
    New(new::Args),
    /// Build the plugin of a crate
    Build(build::Args),
    /// Write name and version into a component that another tool made
    Identify(identify::Args),
    /// Compile the plugins of the plugins directory, for `plugins.compiled_dir` of who runs them
    Compile(compile::Args),
    /// Run the golden cases of a plugin, without a service
    Test(test::Args),
}

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List { format } => list(settings, *format),
        Command::Inspect(args) => inspect::run(settings, args),
        Command::Add(args) => add::run(settings, args),
        Command::Remove(args) => remove::run(settings, args),
        Command::Rollback(args) => rollback::run(settings, args),
        Command::New(args) => new::run(args),
        Command::Build(args) => build::run(args),
        Command::Identify(args) => identify::run(args),
        Command::Compile(args) => compile::run(settings, args),
        Command::Test(args) => test::run(settings, args),
    }
}

fn list(settings: &Settings, format: Format) -> anyhow::Result<ExitCode> {
    let plugins = api::Plugins::from(open::registry(settings)?.snapshot().state());
    match format {
        Format::Json => print_json(&plugins),
        Format::Table => {
            let mut page = page();
            table::plugins(&mut page, &plugins);
            show(page)
        }
    }
}
