mod access;
mod ages;
mod bundles;
mod by_repository;
mod current;
mod feeds;
mod notices;
mod owners;
mod policies;
mod quotas;
mod retention;
mod steady;
mod watches;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use limpid_formats::rfc3339;
use limpid_matching::OwnedPackages;
use serde::{Deserialize, Serialize};

pub use access::AccessSettings;
pub use ages::{AgeLimits, AgeSettings};
pub use bundles::BundleSettings;
pub use current::{Current, ReplacedTooOften};
pub use feeds::{FeedSettings, OneFeed};
pub use notices::NoticeSettings;
pub use owners::{OwnerSettings, Owners};
pub use policies::PolicySettings;
pub use quotas::{QuotaSettings, Quotas, RepositoryQuota};
pub use retention::{RetentionRule, RetentionRules, RetentionSettings};
use steady::Steady;
pub use watches::WatchSettings;

/// A day in milliseconds, in which settings and histories count.
pub(crate) const DAY: u64 = 24 * 60 * 60 * 1_000;

/// How much the scanner may use, and where.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Directory for archives that were submitted and for unlinked temporary files.
    pub scratch: PathBuf,
    /// Limits on archives and layers.
    pub limits: limpid_layers::Limits,
    /// Images indexed at a time (`index.jobs`).
    pub jobs: usize,
    /// Layers of one image read at a time (`index.layers`).
    pub layers: usize,
    /// Submissions that may wait; one more is refused (`index.queue`).
    pub queue: usize,
    /// Whether a submission waits where no detector is loaded: its report would only say that nothing was
    /// found.
    pub waits_for_detectors: bool,
    /// How soon what this machine failed is tried again.
    pub retry: Retry,
    /// Free bytes of the file system of `scratch` below which it is full: nothing more is taken on, and
    /// the service is not ready (`index.free_bytes`).
    pub free_bytes: u64,
    /// Kinds of files that are counted where nobody reads them (`coverage.kinds`).
    pub kinds: Arc<limpid_layers::Kinds>,
    /// How feeds are fetched.
    pub feeds: FeedSettings,
    /// Limits on what the files hold that feeds are read from.
    pub documents: limpid_documents::Limits,
    /// Which bundles of documents are ingested (`bundles`).
    pub bundles: BundleSettings,
    /// How much may be kept of who may do what (`access`).
    pub access: AccessSettings,
    /// What counts of that which is attached to images in registries (`attached`).
    pub attached: Arc<limpid_images::Attaching>,
    /// How much may be decided on findings (`policies`).
    pub policies: PolicySettings,
    /// How old findings may be (`ages`).
    pub ages: AgeSettings,
    /// Whose repositories are whose (`owners`).
    pub owners: Arc<Owners>,
    /// How much may be kept (`quotas`).
    pub quotas: Arc<Quotas>,
    /// Which images are removed by themselves (`retention`).
    pub retention: RetentionSettings,
    /// Whether packages whose files the distribution put there are judged by the advisories of
    /// their own ecosystem, too (`reports.judge_owned`).
    pub judge_owned: bool,
    /// Images of a repository among which the newest is looked for (`reports.base_candidates`).
    pub base_candidates: usize,
    /// For how long a notice that tells the contrary of one before it is deferred, in milliseconds
    /// (`notices.flap_window`, in seconds).
    pub flap_window: u64,
    /// How long it is kept what advisories stated before they changed, in milliseconds
    /// (`history.days`).
    pub history: u64,
    /// How notices are delivered (`notices`).
    pub notices: NoticeSettings,
    /// How registries are watched (`watches`).
    pub watches: WatchSettings,
    /// Versions of which keys are asked in one call of a scheme.
    pub versions_a_call: usize,
    /// Which files of layers are kept.
    pub keep: Keep,
    /// Keys under which secrets are kept (`secrets.key_file`).
    pub secrets: Arc<limpid_seal::Keys>,
    /// What time it is.
    pub clock: Clock,
}

impl Settings {
    /// What becomes of packages whose files the distribution put there.
    pub(crate) const fn owned_packages(&self) -> OwnedPackages {
        if self.judge_owned { OwnedPackages::Judged } else { OwnedPackages::LeftToDistribution }
    }

    /// The defaults, with a directory for temporary files.
    pub fn new(scratch: PathBuf) -> Self {
        Self {
            scratch,
            limits: limpid_layers::Limits::default(),
            jobs: 2,
            layers: 2,
            queue: 1_000,
            waits_for_detectors: true,
            retry: Retry::default(),
            free_bytes: 16 << 20,
            kinds: Arc::default(),
            feeds: FeedSettings::default(),
            documents: limpid_documents::Limits::default(),
            bundles: BundleSettings::default(),
            access: AccessSettings::default(),
            attached: Arc::default(),
            policies: PolicySettings::default(),
            ages: AgeSettings::default(),
            owners: Arc::default(),
            quotas: Arc::default(),
            retention: RetentionSettings::default(),
            judge_owned: false,
            base_candidates: 256,
            flap_window: 600_000,
            notices: NoticeSettings::default(),
            watches: WatchSettings::default(),
            history: 90 * DAY,
            versions_a_call: 10_000,
            keep: Keep::default(),
            secrets: Arc::default(),
            clock: Clock::system(),
        }
    }
}

/// How soon a submission is tried again that could not be indexed for a reason that is not its archive's, in
/// milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// After the first failure; twice as long after each more (`index.backoff`, in seconds).
    pub backoff: u64,
    /// At most (`index.longest_backoff`, in seconds).
    pub longest_backoff: u64,
    /// How often a submission is tried for which there is no answer from where its images are
    /// (`index.source_attempts`); then it fails.
    pub source_attempts: u32,
}

impl Default for Retry {
    fn default() -> Self {
        Self { backoff: 1_000, longest_backoff: 60_000, source_attempts: 20 }
    }
}

/// Which claimed files are kept, so that a detector that comes later is shown them without reading
/// their layer again. Sizes are in bytes, as the files are in the layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keep {
    /// Size of one file (`keep.file_bytes`); a larger one is not kept.
    pub file_bytes: u64,
    /// Size of all kept files of one layer (`keep.layer_bytes`); those over it are not kept.
    pub layer_bytes: u64,
    /// What all kept files together may take in the store (`keep.total_bytes`); beyond it, the files
    /// of the images that were indexed longest ago go first.
    pub total_bytes: u64,
}

impl Default for Keep {
    fn default() -> Self {
        Self { file_bytes: 8 << 20, layer_bytes: 32 << 20, total_bytes: 8 << 30 }
    }
}

/// What time it is, in milliseconds since 1970; tests bring their own.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// Of the system's.
    steady: Option<Arc<Steady>>,
}

impl Clock {
    /// The system's clock, but for what is set back.
    pub fn system() -> Self {
        let steady = Arc::<Steady>::default();
        let clock = Arc::clone(&steady);
        Self { now: Arc::new(move || clock.now(wall(), Instant::now())), steady: Some(steady) }
    }

    /// A clock of one's own.
    pub fn new(now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), steady: None }
    }

    /// Now, in milliseconds since 1970.
    pub fn now(&self) -> u64 {
        (self.now)()
    }

    /// Goes on from what an earlier process was told last, in milliseconds since 1970, where the system's clock has been
    /// set back since then.
    pub(crate) fn go_on_from(&self, told: u64) {
        if let Some(steady) = &self.steady {
            steady.go_on_from(told, wall(), Instant::now());
        }
    }

    /// The day that it is, as `2026-11-24` in UTC.
    pub(crate) fn today(&self) -> String {
        rfc3339(self.now()).chars().take(10).collect()
    }
}

/// What the system's clock tells, in milliseconds since 1970.
fn wall() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0)
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}
