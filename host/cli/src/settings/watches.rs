use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use limpid_formats::json::WatchWanted;
use limpid_scanner::WatchSettings;
use limpid_server::SharedSecret;
use serde::{Deserialize, Serialize};

/// Longest secret of push notifications, in bytes.
const SECRET_BYTES: usize = 4_096;

/// How registries are watched, and which. Times are seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Watches {
    /// How long after the beginning of a listing the next one is due.
    pub(crate) interval: u64,
    /// How long after a failed one; each further failure doubles it, up to the interval.
    pub(crate) retry: u64,
    /// How long what is gone from a registry is kept.
    pub(crate) grace: u64,
    /// Watches listed at a time.
    pub(crate) jobs: usize,
    /// Repositories of one watch listed at a time.
    pub(crate) requests: usize,
    /// Tags of push notifications that may wait.
    pub(crate) pushes: usize,
    /// Images an hour that are fetched again because not all files were kept that detectors claim.
    pub(crate) refetches: u64,
    /// For how long it is looked what comes to be attached to an image.
    pub(crate) attached: u64,
    /// How often the referrers of an image are asked for, at most.
    pub(crate) referrers: u64,
    /// Watches by name: made or changed when the service starts.
    #[serde(flatten)]
    pub(crate) each: BTreeMap<String, WatchWanted>,
}

impl Default for Watches {
    fn default() -> Self {
        let defaults = WatchSettings::default();
        Self {
            interval: defaults.interval.as_secs(),
            retry: defaults.retry.as_secs(),
            grace: defaults.grace.as_secs(),
            jobs: defaults.jobs,
            requests: defaults.requests,
            pushes: defaults.pushes,
            refetches: defaults.refetches,
            attached: defaults.attached.as_secs(),
            referrers: defaults.referrers.as_secs(),
            each: BTreeMap::new(),
        }
    }
}

impl Watches {
    /// How registries are watched.
    pub(crate) const fn watching(&self) -> WatchSettings {
        WatchSettings {
            interval: Duration::from_secs(self.interval),
            retry: Duration::from_secs(self.retry),
            grace: Duration::from_secs(self.grace),
            jobs: self.jobs,
            requests: self.requests,
            pushes: self.pushes,
            refetches: self.refetches,
            attached: Duration::from_secs(self.attached),
            referrers: Duration::from_secs(self.referrers),
        }
    }
}

/// Push notifications of registries.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Events {
    /// What registries send in `Authorization`.
    #[serde(skip_serializing)]
    secret: Option<String>,
    /// A file that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_file: Option<PathBuf>,
}

impl Events {
    /// A file that holds the secret.
    pub(super) fn secret_file(&self) -> Option<&Path> {
        self.secret_file.as_deref()
    }

    /// The settings of the HTTP API with the secret in them.
    ///
    /// # Errors
    /// The secret cannot be read, or is none.
    pub(crate) fn apply(&self, http: limpid_server::Settings) -> anyhow::Result<limpid_server::Settings> {
        let secret = match (&self.secret, &self.secret_file) {
            (None, None) => return Ok(http),
            (Some(_), Some(_)) => bail!("settings: `events` has one of `secret` and `secret_file`, not both"),
            (Some(secret), None) => secret.clone(),
            (None, Some(path)) => std::fs::read_to_string(path).with_context(|| {
                format!("file `{}` of setting `events.secret_file` cannot be read", path.display())
            })?,
        };
        let secret = secret.trim();
        if secret.is_empty() || secret.len() > SECRET_BYTES {
            bail!("settings: the secret of `events` has 1 to {SECRET_BYTES} bytes");
        }
        Ok(limpid_server::Settings { event_secret: Some(SharedSecret::new(secret)), ..http })
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events").field("secret_file", &self.secret_file).finish_non_exhaustive()
    }
}
