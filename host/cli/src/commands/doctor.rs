//! `limpid doctor`: what operators get wrong, each with what to do about it.

mod certificates;
mod known;
mod local;
mod proxies;
mod validity;

use std::process::ExitCode;

use limpid_formats::json::{Check, Diagnosis};
use limpid_formats::table;

use super::{Format, page, print_json, show};
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What was found so far.
#[derive(Debug, Default)]
struct Checks(Vec<Check>);

impl Checks {
    fn ok(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, Check::OK, message.into(), None);
    }

    fn warn(&mut self, check: &'static str, message: impl Into<String>, next: impl Into<String>) {
        self.add(check, Check::WARNING, message.into(), Some(next.into()));
    }

    fn problem(&mut self, check: &'static str, message: impl Into<String>, next: impl Into<String>) {
        self.add(check, Check::PROBLEM, message.into(), Some(next.into()));
    }

    fn add(&mut self, check: &'static str, state: &'static str, message: String, next: Option<String>) {
        self.0.push(Check { check: check.into(), state: state.into(), message, next });
    }

    /// Whether a check of that name found a problem.
    fn has_problem(&self, check: &str) -> bool {
        self.0.iter().any(|it| it.check == check && it.state == Check::PROBLEM)
    }
}

/// Looks into everything, a service elsewhere or what is on this machine. Ends with 1 where there is a problem.
pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let mut checks = Checks::default();
    match &settings.remote {
        Some(remote) => {
            checks.ok("settings", format!("{} is asked, which {} names", remote.address(), remote.named_by));
            certificates::remote(&mut checks, remote);
            proxies::check(&mut checks, &|name| std::env::var(name).ok(), None);
            known::remote(&mut checks, settings, remote);
        }
        None => {
            local::settings(&mut checks, settings);
            let has_store = local::data_dir(&mut checks, &settings.data_dir);
            local::disk(&mut checks, settings);
            let held = local::port(&mut checks, settings);
            local::descriptors(&mut checks, settings, held.as_ref());
            certificates::local(&mut checks, settings);
            let proxy = Some(settings.feeds.proxy.as_str()).filter(|proxy| !proxy.is_empty());
            proxies::check(&mut checks, &|name| std::env::var(name).ok(), proxy);
            known::local(&mut checks, settings, has_store);
        }
    }
    told(checks, args)
}

/// Says what is wrong with settings that cannot be read: everything else rests on them.
pub(crate) fn unreadable(args: &Args, error: &anyhow::Error) -> anyhow::Result<ExitCode> {
    let mut checks = Checks::default();
    checks.problem(
        "settings",
        crate::chain(error),
        "correct that; `docs/settings.md` lists all settings. Nothing else can be looked into before",
    );
    told(checks, args)
}

fn told(checks: Checks, args: &Args) -> anyhow::Result<ExitCode> {
    let diagnosis = Diagnosis::from(checks.0);
    match args.format {
        Format::Json => print_json(&diagnosis)?,
        Format::Table => {
            let mut page = page();
            table::diagnosis(&mut page, &diagnosis);
            show(page)?
        }
    };
    Ok(if diagnosis.problems == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What one check found.
#[cfg(test)]
fn only(look: impl FnOnce(&mut Checks)) -> Check {
    let mut checks = Checks::default();
    look(&mut checks);
    assert_eq!(checks.0.len(), 1, "{checks:#?}");
    checks.0.remove(0)
}
