//! Settings that are read again while the service runs.

use std::fmt;

use limpid_formats::json;
use limpid_model::{AuditRecord, chain};
use limpid_scanner::{Current, Scanner};

use crate::error::{Code, Failure};
use crate::state::AppState;
use crate::{Settings, Workers};

/// Who knows where settings come from.
pub trait Configuration: Send + Sync + fmt::Debug {
    /// The settings that are in force, without secrets.
    ///
    /// # Errors
    /// Why they cannot be shown.
    fn show(&self) -> Result<json::Settings, String>;

    /// Reads all settings again, and puts those in force that can be while the service runs, those of the HTTP API in
    /// `http` among them: all of them, or none. Several may ask for it at once; what is in force in the end is what the
    /// last of them has read.
    ///
    /// # Errors
    /// All that is wrong with them; nothing has changed.
    fn reload(
        &self,
        scanner: &Scanner,
        workers: &Workers,
        http: &Current<Settings>,
    ) -> Result<json::ReloadedSettings, String>;
}

/// Reads all settings again. Blocks.
///
/// # Errors
/// All that is wrong with them; nothing has changed.
pub(crate) fn reload(state: &AppState) -> Result<json::ReloadedSettings, Failure> {
    let result = state.workers.configuration.reload(&state.scanner, &state.workers, &state.settings);
    let reloaded = result.map_err(|why| {
        tracing::error!("settings were read again and stay as they are: {}", one_line(&why));
        Failure::new(Code::BadSettings, format!("nothing has changed: {why}"))
    })?;
    match reloaded.changed.as_slice() {
        [] => tracing::info!("settings were read again: none has changed that can be while the service runs"),
        changed => tracing::info!("settings were read again; changed: {}", changed.join(", ")),
    }
    if !reloaded.needs_restart.is_empty() {
        tracing::warn!("settings have changed that need a restart: {}", reloaded.needs_restart.join(", "));
    }
    Ok(reloaded)
}

/// What is wrong, without the lines of a file that show it.
fn one_line(why: &str) -> String {
    why.lines().filter(|line| !line.starts_with(' ')).collect::<Vec<_>>().join("; ")
}

/// What the record says of it.
pub(crate) fn detail(reloaded: &json::ReloadedSettings) -> String {
    let listed = |keys: &[String]| if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
    format!("changed: {}; needs a restart: {}", listed(&reloaded.changed), listed(&reloaded.needs_restart))
}

/// Reads all settings again because the process was told to by a signal, and records it.
pub(crate) fn reload_by_signal(state: &AppState) {
    let outcome = reload(state);
    let (status, detail) = match &outcome {
        Ok(reloaded) => (200, detail(reloaded)),
        Err(failure) => {
            (failure.status.as_u16(), failure.message.lines().next().unwrap_or_default().to_owned())
        }
    };
    let record = AuditRecord {
        time: 0,
        number: 0,
        who: "signal".to_owned(),
        token: None,
        address: None,
        method: "SIGHUP".to_owned(),
        path: "/v1/settings/reload".to_owned(),
        detail: Some(detail),
        status,
        request: String::new(),
    };
    if let Err(error) = state.scanner.record_change(record) {
        tracing::error!(error = chain(&error), "it cannot be recorded that settings were read again");
    }
}
