//! Compiled forms to be shipped with plugins, so that whoever runs them first does not wait.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use limpid_scanner::runtime::{Registry, Runtime};

use super::print;
use crate::progress::Spinner;
use crate::settings::Settings;

/// What the forms are good for.
const HELP: &str = "\
The forms are machine code for this processor architecture, this version of Limpid and these limits ([plugins]); \
where they do not fit, plugins are compiled as ever. Setting `plugins.compiled_dir` names the directory, which only \
an administrator or the user of the service may be able to write.";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// Where the compiled forms go; made where it is not there
    directory: PathBuf,
}

pub(super) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let limits = limpid_scanner::runtime::Settings { compiled_dir: None, ..settings.plugins.clone() };
    let runtime = Runtime::with_cache(limits, &args.directory)?;
    let spinner = Spinner::start("compiling plugins");
    let plugins = Registry::load_dir(&runtime, &settings.plugins_dir)
        .with_context(|| format!("plugins directory `{}` cannot be read", settings.plugins_dir.display()))?
        .snapshot();
    drop(spinner);
    for refused in plugins.refused() {
        eprintln!("`{}` is refused: it {}", refused.path.display(), limpid_model::chain(&refused.reason));
    }
    let names: Vec<_> = plugins.plugins().iter().map(|plugin| plugin.id().to_string()).collect();
    print(&names.join("\n"))
}
