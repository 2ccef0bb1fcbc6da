//! Opening what commands work on: plugins and the store.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use limpid_model::Role;
use limpid_scanner::Attaching;
use limpid_scanner::ClaimSet;
use limpid_scanner::Owners;
use limpid_scanner::Quotas;
use limpid_scanner::Retry;
use limpid_scanner::Scanner;
use limpid_scanner::Store;
use limpid_scanner::backup::RESTORING;
use limpid_scanner::runtime::{self, Compiler, Registry, Runtime};

use crate::commands::COMPILE;
use crate::progress::Spinner;
use crate::settings::Settings;

/// How plugins are got, for whoever has none.
const HOW_TO_GET_PLUGINS: &str =
    "build the plugins with `cargo xtask build-plugins`, or name their directory with `--plugins-dir`";

/// All plugins.
pub(crate) const ALL: [Role; 3] = [Role::Detector, Role::Feed, Role::Scheme];

/// What is needed to look into an image and to judge what is in it.
pub(crate) const OF_IMAGES: [Role; 2] = [Role::Detector, Role::Scheme];

/// What is needed to read advisories and to order the versions in them.
pub(crate) const OF_ADVISORIES: [Role; 2] = [Role::Feed, Role::Scheme];

/// What is needed to read what is stored: versions are ordered anew where their scheme has changed.
pub(crate) const OF_STORE: [Role; 1] = [Role::Scheme];

/// The plugins of the plugins directory. Compiling them takes seconds, once.
pub(crate) fn registry(settings: &Settings) -> anyhow::Result<Registry> {
    registry_for(settings, &ALL)
}

/// The same of those that have one of these roles.
pub(crate) fn registry_for(settings: &Settings, roles: &[Role]) -> anyhow::Result<Registry> {
    let directory = &settings.plugins_dir;
    let runtime = runtime(settings, settings.plugins.clone())?;
    let spinner = Spinner::start("loading plugins");
    let versions = settings.data_dir.join("plugin-versions");
    let registry = Registry::with_roles(&runtime, directory, &versions, roles).with_context(|| {
        format!("plugins directory `{}` cannot be read; {HOW_TO_GET_PLUGINS}", directory.display())
    })?;
    drop(spinner);
    Ok(registry)
}

/// Without a detector nothing is found in an image, which is not what somebody wants to know who asks.
///
/// # Errors
/// No detector is loaded.
pub(crate) fn some_detector(scanner: &Scanner, settings: &Settings) -> anyhow::Result<()> {
    if scanner.plugins().detectors().next().is_some() {
        return Ok(());
    }
    bail!(
        "no detector is loaded from plugins directory `{}`, so that nothing can be found in an image; {HOW_TO_GET_PLUGINS}",
        settings.plugins_dir.display()
    )
}

/// What runs plugins, within these limits. Components are compiled by a process of their own, and
/// their compiled forms are kept.
pub(crate) fn runtime(settings: &Settings, limits: runtime::Settings) -> anyhow::Result<Runtime> {
    let compiled = settings.compiled_dir.clone().unwrap_or_else(|| settings.data_dir.join("compiled"));
    Ok(Runtime::with_compiler(limits, &compiled, compiler()?)?)
}

/// This program, which compiles components when it is called so.
fn compiler() -> anyhow::Result<Compiler> {
    let program = std::env::current_exe().context("this program cannot be found")?;
    Ok(Compiler::new(program, [COMPILE]))
}

/// The scanner over the store of the data directory.
pub(crate) fn scanner(settings: &Settings, roles: &[Role]) -> anyhow::Result<Scanner> {
    scanner_telling(settings, roles, |_| ())
}

/// The same, telling what is being done.
pub(crate) fn scanner_telling(
    settings: &Settings,
    roles: &[Role],
    tell: impl Fn(&'static str),
) -> anyhow::Result<Scanner> {
    if let Err((entry, why)) = settings.bundles.keys() {
        bail!("setting `bundles.trusted_keys`: `{entry}`: {why}");
    }
    if settings.data_dir.join(RESTORING).exists() {
        bail!(
            "data directory `{}` was being restored, and that did not end: restore the backup again",
            settings.data_dir.display()
        );
    }
    tell("the store is being opened");
    let store = Store::open(&settings.data_dir.join("store"), &settings.store)?;
    let scratch = settings.data_dir.join("scratch");
    tell("plugins are being loaded");
    let registry = registry_for(settings, roles)?;
    // Who keeps nothing needs no keys.
    let secrets = Arc::new(settings.secrets.keys()?);
    let scanner_settings = limpid_scanner::Settings { secrets, ..scanner_settings(settings, &scratch)? };
    Ok(Scanner::starting(store, registry, scanner_settings, tell)?)
}

/// What the detectors of the plugins directory claim, for a service that has the store: its own are the same,
/// unless somebody has just changed them.
pub(crate) fn wanted(settings: &Settings) -> anyhow::Result<ClaimSet> {
    let scratch = tempfile::tempdir()?;
    let scanner = passing_scanner(settings, scratch.path(), &[Role::Detector])?;
    some_detector(&scanner, settings)?;
    Ok(scanner.wanted()?)
}

/// A scanner that keeps nothing.
pub(crate) fn passing_scanner(
    settings: &Settings,
    scratch: &Path,
    roles: &[Role],
) -> anyhow::Result<Scanner> {
    let registry = registry_for(settings, roles)?;
    Ok(Scanner::new(Store::in_memory(), registry, scanner_settings(settings, scratch)?)?)
}

/// What of the settings a scanner needs, with a directory for temporary files.
///
/// # Errors
/// A file that the settings name cannot be used.
pub(crate) fn scanner_settings(
    settings: &Settings,
    scratch: &Path,
) -> anyhow::Result<limpid_scanner::Settings> {
    let wrong = |why: String| anyhow::anyhow!("setting {why}");
    settings.retention.rules().map_err(wrong)?;
    Ok(limpid_scanner::Settings {
        limits: settings.layers.clone(),
        jobs: settings.index.jobs,
        layers: settings.index.layers,
        queue: settings.index.queue,
        retry: Retry {
            backoff: settings.index.backoff.saturating_mul(1_000),
            longest_backoff: settings.index.longest_backoff.saturating_mul(1_000),
            source_attempts: settings.index.source_attempts,
        },
        free_bytes: settings.index.free_bytes,
        kinds: Arc::new(settings.coverage.kinds()?),
        feeds: settings.feeds.clone(),
        documents: settings.documents.clone(),
        bundles: settings.bundles.clone(),
        access: settings.access.kept(),
        attached: Arc::new(Attaching::new(settings.attached.clone())?),
        policies: settings.policies.clone(),
        quotas: Arc::new(Quotas::read(&settings.quotas).map_err(wrong)?),
        retention: settings.retention.clone(),
        ages: settings.ages.clone(),
        owners: Arc::new(Owners::read(&settings.owners).map_err(wrong)?),
        keep: settings.keep.clone(),
        judge_owned: settings.reports.judge_owned,
        base_candidates: settings.reports.base_candidates,
        history: settings.history.days.saturating_mul(24 * 60 * 60 * 1_000),
        flap_window: settings.notices.flap_window.saturating_mul(1_000),
        notices: settings.notices.delivery(),
        watches: settings.watches.watching(),
        ..limpid_scanner::Settings::new(scratch.to_owned())
    })
}
