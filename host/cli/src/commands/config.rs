use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::ValueEnum;
use limpid_fetch::Registries;
use limpid_formats::json as api;
use limpid_scanner::{Attaching, Owners, Quotas, Transport as _, check_subscription};

use super::{print_json, write_out};
use crate::settings::{Given, Problems, Settings, Sources, rows, subscription_of, toml, warnings};
use crate::transport::Post;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show every setting: its value, unless it is secret, and where that comes from
    Show {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Say what is wrong with the settings, and what makes no sense
    Check {
        /// The settings file [default: that of `--settings` or `LIMPID_SETTINGS`]
        file: Option<PathBuf>,
    },
}

/// How settings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// As a settings file, in which each line says where its value comes from
    #[default]
    Toml,
    /// For programs: the form of the HTTP API
    Json,
}

pub(crate) fn run(mut sources: Sources, command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Show { format } => {
            let given = Given::read(&sources)?;
            let rows = rows(&given, &given.settings()?)?;
            match format {
                Format::Toml => write_out(&toml(&rows)),
                Format::Json => {
                    print_json(&api::Settings { settings: rows.iter().map(api::Setting::from).collect() })
                }
            }
        }
        Command::Check { file } => {
            if file.is_some() {
                sources.file.clone_from(file);
            }
            check(&sources)
        }
    }
}

fn check(sources: &Sources) -> anyhow::Result<ExitCode> {
    let settings = match Given::read(sources).and_then(|given| given.settings()) {
        Ok(settings) => settings,
        Err(problems) => return Ok(refused(&problems)),
    };
    let unusable = unusable(&settings);
    for why in &unusable {
        eprintln!("error: {}", crate::shown(&crate::chain(why)));
    }
    let warnings = warnings(&settings);
    for warning in &warnings {
        eprintln!("warning: {}", crate::shown(warning));
    }
    if !unusable.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    let what =
        sources.file.as_ref().map_or("the settings".to_owned(), |file| format!("`{}`", file.display()));
    write_out(&match warnings.len() {
        0 => format!("{what} can be used"),
        1 => format!("{what} can be used; there is 1 warning"),
        count => format!("{what} can be used; there are {count} warnings"),
    })
}

fn refused(problems: &Problems) -> ExitCode {
    eprintln!("error: {}", crate::shown(&problems.to_string()));
    if problems.len() > 1 {
        eprintln!("{} errors", problems.len());
    }
    ExitCode::FAILURE
}

/// What the service would not start with: files, keys, addresses and patterns that cannot be used.
pub(crate) fn unusable(settings: &Settings) -> Vec<anyhow::Error> {
    let mut found = Vec::new();
    if let Some(filter) = &settings.log {
        found.extend(crate::log::filter(filter).err());
    }
    if let Err((entry, why)) = settings.bundles.keys() {
        found.push(anyhow::anyhow!("setting `bundles.trusted_keys`: `{entry}`: {why}"));
    }
    found.extend(settings.coverage.kinds().err());
    found.extend(settings.shown().err());
    found.extend(settings.events.apply(settings.http.clone()).err());
    found.extend(settings.tls.load().err());
    found.extend(settings.secrets.keys().err());
    found.extend(settings.access.required(settings.is_reached()).err());
    found.extend(settings.access.identities().err());
    let by_repository = [
        Owners::read(&settings.owners).err(),
        settings.retention.rules().err(),
        Quotas::read(&settings.quotas).err(),
    ];
    found.extend(by_repository.into_iter().flatten().map(|why| anyhow::anyhow!("settings: {why}")));
    found.extend(settings.backup.access().err());
    found.extend(settings.plugins.check().err().map(anyhow::Error::from));
    found.extend(Attaching::new(settings.attached.clone()).err().map(anyhow::Error::from));
    found.extend(Registries::new(settings.registries.clone()).context("settings: `registries`").err());
    for (name, watch) in &settings.watches.each {
        found.extend(watch.spec().err().map(|why| anyhow::anyhow!("settings: watch `{name}`: {why}")));
    }
    found.extend(unusable_subscriptions(settings));
    found
}

fn unusable_subscriptions(settings: &Settings) -> Vec<anyhow::Error> {
    if settings.subscriptions.is_empty() {
        return Vec::new();
    }
    let transport = match Post::new(settings.notices.sending()) {
        Ok(transport) => transport,
        Err(error) => return vec![error.into()],
    };
    let mut found = Vec::new();
    for (name, subscription) in &settings.subscriptions {
        let what = || format!("settings: subscription `{name}`");
        let usable = subscription_of(name, subscription).and_then(|spec| {
            check_subscription(name, &spec).with_context(what)?;
            transport.check(&spec.target).map_err(anyhow::Error::msg).with_context(what)
        });
        found.extend(usable.err());
    }
    found
}
