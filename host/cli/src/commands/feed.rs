mod bundle;
mod update;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use limpid_scanner::{Handed, Scanner, Trust, store};
use limpid_server::api;

use super::{Format, print, print_json};
use crate::service::Service;
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
        /// Give them to a running service, as `http://127.0.0.1:6060`
        #[arg(long, value_name = "URL")]
        service: Option<String>,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show the feeds and what is held of each
    List {
        /// Ask a running service, as `http://127.0.0.1:6060`
        #[arg(long, value_name = "URL")]
        service: Option<String>,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Export(args) => bundle::export(settings, args),
        Command::Import(args) => bundle::import(settings, args),
        Command::Update(args) => update::run(settings, args),
        Command::Add { feed, files, source, force, service, format } => {
            let (holder, mut taken) = (Holder::new(settings, service.as_deref())?, Vec::new());
            for file in files {
                taken.push(add(&holder, feed, source.as_deref(), *force, file)?);
            }
            match format {
                Format::Json => print_json(&taken),
                Format::Table => print(&table::taken(&taken)),
            }
        }
        Command::List { service, format } => {
            let feeds = Holder::new(settings, service.as_deref())?.feeds()?;
            match format {
                Format::Json => print_json(&feeds),
                Format::Table => print(&table::feeds(&feeds.feeds)),
            }
        }
    }
}

/// Who holds the feeds: this process, or a service that runs.
enum Holder {
    Here(Box<Scanner>),
    Service(Service),
}

impl Holder {
    fn new(settings: &Settings, service: Option<&str>) -> anyhow::Result<Self> {
        match service {
            Some(url) => Ok(Self::Service(Service::at(url))),
            None => Ok(Self::Here(Box::new(open::scanner(settings).map_err(in_use)?))),
        }
    }

    fn feeds(&self) -> anyhow::Result<api::Feeds> {
        match self {
            Self::Here(scanner) => {
                Ok(api::Feeds { feeds: scanner.feeds()?.into_iter().map(Into::into).collect() })
            }
            Self::Service(service) => service.get("/v1/feeds"),
        }
    }
}

/// Says what to do where a service has the store open.
fn in_use(error: anyhow::Error) -> anyhow::Error {
    if !matches!(error.downcast_ref(), Some(store::Error::InUse(_))) {
        return error;
    }
    error.context(
        "the feeds of a service that runs are asked of that service: \
         with `--service http://127.0.0.1:6060`, or whatever its address is",
    )
}

pub(super) const fn trust(force: bool) -> Trust {
    if force { Trust::Forced } else { Trust::Checked }
}

fn add(
    holder: &Holder,
    feed: &str,
    source: Option<&str>,
    force: bool,
    path: &Path,
) -> anyhow::Result<api::Taken> {
    let spinner = progress::spinner(&format!("taking in {}", path.display()));
    let file = File::open(path).with_context(|| format!("`{}` cannot be opened", path.display()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let taken = match holder {
        Holder::Here(scanner) => scanner
            .take_in(feed, Handed { source, name: &name, trust: trust(force) }, file)
            .map(api::Taken::from)
            .map_err(anyhow::Error::from),
        Holder::Service(service) => {
            let source = source.map(|source| format!("&source={}", encoded(source))).unwrap_or_default();
            let (feed, name) = (encoded(feed), encoded(&name));
            service.upload(&format!("/v1/feeds/{feed}/documents?name={name}&force={force}{source}"), file)
        }
    };
    spinner.finish_and_clear();
    taken.with_context(|| format!("`{}` is not taken in", path.display()))
}

/// A text as part of an address.
fn encoded(text: &str) -> percent_encoding::PercentEncode<'_> {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
}
