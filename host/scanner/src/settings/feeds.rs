use std::collections::BTreeMap;
use std::time::Duration;

use limpid_fetch::{DocumentOptions, PlainHttp};
use limpid_model::seconds;
use serde::{Deserialize, Serialize};

/// How feeds are fetched: the settings `feeds.*`. Times are in seconds, sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedSettings {
    /// Whether the service fetches feeds by itself.
    pub fetch: bool,
    /// How long after the beginning of a run the next one is due.
    #[serde(with = "seconds")]
    pub interval: Duration,
    /// By how much of the interval, in percent, a run comes earlier or later, by chance, so that
    /// not all who fetch a feed do so at once.
    pub jitter_percent: u64,
    /// How long after a failed run the next one is due; twice as long after each further failure,
    /// up to the interval.
    #[serde(with = "seconds")]
    pub retry: Duration,
    /// Feeds fetched at a time.
    pub jobs: usize,
    /// Documents of one feed fetched and read at a time.
    pub documents: usize,
    /// Advisories that one document may state.
    pub advisories: usize,
    /// Percentage of the advisories that a source stated before which a whole document of it must
    /// still state. One that states fewer, or none, is refused, unless it is forced.
    pub least_percent: u64,
    /// Size of a document as it is sent.
    pub document_bytes: u64,
    /// How long a document may take.
    #[serde(with = "seconds")]
    pub document_time: Duration,
    /// How long nothing of a document may come.
    #[serde(with = "seconds")]
    pub idle_time: Duration,
    /// How often an address is tried in one run.
    pub attempts: u32,
    /// How long to wait after the first failure of an address; twice as long after each further one.
    #[serde(with = "seconds")]
    pub backoff: Duration,
    /// How long to wait at most before another try. A publisher that asks for more time is given it:
    /// the run ends, and the next one is due then.
    #[serde(with = "seconds")]
    pub longest_wait: Duration,
    /// Documents of one run that are named by others.
    pub follow_documents: usize,
    /// How many documents deep one may be named by another.
    pub follow_depth: usize,
    /// Changes of one feed that are kept since a run that brought all; beyond, the next run does so
    /// again.
    pub kept_deltas: u64,
    /// Size of those.
    pub kept_delta_bytes: u64,
    /// Whether documents may come unencrypted from other machines than this.
    pub plain_http: bool,
    /// Address of a proxy; empty: the one that the environment names.
    pub proxy: String,
    /// What holds for one feed only, by its name.
    #[serde(flatten)]
    pub each: BTreeMap<String, OneFeed>,
}

/// What holds for one feed: the settings `feeds.NAME.*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OneFeed {
    /// Whether the service fetches it by itself.
    pub enabled: bool,
    /// How long after the beginning of a run the next one is due, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<u64>,
    /// What to ask, in this order, in the place of addresses that begin with the key.
    pub mirrors: BTreeMap<String, Vec<String>>,
    /// Hosts, with their ports where they have one of their own, that its documents may name further
    /// ones at, besides those at which it starts; and internal ones that it may start at.
    pub hosts: Vec<String>,
}

impl Default for FeedSettings {
    fn default() -> Self {
        Self {
            fetch: true,
            interval: Duration::from_secs(6 * 3600),
            jitter_percent: 10,
            retry: Duration::from_secs(300),
            jobs: 2,
            documents: 4,
            advisories: 2_000_000,
            least_percent: 10,
            document_bytes: 4 << 30,
            document_time: Duration::from_secs(3600),
            idle_time: Duration::from_secs(60),
            attempts: 3,
            backoff: Duration::from_secs(2),
            longest_wait: Duration::from_secs(60),
            follow_documents: 100_000,
            // As many pages as one may lead to the next.
            follow_depth: 1_000,
            kept_deltas: 50_000,
            kept_delta_bytes: 1 << 30,
            plain_http: false,
            proxy: String::new(),
            each: BTreeMap::new(),
        }
    }
}

impl Default for OneFeed {
    fn default() -> Self {
        Self { enabled: true, interval: None, mirrors: BTreeMap::new(), hosts: Vec::new() }
    }
}

impl FeedSettings {
    /// Whether the service fetches a feed by itself.
    pub fn is_scheduled(&self, feed: &str) -> bool {
        self.fetch && self.each.get(feed).is_none_or(|one| one.enabled)
    }

    /// How long after the beginning of a run the next one is due.
    pub(crate) fn interval_of(&self, feed: &str) -> Duration {
        let own = self.each.get(feed).and_then(|one| one.interval);
        own.map_or(self.interval, Duration::from_secs)
    }

    /// Hosts that documents of a feed may name further ones at.
    pub(crate) fn hosts_of(&self, feed: &str) -> &[String] {
        self.each.get(feed).map_or(&[], |one| &one.hosts)
    }

    /// How documents of a feed are fetched.
    pub(crate) fn options_for(&self, feed: &str) -> DocumentOptions {
        let one = self.each.get(feed).cloned().unwrap_or_default();
        DocumentOptions {
            bytes: self.document_bytes,
            setting: "feeds.document_bytes",
            time: self.document_time,
            idle: self.idle_time,
            attempts: self.attempts,
            backoff: self.backoff,
            longest_wait: self.longest_wait,
            plain_http: if self.plain_http { PlainHttp::Anywhere } else { PlainHttp::Loopback },
            proxy: Some(self.proxy.clone()),
            mirrors: one.mirrors,
            hosts: one.hosts,
        }
    }
}
