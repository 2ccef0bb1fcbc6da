//! Settings are read again while the service runs, and all of them count, or none.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};
use limpid_fetch::Registries;
use limpid_formats::json;
use limpid_identity::Identities;
use limpid_scanner::{Current, Delivery, Scanner};
use limpid_server::{AccessControl, Configuration, SharedSecret, Workers};

use crate::commands::config::unusable;
use crate::descriptors;
use crate::log::{self, ChangeFilter};
use crate::open;
use crate::settings::{Changes, Given, Settings, Sources, compare, rows, subscription_of};

/// Reads the settings of the service again.
pub(crate) struct Reloader {
    pub(crate) sources: Sources,
    pub(crate) running: Mutex<Running>,
    pub(crate) log: ChangeFilter,
    /// Those that are asked for what is submitted and watched.
    pub(crate) registries: Current<Registries>,
    /// What commands of this machine show.
    pub(crate) operator: SharedSecret,
    /// Whom others vouch for.
    pub(crate) identities: Option<Arc<Identities>>,
}

/// What is in force.
pub(crate) struct Running {
    pub(crate) given: Given,
    pub(crate) settings: Settings,
}

impl fmt::Debug for Reloader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reloader")
    }
}

impl Configuration for Reloader {
    fn show(&self) -> Result<json::Settings, String> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = rows(&running.given, &running.settings).map_err(|error| error.to_string())?;
        Ok(json::Settings { settings: rows.iter().map(json::Setting::from).collect() })
    }

    fn reload(
        &self,
        scanner: &Scanner,
        workers: &Workers,
        server: &Current<limpid_server::Settings>,
    ) -> Result<json::ReloadedSettings, String> {
        self.read_again(scanner, workers, server).map_err(|error| crate::chain(&error))
    }
}

impl Reloader {
    fn read_again(
        &self,
        scanner: &Scanner,
        workers: &Workers,
        server: &Current<limpid_server::Settings>,
    ) -> anyhow::Result<json::ReloadedSettings> {
        // Until all is in force: who reads later must not be overtaken by who has read before.
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let given = Given::read(&self.sources)?;
        let wanted = given.settings()?;
        let Changes { given, settings, changed, needs_restart } =
            compare((&running.given, &running.settings), (&given, &wanted))?;
        // What needs a restart is better known to be wrong before it.
        for settings in [&wanted, &settings] {
            let wrong: Vec<_> = unusable(settings).iter().map(crate::chain).collect();
            if !wrong.is_empty() {
                bail!("{}", wrong.join("; "));
            }
        }
        let http = http(&settings, &self.operator, self.identities.clone())?;
        let log = log::filter(log::of_service(&settings))?;
        let registries = match settings.registries == running.settings.registries {
            true => None,
            false => Some(Registries::new(settings.registries.clone()).context("settings: `registries`")?),
        };
        // What secrets are, files say: they may be others where no setting has changed.
        let is_other = *server.now() != http;
        if is_other {
            server.is_replaceable()?;
        }
        if !changed.is_empty() {
            scanner.may_change_settings()?;
            self.registries.is_replaceable()?;
            let old = scanner.settings();
            let new = limpid_scanner::Settings {
                kinds: old.kinds.clone(),
                attached: old.attached.clone(),
                secrets: old.secrets.clone(),
                clock: old.clock.clone(),
                waits_for_detectors: old.waits_for_detectors,
                ..open::scanner_settings(&settings, &old.scratch)?
            };
            watches_are_there(&settings, scanner)?;
            // What may fail comes first.
            if settings.watches.each != running.settings.watches.each {
                put_watches(&settings, scanner)?;
            }
            if settings.subscriptions != running.settings.subscriptions {
                put_subscriptions(&settings, &workers.delivery)?;
            }
            (self.log)(log)?;
            scanner.change_settings(new)?;
            if let Some(registries) = registries {
                self.registries.replace(registries)?;
            }
        }
        if is_other {
            server.replace(http)?;
        }
        *running = Running { given, settings };
        Ok(json::ReloadedSettings { changed, needs_restart })
    }
}

/// The settings of the HTTP API.
///
/// # Errors
/// A secret cannot be read, or everybody could do everything.
pub(crate) fn http(
    settings: &Settings,
    operator: &SharedSecret,
    identities: Option<Arc<Identities>>,
) -> anyhow::Result<limpid_server::Settings> {
    let http = settings.events.apply(settings.http.clone())?;
    let required = settings.access.required(settings.is_reached())?;
    let access = AccessControl { required, operator: Some(operator.clone()), identities };
    let connections = descriptors::connections(http.connections, settings.store.open_files);
    Ok(limpid_server::Settings {
        admission: settings.admission.clone(),
        ready: settings.ready.clone(),
        harbor: settings.harbor.clone(),
        clair: settings.clair.clone(),
        access,
        connections,
        ..http
    })
}

/// Makes or changes the watches of the settings.
///
/// # Errors
/// One of them makes no sense, or the store fails.
pub(crate) fn put_watches(settings: &Settings, scanner: &Scanner) -> anyhow::Result<()> {
    for (name, watch) in &settings.watches.each {
        let what = || format!("settings: watch `{name}`");
        let spec = watch.spec().map_err(anyhow::Error::msg).with_context(what)?;
        scanner.put_watch(name, spec).with_context(what)?;
    }
    Ok(())
}

/// Whether the watches are there, or will be, that subscriptions of the settings name.
fn watches_are_there(settings: &Settings, scanner: &Scanner) -> anyhow::Result<()> {
    for (name, subscription) in &settings.subscriptions {
        let what = || format!("settings: subscription `{name}`");
        let spec = subscription_of(name, subscription)?;
        for watch in spec.filter.watches.iter().filter(|watch| !settings.watches.each.contains_key(*watch)) {
            scanner.watch_state(watch).with_context(what)?;
        }
    }
    Ok(())
}

/// Makes or changes the subscriptions of the settings.
///
/// # Errors
/// One of them makes no sense, or the store fails.
pub(crate) fn put_subscriptions(settings: &Settings, delivery: &Delivery) -> anyhow::Result<()> {
    for (name, subscription) in &settings.subscriptions {
        let what = || format!("settings: subscription `{name}`");
        let spec = subscription_of(name, subscription)?;
        delivery.subscribe(name, spec).with_context(what)?;
    }
    Ok(())
}
