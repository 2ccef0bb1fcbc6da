mod bundle;
mod source;
mod update;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use limpid_formats::json as api;
use limpid_formats::table;
use limpid_scanner::{Handed, Trust};

use super::{Format, page, print_json, show};
use crate::holder::Holder;
use crate::open::OF_ADVISORIES;
use crate::progress::Spinner;
use crate::settings::Settings;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Fetch feeds from their publishers, and ingest what has changed
    Update(update::Args),
    /// Write what feeds are read from into a bundle, to be carried to a service that reaches no publisher
    Export(bundle::Export),
    /// Ingest a bundle that `limpid feed export` wrote
    Import(bundle::Import),
    /// Ingest documents as the publisher serves them: plain, compressed with gzip, bzip2, xz or
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
        /// Ingest them even where they state next to nothing of what was there before
        #[arg(long)]
        force: bool,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Take back all that a source of a feed stated, which was handed in by mistake
    RemoveSource(source::Remove),
    /// Show the feeds and what is kept of each
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Export(args) => bundle::export(settings, args),
        Command::Import(args) => bundle::import(settings, args),
        Command::RemoveSource(args) => source::remove(settings, args),
        Command::Update(args) => update::run(settings, args),
        Command::Add { feed, files, source, force, format } => {
            let documents =
                files.iter().map(|path| Document::open(path)).collect::<anyhow::Result<Vec<_>>>()?;
            let holder = Holder::of(settings, "limpid feed add", &OF_ADVISORIES)?;
            let add = |document| add(&holder, feed, source.as_deref(), *force, document);
            let ingested = documents.into_iter().map(add).collect::<anyhow::Result<Vec<_>>>()?;
            match format {
                Format::Json => print_json(&ingested),
                Format::Table => {
                    let mut page = page();
                    table::ingested(&mut page, &ingested);
                    show(page)
                }
            }
        }
        Command::List { format } => {
            let feeds = Holder::of(settings, "limpid feed list", &OF_ADVISORIES)?.feeds()?;
            match format {
                Format::Json => print_json(&feeds),
                Format::Table => {
                    let mut page = page();
                    table::feeds(&mut page, &feeds.feeds);
                    show(page)
                }
            }
        }
    }
}

/// A file that can be read.
struct Document<'a> {
    path: &'a Path,
    file: File,
}

impl<'a> Document<'a> {
    fn open(path: &'a Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("`{}` cannot be opened", path.display()))?;
        if file.metadata()?.is_dir() {
            bail!("`{}` is a directory: give the documents in it", path.display());
        }
        Ok(Self { path, file })
    }
}

pub(super) const fn trust(force: bool) -> Trust {
    if force { Trust::Forced } else { Trust::Checked }
}

fn add(
    holder: &Holder,
    feed: &str,
    source: Option<&str>,
    force: bool,
    document: Document<'_>,
) -> anyhow::Result<api::Ingested> {
    let Document { path, file } = document;
    let _spinner = Spinner::start(&format!("ingesting {}", path.display()));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ingested = match holder {
        Holder::Here(here) => here
            .scanner
            .ingest_document(feed, Handed { source, name: &name, trust: trust(force) }, file)
            .map(api::Ingested::from)
            .map_err(anyhow::Error::from),
        Holder::Service(service) => {
            service.client.ingest(feed, &name, source, force, file).map_err(anyhow::Error::from)
        }
    };
    ingested.with_context(|| format!("`{}` is not ingested", path.display()))
}
