use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use limpid_scanner::Scanner;
use limpid_server::api;

use super::{Format, print, print_json};
use crate::settings::Settings;
use crate::{open, progress, table};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Take in documents as the publisher serves them, plain or compressed with gzip or zstd
    Import {
        /// Name of the feed, as `limpid feed list` shows it
        feed: String,
        /// The documents
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The source that the documents are, where their content does not tell
        #[arg(long)]
        source: Option<String>,
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
    let scanner = open::scanner(settings)?;
    match command {
        Command::Import { feed, files, source, format } => {
            let mut taken = Vec::new();
            for file in files {
                taken.push(import(&scanner, feed, source.as_deref(), file)?);
            }
            match format {
                Format::Json => print_json(&taken),
                Format::Table => print(&table::taken(&taken)),
            }
        }
        Command::List { format } => {
            let feeds: Vec<_> = scanner.feeds()?.into_iter().map(api::Feed::from).collect();
            match format {
                Format::Json => print_json(&api::Feeds { feeds }),
                Format::Table => print(&table::feeds(&feeds)),
            }
        }
    }
}

fn import(scanner: &Scanner, feed: &str, source: Option<&str>, path: &Path) -> anyhow::Result<api::Taken> {
    let spinner = progress::spinner(&format!("taking in {}", path.display()));
    let file = File::open(path).with_context(|| format!("`{}` cannot be opened", path.display()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let taken = scanner
        .take_in(feed, source, &name, file)
        .with_context(|| format!("`{}` is not taken in", path.display()))?;
    spinner.finish_and_clear();
    Ok(taken.into())
}
