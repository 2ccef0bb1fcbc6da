mod admission;
mod clair;
mod harbor;
mod network;
mod ready;
mod secret;

use std::sync::Arc;
use std::time::Duration;

use limpid_identity::Identities;
use limpid_model::seconds;
use serde::{Deserialize, Serialize};

pub use admission::{Admission, Otherwise};
pub use clair::Clair;
pub use harbor::Harbor;
pub use network::Network;
pub use ready::Ready;
pub use secret::SharedSecret;

/// Limits of the HTTP API, and who may write by way of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Longest body of an image archive, in bytes (`http.archive_bytes`).
    pub archive_bytes: u64,
    /// Longest body of a feed's document, in bytes (`http.document_bytes`).
    pub document_bytes: u64,
    /// Longest body of a bundle of documents, in bytes (`http.bundle_bytes`).
    pub bundle_bytes: u64,
    /// Bytes of answers that wait for their readers at a time; beyond, requests are put off
    /// (`http.answer_bytes`).
    pub answer_bytes: u64,
    /// Bytes of answers about images that are kept as they were sent, for whoever asks for the same again
    /// (`http.kept_answer_bytes`); 0 keeps none.
    pub kept_answer_bytes: u64,
    /// Longest wait that a request may ask for with `Prefer: wait`, in seconds (`http.wait`).
    #[serde(with = "seconds")]
    pub wait: Duration,
    /// Connections at a time. One more takes the place of the one whose client has let the service wait
    /// for longest, or is put off (`http.connections`).
    pub connections: usize,
    /// How long a client may take to send the head of a request (`http.head_time`).
    #[serde(with = "seconds")]
    pub head_time: Duration,
    /// How long a client may send nothing while its body is due, or read nothing of an answer
    /// (`http.idle_time`).
    #[serde(with = "seconds")]
    pub idle_time: Duration,
    /// Bytes a second that a client sends of a body or reads of an answer at least, on average after
    /// `http.idle_time` (`http.least_rate`).
    pub least_rate: u64,
    /// How long a request may wait for its turn (`http.turn_time`).
    #[serde(with = "seconds")]
    pub turn_time: Duration,
    /// How long requests under way may take to end when the service stops (`http.stop_time`).
    #[serde(with = "seconds")]
    pub stop_time: Duration,
    /// Networks besides this machine from which requests may change something (`http.writers`).
    pub writers: Vec<Network>,
    /// Names by which the service is called, besides those of this machine: requests that change
    /// something must be addressed to one of them (`http.hosts`).
    pub hosts: Vec<String>,
    /// Proxies that stand before the service: what they say of whom they forward for is believed
    /// (`http.proxies`).
    pub proxies: Vec<Network>,
    /// Whether plugins may be changed from other machines that may write (`http.change_plugins`).
    pub change_plugins: bool,
    /// The same of subscriptions (`http.change_subscriptions`): they say where the service sends what
    /// it knows.
    pub change_subscriptions: bool,
    /// How long a request that only reads may take until its answer begins, in seconds
    /// (`http.request_time`).
    #[serde(with = "seconds")]
    pub request_time: Duration,
    /// How long a request that changes something may take as a whole, its body included, and how long an
    /// answer may take to be read, in seconds (`http.transfer_time`). Files that are downloaded are made
    /// within it.
    #[serde(with = "seconds")]
    pub transfer_time: Duration,
    /// Requests at a time that read the store (`http.read_workers`): twice as many as there are
    /// processors, and at least 4. More would only make each other slower and hold more memory.
    pub read_workers: usize,
    /// Those at a time that write (`http.write_workers`): as many again.
    pub write_workers: usize,
    /// Whether there are pages for browsers (`http.web`).
    pub web: bool,
    /// How pods are admitted to clusters (`admission`).
    #[serde(skip)]
    pub admission: Admission,
    /// Whether the service is a scanner of Harbor's (`harbor`).
    #[serde(skip)]
    pub harbor: Harbor,
    /// The API of Clair 4 (`clair`).
    #[serde(skip)]
    pub clair: Clair,
    /// When the service counts as ready (`ready`).
    #[serde(skip)]
    pub ready: Ready,
    /// Who must show a token (`access`).
    #[serde(skip)]
    pub access: AccessControl,
    /// What registries send with push notifications (`events.secret`); where there is none, those may send some who may
    /// submit images.
    #[serde(skip)]
    pub event_secret: Option<SharedSecret>,
}

/// Who must show a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessControl {
    /// Whether everybody must, for all but the health of the service.
    pub required: bool,
    /// What commands show that may read the data directory: they may everything.
    pub operator: Option<SharedSecret>,
    /// Whom others vouch for.
    pub identities: Option<Arc<Identities>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            archive_bytes: 32 << 30,
            document_bytes: 2 << 30,
            bundle_bytes: 16 << 30,
            answer_bytes: 256 << 20,
            kept_answer_bytes: 64 << 20,
            wait: Duration::from_secs(600),
            connections: 1_024,
            head_time: Duration::from_secs(15),
            idle_time: Duration::from_secs(60),
            least_rate: 1_024,
            turn_time: Duration::from_secs(30),
            stop_time: Duration::from_secs(10),
            writers: Vec::new(),
            hosts: Vec::new(),
            proxies: Vec::new(),
            change_plugins: false,
            change_subscriptions: false,
            request_time: Duration::from_secs(120),
            transfer_time: Duration::from_secs(4 * 60 * 60),
            read_workers: workers(),
            write_workers: workers(),
            web: true,
            admission: Admission::default(),
            harbor: Harbor::default(),
            clair: Clair::default(),
            ready: Ready::default(),
            access: AccessControl::default(),
            event_secret: None,
        }
    }
}

fn workers() -> usize {
    std::thread::available_parallelism().map_or(4, |processors| (2 * processors.get()).clamp(4, 64))
}

impl Settings {
    /// How fast clients are to be.
    pub(crate) const fn pace(&self) -> Pace {
        Pace { idle: self.idle_time, least_rate: self.least_rate, whole: self.transfer_time }
    }
}

/// How fast a client is to send or read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// How long nothing may come or go.
    pub(crate) idle: Duration,
    /// Bytes a second, on average after that time.
    pub(crate) least_rate: u64,
    /// How long all of it may take, however fast it comes or goes.
    pub(crate) whole: Duration,
}

impl Pace {
    /// How long so many bytes may take.
    pub(crate) fn time_for(self, bytes: u64) -> Duration {
        let bytes = bytes.checked_div(self.least_rate).unwrap_or(u64::from(u32::MAX));
        self.idle.saturating_add(Duration::from_secs(bytes)).min(self.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_bytes_may_take_long_and_few_may_not() {
        let pace = Pace { idle: Duration::from_secs(60), least_rate: 1_024, whole: Duration::MAX };
        assert_eq!(pace.time_for(0).as_secs(), 60);
        assert_eq!(pace.time_for(10 << 20).as_secs(), 60 + 10_240);
        // No rate is asked for.
        let pace = Pace { least_rate: 0, ..pace };
        assert!(pace.time_for(0).as_secs() > 1 << 31);
        // However fast it is, all of it has an end.
        let pace = Pace { whole: Duration::from_secs(100), ..pace };
        assert_eq!(pace.time_for(u64::MAX).as_secs(), 100);
    }
}
