mod bundle;
mod update;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use limpid_scanner::{Handed, Scanner, Trust, store};
use limpid_server::api;

use super::{Format, print, print_json};
use crate::settings::Settings;
use crate::{open, progress, table};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Fetch feeds from their publishers, and take in what has changed
    Update(update::Args),
    /// Write what feeds are read from into a bundle, to be carried to a service that reaches no publisher
    Export(bundle::Export),
    /// Take in a bundle that `limpid feed export` wrote
    Import(bundle::Import),
    /// Take in documents as the publisher serves them: plain, compressed with gzip, bzip2, xz or
    /// zstd, or a zip or tar of such documents
    Add {
        /// Name of the feed, as `limpid feed list` shows it
        feed: String,
        /// The documents
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The source that the documents are, where their content does not tell
        #[arg(long)]
        source: Option<String>,
        /// Take them in even where they state next to nothing of what was there before
        #[arg(long)]
        force: bool,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show the feeds and what is held of each
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    let scanner = || open::scanner(settings).map_err(in_use);
    match command {
        Command::Export(args) => bundle::export(settings, args),
        Command::Import(args) => bundle::import(settings, args),
        Command::Update(args) => update::run(settings, &scanner()?, args),
        Command::Add { feed, files, source, force, format } => {
            let (scanner, mut taken) = (scanner()?, Vec::new());
            for file in files {
                taken.push(add(&scanner, feed, source.as_deref(), trust(*force), file)?);
            }
            match format {
                Format::Json => print_json(&taken),
                Format::Table => print(&table::taken(&taken)),
            }
        }
        Command::List { format } => {
            let feeds: Vec<_> = scanner()?.feeds()?.into_iter().map(api::Feed::from).collect();
            match format {
                Format::Json => print_json(&api::Feeds { feeds }),
                Format::Table => print(&table::feeds(&feeds)),
            }
        }
    }
}

/// Says what to do where a service has the store open.
fn in_use(error: anyhow::Error) -> anyhow::Error {
    if !matches!(error.downcast_ref(), Some(store::Error::InUse(_))) {
        return error;
    }
    error.context(
        "the feeds of a service that runs are asked of that service: `GET /v1/feeds`, \
         `POST /v1/feeds/NAME/update`, `POST /v1/feeds/NAME/documents`, \
         and with `--service` for bundles",
    )
}

pub(super) const fn trust(force: bool) -> Trust {
    if force { Trust::Forced } else { Trust::Checked }
}

fn add(
    scanner: &Scanner,
    feed: &str,
    source: Option<&str>,
    trust: Trust,
    path: &Path,
) -> anyhow::Result<api::Taken> {
    let spinner = progress::spinner(&format!("taking in {}", path.display()));
    let file = File::open(path).with_context(|| format!("`{}` cannot be opened", path.display()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let taken = scanner
        .take_in(feed, Handed { source, name: &name, trust }, file)
        .with_context(|| format!("`{}` is not taken in", path.display()))?;
    spinner.finish_and_clear();
    Ok(taken.into())
}
