use std::time::Duration;

use anyhow::{Context as _, bail};
use limpid_formats::json::SubscriptionWanted;
use limpid_model::SubscriptionSpec;
use limpid_scanner::NoticeSettings;
use serde::{Deserialize, Serialize};

/// How notices are delivered. Times are seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Notices {
    /// For how long a notice waits that tells the contrary of one before it.
    pub(crate) flap_window: u64,
    /// Messages on their way at a time.
    pub(crate) workers: usize,
    /// Attempts after which a notice is given up.
    pub(crate) attempts: u32,
    /// Age from which on a notice is given up when an attempt fails.
    pub(crate) give_up: u64,
    /// How long after the first failure it is tried again; each further failure doubles it.
    pub(crate) backoff: u64,
    /// The longest of these waits.
    pub(crate) longest_backoff: u64,
    /// How long notices are kept that were delivered or given up.
    pub(crate) retention: u64,
    /// Notices in one digest; more make several.
    pub(crate) digest_notices: usize,
    /// Size of one digest, in bytes.
    pub(crate) digest_bytes: usize,
    /// Whether notices may go to other machines unencrypted.
    pub(crate) unencrypted: bool,
    /// Whether notices may go to addresses that are not public.
    pub(crate) private_addresses: bool,
    /// How long a connection may take to be made.
    pub(crate) connect_time: u64,
    /// How long a receiver may take to acknowledge.
    pub(crate) answer_time: u64,
}

impl Default for Notices {
    fn default() -> Self {
        let delivery = NoticeSettings::default();
        let sending = limpid_deliver::Settings::default();
        let flap_window = limpid_scanner::Settings::new(std::path::PathBuf::new()).flap_window;
        Self {
            flap_window: flap_window / 1_000,
            workers: delivery.workers,
            attempts: delivery.attempts,
            give_up: delivery.give_up / 1_000,
            backoff: delivery.backoff / 1_000,
            longest_backoff: delivery.longest_backoff / 1_000,
            retention: delivery.retention / 1_000,
            digest_notices: delivery.digest_notices,
            digest_bytes: delivery.digest_bytes,
            unencrypted: sending.unencrypted,
            private_addresses: sending.private_addresses,
            connect_time: sending.connect_time.as_secs(),
            answer_time: sending.answer_time.as_secs(),
        }
    }
}

impl Notices {
    /// What affects who is told when.
    pub(crate) const fn delivery(&self) -> NoticeSettings {
        NoticeSettings {
            workers: self.workers,
            attempts: self.attempts,
            give_up: self.give_up.saturating_mul(1_000),
            backoff: self.backoff.saturating_mul(1_000),
            longest_backoff: self.longest_backoff.saturating_mul(1_000),
            retention: self.retention.saturating_mul(1_000),
            digest_notices: self.digest_notices,
            digest_bytes: self.digest_bytes,
        }
    }

    /// What affects how messages travel.
    pub(crate) const fn sending(&self) -> limpid_deliver::Settings {
        limpid_deliver::Settings {
            unencrypted: self.unencrypted,
            private_addresses: self.private_addresses,
            connect_time: Duration::from_secs(self.connect_time),
            answer_time: Duration::from_secs(self.answer_time),
        }
    }
}

/// A subscription of the settings: what `PUT /v1/subscriptions/{name}` takes.
pub(crate) type Subscription = SubscriptionWanted;

/// What a subscription of the settings says.
///
/// # Errors
/// It makes no sense, or has no secret: one that is made here would be shown to nobody.
pub(crate) fn subscription_of(name: &str, wanted: &Subscription) -> anyhow::Result<SubscriptionSpec> {
    let what = || format!("settings: subscription `{name}`");
    let spec = wanted.spec().map_err(anyhow::Error::msg).with_context(what)?;
    if wanted.webhook.as_ref().is_some_and(|webhook| webhook.secret.is_none()) {
        bail!("{} needs a `secret`: one that is made here would be shown to nobody", what());
    }
    Ok(spec)
}
