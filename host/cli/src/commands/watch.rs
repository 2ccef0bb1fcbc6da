use std::process::ExitCode;

use limpid_formats::json::WatchWanted;
use limpid_formats::table;

use super::{Format, page, print, print_json, show};
use crate::holder::Holder;
use crate::open::OF_STORE;
use crate::settings::Settings;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Follow repositories of a registry: what is new there, or has moved, is indexed by the service
    Add(Box<Add>),
    /// Show the watches, and how their listings go
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// List the registry of a watch at once, and submit again what was refused
    Now {
        /// The watch
        name: String,
    },
    /// Remove a watch; images that it brought stay
    Remove {
        /// The watch
        name: String,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    /// How the watch is called: 1 to 64 of `a-z`, `0-9` and `-`
    name: String,
    /// The registry: a host, with a port where it has one of its own
    registry: String,
    /// Repositories by name, or globs such as `shop/*`; `*` is all
    #[arg(required = true, value_name = "REPOSITORY")]
    repositories: Vec<String>,
    /// Only tags that match a glob; may be given several times
    #[arg(long = "tag", value_name = "GLOB")]
    tags: Vec<String>,
    /// Only so many tags of a repository, those that sort last; numbers in them count as numbers
    #[arg(long, value_name = "NUMBER")]
    newest: Option<u64>,
    /// Only images that are at most so many days old
    #[arg(long, value_name = "DAYS")]
    max_age: Option<u64>,
    /// Only images for this platform, such as `linux/amd64`; may be given several times
    #[arg(long = "platform", value_name = "PLATFORM")]
    platforms: Vec<String>,
    /// How often the registry is listed, in seconds [default: setting `watches.interval`]
    #[arg(long, value_name = "SECONDS")]
    interval: Option<u64>,
    /// Another host by which push notifications call the registry; may be given several times
    #[arg(long = "alias", value_name = "HOST")]
    aliases: Vec<String>,
    /// Keep the watch, and list nothing
    #[arg(long)]
    disabled: bool,
}

/// Seconds of a day.
const DAY: u64 = 86_400;

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    let holder = |what: &str| Holder::of(settings, &format!("limpid watch {what}"), &OF_STORE);
    match command {
        Command::Add(add) => {
            let watch = holder("add")?.put_watch(&add.name, &add.wanted())?;
            let next = "the service lists its registry at once, or when it starts";
            print(&format!("watch `{}` follows `{}`: {next}", watch.name, watch.wanted.registry))
        }
        Command::List { format } => {
            let watches = holder("list")?.watches()?;
            match format {
                Format::Json => print_json(&watches),
                Format::Table => {
                    let mut page = page();
                    table::watches(&mut page, &watches.watches);
                    show(page)
                }
            }
        }
        Command::Now { name } => {
            holder("now")?.list_watch(name)?;
            print(&format!("the registry of watch `{name}` is listed at once, or when the service starts"))
        }
        Command::Remove { name } => {
            holder("remove")?.remove_watch(name)?;
            print(&format!("watch `{name}` is removed"))
        }
    }
}

impl Add {
    fn wanted(&self) -> WatchWanted {
        WatchWanted {
            registry: self.registry.clone(),
            aliases: self.aliases.clone(),
            repositories: self.repositories.clone(),
            tags: self.tags.clone(),
            newest: self.newest,
            max_age: self.max_age.map(|days| days.saturating_mul(DAY)),
            platforms: self.platforms.clone(),
            interval: self.interval,
            enabled: !self.disabled,
        }
    }
}
