//! Metrics in the [OpenMetrics text format](https://prometheus.io/docs/specs/om/open_metrics_spec/).
//! What is already counted elsewhere is read when it is asked for; only requests are counted here.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use limpid_model::{FeedState, PushesTaken, SubscriptionState, WatchState};
use limpid_scanner::{JobTimes, QueueLength, Room, RunTimes, Scanner};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// What is counted from the start of the process on.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    requests: Family<Answered, Counter<u64, AtomicU64>>,
    durations: Family<Path, Histogram, fn() -> Histogram>,
    reports: Histogram,
    waits: Family<Pool, Histogram, fn() -> Histogram>,
    waiting: Family<Pool, Gauge>,
    pushes: Family<State, Counter<u64, AtomicU64>>,
}

/// Bounds of durations of requests, in seconds.
const DURATIONS: [f64; 10] = [0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 20.0, 60.0, 300.0];

/// The same of reports, of which each is worth a look: they are what the service is for.
const REPORTS: [f64; 12] = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.5, 2.0, 10.0, 60.0];

/// The same of waits for a turn.
const WAITS: [f64; 9] = [0.000_1, 0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0];

impl Default for Metrics {
    fn default() -> Self {
        let durations: fn() -> Histogram = || Histogram::new(DURATIONS);
        let waits: fn() -> Histogram = || Histogram::new(WAITS);
        Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(durations),
            reports: Histogram::new(REPORTS),
            waits: Family::new_with_constructor(waits),
            waiting: Family::default(),
            pushes: Family::default(),
        }
    }
}

/// Those who wait for a turn in one pool.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    waits: Histogram,
    waiting: Gauge,
}

/// One of them, until this is dropped.
pub(crate) struct Waiting<'t> {
    turns: &'t Turns,
    began: Instant,
}

impl Turns {
    pub(crate) fn wait(&self) -> Waiting<'_> {
        self.waiting.inc();
        Waiting { turns: self, began: Instant::now() }
    }
}

impl Drop for Waiting<'_> {
    /// Who gives up has waited as well.
    fn drop(&mut self) {
        self.turns.waiting.dec();
        self.turns.waits.observe(self.began.elapsed().as_secs_f64());
    }
}

/// Where requests take turns.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Pool {
    pool: &'static str,
}

/// Requests of one path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Path {
    /// Its pattern.
    path: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

/// Requests of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    /// The path's pattern: `/v1/images/{digest}`.
    path: String,
    method: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Plugin {
    name: String,
    version: String,
    digest: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    file: String,
    reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Subscription {
    subscription: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Feed {
    feed: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Watch {
    watch: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

/// How the queue of submissions stands, and how much room there is for more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Submissions {
    pub(crate) jobs: QueueLength,
    pub(crate) times: JobTimes,
    /// None where the system does not say.
    pub(crate) room: Option<Room>,
}

impl Metrics {
    /// Counts a request that was answered.
    pub(crate) fn answered(&self, path: &str, method: &str, status: u16, took: Duration) {
        let labels = Answered { path: path.to_owned(), method: method.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        self.durations.get_or_create(&Path { path: path.to_owned() }).observe(took.as_secs_f64());
    }

    /// Counts a report that was made, the wait for its turn not included.
    pub(crate) fn reported(&self, took: Duration) {
        self.reports.observe(took.as_secs_f64());
    }

    /// Counts the tags of a push notification.
    pub(crate) fn pushed(&self, taken: &PushesTaken) {
        let states = [("accepted", taken.accepted), ("ignored", taken.ignored), ("put-off", taken.put_off)];
        for (state, number) in states {
            self.pushes.get_or_create(&State { state }).inc_by(number);
        }
    }

    /// Those who wait for a turn in the pool of that name.
    pub(crate) fn turns(&self, pool: &'static str) -> Turns {
        let labels = Pool { pool };
        Turns {
            waits: self.waits.get_or_create(&labels).clone(),
            waiting: self.waiting.get_or_create(&labels).clone(),
        }
    }

    /// All metrics as text.
    pub(crate) fn text(
        &self,
        scanner: &Scanner,
        feeds: &[FeedState],
        (subscriptions, watches): (&[SubscriptionState], &[WatchState]),
        runs: &BTreeMap<String, RunTimes>,
        submissions: Submissions,
    ) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::with_prefix("limpid");
        registry.register("requests", "Requests that were answered", self.requests.clone());
        let durations = self.durations.clone();
        registry.register("request_seconds", "How long answering took, the body not included", durations);
        registry.register("report_seconds", "How long making a report took", self.reports.clone());
        let (waits, waiting) = (self.waits.clone(), self.waiting.clone());
        registry.register("turn_wait_seconds", "How long requests waited for their turn", waits);
        registry.register("turns_waiting", "Requests that wait for their turn", waiting);
        let build = Family::<Build, Gauge>::default();
        build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build", "The version that runs", build);
        plugins(&mut registry, scanner);
        let refreshing: Gauge = Gauge::default();
        refreshing.set(i64::from(scanner.is_refreshing()));
        registry.register("refreshing", "1 while what plugins have changed is being refreshed", refreshing);
        of_submissions(&mut registry, submissions);
        of_feeds(&mut registry, feeds);
        of_runs(&mut registry, runs);
        of_notices(&mut registry, subscriptions, scanner.settings().clock.now());
        of_watches(&mut registry, watches);
        registry.register("pushes", "Tags of push notifications", self.pushes.clone());
        let mut out = String::new();
        text::encode(&mut out, &registry)?;
        Ok(out)
    }
}

fn plugins(registry: &mut Registry, scanner: &Scanner) {
    let (loaded, quarantined) = (Family::<Plugin, Gauge>::default(), Family::<Plugin, Gauge>::default());
    let refused = Family::<Refused, Gauge>::default();
    let snapshot = scanner.plugins();
    for plugin in snapshot.plugins() {
        let id = plugin.id();
        let labels =
            Plugin { name: id.name.clone(), version: id.version.clone(), digest: id.digest.to_string() };
        loaded.get_or_create(&labels).set(1);
        quarantined.get_or_create(&labels).set(i64::from(plugin.quarantined().is_some()));
    }
    for file in snapshot.refused() {
        let labels = Refused {
            file: file.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            reason: limpid_model::chain(&file.reason),
        };
        refused.get_or_create(&labels).set(1);
    }
    registry.register("plugin_loaded", "Plugins that are loaded", loaded);
    registry.register("plugin_quarantined", "1 where a plugin is not called any more", quarantined);
    registry.register("plugin_refused", "Files that were refused, and why", refused);
}

fn of_submissions(registry: &mut Registry, Submissions { jobs, times, room }: Submissions) {
    let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let states = Family::<State, Gauge>::default();
    for (state, number) in [("queued", jobs.queued), ("running", jobs.running), ("waiting", jobs.waiting)] {
        states.get_or_create(&State { state }).set(whole(number));
    }
    registry.register(
        "jobs",
        "Submissions that are not done, those that wait for this machine among them",
        states,
    );
    let failures = Counter::<u64, AtomicU64>::default();
    failures.inc_by(jobs.failures);
    registry.register(
        "job_failures",
        "Tries to index that this machine failed, and not the archive",
        failures,
    );
    let ended = Family::<State, Counter<u64, AtomicU64>>::default();
    ended.get_or_create(&State { state: "done" }).inc_by(times.done);
    ended.get_or_create(&State { state: "refused" }).inc_by(times.refused);
    registry.register("jobs_ended", "Submissions that were indexed, or refused", ended);
    let time = Counter::<f64, AtomicU64>::default();
    time.inc_by(times.time.as_secs_f64());
    registry.register("job_seconds", "How long indexing took, all together", time);
    if let Some(room) = room {
        let free: Gauge = Gauge::default();
        free.set(i64::try_from(room.free).unwrap_or(i64::MAX));
        registry.register("disk_free_bytes", "Room that is left for submissions", free);
    }
}

fn of_feeds(registry: &mut Registry, feeds: &[FeedState]) {
    let advisories = Family::<Feed, Gauge>::default();
    let rejected = Family::<Feed, Gauge>::default();
    let success = Family::<Feed, Gauge>::default();
    let failure = Family::<Feed, Gauge>::default();
    let age = Family::<Feed, Gauge>::default();
    let failures = Family::<Feed, Gauge>::default();
    let failing = Family::<Feed, Gauge>::default();
    let running = Family::<Feed, Gauge>::default();
    let seconds = |milliseconds: u64| i64::try_from(milliseconds / 1000).unwrap_or(i64::MAX);
    for feed in feeds {
        let labels = Feed { feed: feed.name.clone() };
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        advisories.get_or_create(&labels).set(whole(feed.advisories));
        rejected.get_or_create(&labels).set(whole(feed.rejected));
        let since = feed.last_success.map(|at| seconds(feed.now.saturating_sub(at)));
        if let Some(since) = since {
            age.get_or_create(&labels).set(since);
        }
        failures.get_or_create(&labels).set(whole(feed.runs.failures));
        failing.get_or_create(&labels).set(feed.runs.failing_since.map_or(0, seconds));
        running.get_or_create(&labels).set(i64::from(feed.runs.is_running));
        success.get_or_create(&labels).set(feed.last_success.map_or(0, seconds));
        failure
            .get_or_create(&labels)
            .set(feed.last_failure.as_ref().map_or(0, |failure| seconds(failure.at)));
    }
    registry.register("feed_advisories", "Advisories that are kept, counted for each source", advisories);
    registry.register("feed_rejected", "Records of the last document that could not be used", rejected);
    registry.register("feed_age_seconds", "Since when nothing newer is known", age);
    registry.register("feed_failures", "Runs that have failed since the last one that did not", failures);
    registry.register("feed_failing_since_seconds", "When the first of those began, Unix time", failing);
    registry.register("feed_running", "1 while the feed is being fetched", running);
    registry.register("feed_last_success_seconds", "When a document was last ingested, Unix time", success);
    registry.register("feed_last_failure_seconds", "When a document was last refused, Unix time", failure);
}

fn of_runs(registry: &mut Registry, runs: &BTreeMap<String, RunTimes>) {
    let ended = Family::<Feed, Counter<u64, AtomicU64>>::default();
    let failed = Family::<Feed, Counter<u64, AtomicU64>>::default();
    let time = Family::<Feed, Counter<f64, AtomicU64>>::default();
    let last = Family::<Feed, Gauge<f64, AtomicU64>>::default();
    for (feed, times) in runs {
        let labels = Feed { feed: feed.clone() };
        ended.get_or_create(&labels).inc_by(times.runs);
        failed.get_or_create(&labels).inc_by(times.failed);
        time.get_or_create(&labels).inc_by(times.time.as_secs_f64());
        last.get_or_create(&labels).set(times.last.as_secs_f64());
    }
    registry.register("feed_runs", "Runs that have ended", ended);
    registry.register("feed_runs_failed", "Those that have failed", failed);
    registry.register("feed_run_seconds", "How long all of them took together", time);
    registry.register("feed_last_run_seconds", "How long the last one took", last);
}

fn of_watches(registry: &mut Registry, watches: &[WatchState]) {
    let [tags, gone, failures, failed, complete] = std::array::from_fn(|_| Family::<Watch, Gauge>::default());
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    for state in watches {
        let (labels, listings) = (Watch { watch: state.watch.name.clone() }, &state.listings);
        tags.get_or_create(&labels).set(whole(listings.tags));
        gone.get_or_create(&labels).set(whole(listings.gone));
        failures.get_or_create(&labels).set(whole(listings.failures.into()));
        failed.get_or_create(&labels).set(whole(listings.failed_count));
        complete.get_or_create(&labels).set(whole(listings.last_complete.unwrap_or(0) / 1000));
    }
    registry.register("watch_tags", "Tags that are followed", tags);
    registry.register("watch_tags_gone", "Tags that are gone and wait to be dropped", gone);
    registry.register(
        "watch_failures",
        "Listings that have failed since the last one that did not",
        failures,
    );
    registry.register("watch_failed", "What failed of single repositories in the last listing", failed);
    registry.register(
        "watch_last_complete_seconds",
        "When nothing of a listing failed last, Unix time",
        complete,
    );
}

fn of_notices(registry: &mut Registry, subscriptions: &[SubscriptionState], now: u64) {
    let (pending, oldest) =
        (Family::<Subscription, Gauge>::default(), Family::<Subscription, Gauge>::default());
    let delivered = Family::<Subscription, Counter<u64, AtomicU64>>::default();
    let dead = Family::<Subscription, Counter<u64, AtomicU64>>::default();
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    for state in subscriptions {
        let labels = Subscription { subscription: state.subscription.name.clone() };
        let age = state.oldest.map_or(0, |at| now.saturating_sub(at) / 1000);
        pending.get_or_create(&labels).set(whole(state.pending));
        oldest.get_or_create(&labels).set(whole(age));
        delivered.get_or_create(&labels).inc_by(state.delivered);
        dead.get_or_create(&labels).inc_by(state.dead);
    }
    registry.register("notices_pending", "Notices that wait", pending);
    registry.register("notices_oldest_pending_seconds", "Age of the oldest notice that waits", oldest);
    registry.register("notices_delivered", "Notices that were delivered", delivered);
    registry.register("notices_dead", "Notices that were given up", dead);
}
