//! Metrics in the [OpenMetrics text format](https://prometheus.io/docs/specs/om/open_metrics_spec/).
//! What is already counted elsewhere is read when it is asked for; only requests are counted here. All metrics stand
//! in the [catalogue].

mod catalogue;
mod form;
mod process;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use limpid_model::{FeedState, PushesTaken, SubscriptionState, WatchState};
use limpid_scanner::{JobTimes, QueueLength, Room, RunTimes, Scanner, Sizes};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

pub(crate) use form::Form;

/// What is counted from the start of the process on.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    requests: Family<Answered, Counter<u64, AtomicU64>>,
    durations: Family<Path, Histogram, fn() -> Histogram>,
    reports: Histogram,
    waits: Family<Pool, Histogram, fn() -> Histogram>,
    waiting: Family<Pool, Gauge>,
    pushes: Family<State, Counter<u64, AtomicU64>>,
    ready: Family<Check, Gauge>,
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
            ready: Family::default(),
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
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Check {
    check: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
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

/// What is read when metrics are asked for.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) feeds: Vec<FeedState>,
    pub(crate) subscriptions: Vec<SubscriptionState>,
    pub(crate) watches: Vec<WatchState>,
    pub(crate) runs: BTreeMap<String, RunTimes>,
    pub(crate) jobs: QueueLength,
    pub(crate) times: JobTimes,
    /// When the oldest submission was acknowledged that is not done, in milliseconds since 1970.
    pub(crate) oldest: Option<u64>,
    /// None where the system does not say.
    pub(crate) room: Option<Room>,
    pub(crate) sizes: Sizes,
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

    /// Notes whether a check of the service's readiness passes.
    pub(crate) fn checked(&self, check: &'static str, passes: bool) {
        self.ready.get_or_create(&Check { check }).set(i64::from(passes));
    }

    /// All metrics as text, in OpenMetrics.
    pub(crate) fn text(&self, scanner: &Scanner, read: &Read) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::default();
        let now = scanner.settings().clock.now();
        let build = Family::<Build, Gauge>::default();
        build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        catalogue::BUILD.register(&mut registry, build);
        catalogue::REQUESTS.register(&mut registry, self.requests.clone());
        catalogue::REQUEST_SECONDS.register(&mut registry, self.durations.clone());
        catalogue::REPORT_SECONDS.register(&mut registry, self.reports.clone());
        catalogue::TURN_WAIT_SECONDS.register(&mut registry, self.waits.clone());
        catalogue::TURNS_WAITING.register(&mut registry, self.waiting.clone());
        catalogue::READY.register(&mut registry, self.ready.clone());
        of_submissions(&mut registry, read, now);
        plugins(&mut registry, scanner);
        let refreshing: Gauge = Gauge::default();
        refreshing.set(i64::from(scanner.is_refreshing()));
        catalogue::REFRESHING.register(&mut registry, refreshing);
        of_feeds(&mut registry, &read.feeds);
        of_runs(&mut registry, &read.runs);
        of_notices(&mut registry, &read.subscriptions, now);
        of_watches(&mut registry, &read.watches);
        catalogue::PUSHES.register(&mut registry, self.pushes.clone());
        of_store(&mut registry, scanner, read);
        of_spans(&mut registry);
        process::register(&mut registry);
        let mut out = String::new();
        text::encode(&mut out, &registry)?;
        Ok(out)
    }
}

/// A number as gauges have it.
fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn gauge(value: u64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(whole(value));
    gauge
}

fn counter(value: u64) -> Counter<u64, AtomicU64> {
    let counter = Counter::default();
    counter.inc_by(value);
    counter
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
        let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        refused.get_or_create(&Refused { file: name }).set(1);
    }
    catalogue::PLUGIN_LOADED.register(registry, loaded);
    catalogue::PLUGIN_QUARANTINED.register(registry, quarantined);
    catalogue::PLUGIN_REFUSED.register(registry, refused);
    let times = scanner.registry().times();
    catalogue::PLUGIN_CALLS.register(registry, times.ended.clone());
    catalogue::PLUGIN_CALL_SECONDS.register(registry, times.durations.clone());
}

fn of_submissions(registry: &mut Registry, Read { jobs, times, oldest, .. }: &Read, now: u64) {
    let states = Family::<State, Gauge>::default();
    for (state, number) in [("queued", jobs.queued), ("running", jobs.running), ("waiting", jobs.waiting)] {
        states.get_or_create(&State { state }).set(whole(number as u64));
    }
    catalogue::JOBS.register(registry, states);
    catalogue::JOBS_OLDEST.register(registry, gauge(oldest.map_or(0, |at| now.saturating_sub(at) / 1_000)));
    let ended = Family::<State, Counter<u64, AtomicU64>>::default();
    ended.get_or_create(&State { state: "done" }).inc_by(times.done);
    ended.get_or_create(&State { state: "refused" }).inc_by(times.refused);
    catalogue::JOBS_ENDED.register(registry, ended);
    catalogue::JOB_SECONDS.register(registry, times.took.clone());
    catalogue::JOB_FAILURES.register(registry, counter(jobs.failures));
    let layers = Family::<State, Counter<u64, AtomicU64>>::default();
    layers.get_or_create(&State { state: "read" }).inc_by(times.layers_read);
    layers.get_or_create(&State { state: "known" }).inc_by(times.layers_known);
    catalogue::LAYERS.register(registry, layers);
}

fn of_store(registry: &mut Registry, scanner: &Scanner, Read { room, sizes, .. }: &Read) {
    if let Some(room) = room {
        catalogue::DISK_FREE.register(registry, gauge(room.free));
        catalogue::DISK_SIZE.register(registry, gauge(room.total));
    }
    catalogue::STORE_FILES.register(registry, gauge(sizes.files));
    catalogue::STORE_UNMERGED.register(registry, gauge(sizes.unmerged));
    let memory = Family::<Kind, Gauge>::default();
    memory.get_or_create(&Kind { kind: "buffered" }).set(whole(sizes.buffered));
    memory.get_or_create(&Kind { kind: "cached" }).set(whole(sizes.cached));
    catalogue::STORE_MEMORY.register(registry, memory);
    catalogue::STORE_ROWS.register(registry, gauge(sizes.rows));
    catalogue::STORE_FAILURES.register(registry, counter(sizes.failures));
    catalogue::STORE_COMMIT_SECONDS.register(registry, scanner.commit_times());
}

fn of_spans(registry: &mut Registry) {
    let Some(counts) = limpid_telemetry::counts() else { return };
    let spans = Family::<State, Counter<u64, AtomicU64>>::default();
    for (state, number) in [("sent", counts.sent), ("dropped", counts.dropped), ("failed", counts.failed)] {
        spans.get_or_create(&State { state }).inc_by(number);
    }
    catalogue::SPANS.register(registry, spans);
    catalogue::SPANS_WAITING.register(registry, gauge(counts.waiting));
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
    let seconds = |milliseconds: u64| whole(milliseconds / 1_000);
    for feed in feeds {
        let labels = Feed { feed: feed.name.clone() };
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
    catalogue::FEED_ADVISORIES.register(registry, advisories);
    catalogue::FEED_REJECTED.register(registry, rejected);
    catalogue::FEED_AGE_SECONDS.register(registry, age);
    catalogue::FEED_FAILURES.register(registry, failures);
    catalogue::FEED_FAILING_SINCE.register(registry, failing);
    catalogue::FEED_RUNNING.register(registry, running);
    catalogue::FEED_LAST_SUCCESS.register(registry, success);
    catalogue::FEED_LAST_FAILURE.register(registry, failure);
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
    catalogue::FEED_RUNS.register(registry, ended);
    catalogue::FEED_RUNS_FAILED.register(registry, failed);
    catalogue::FEED_RUN_SECONDS.register(registry, time);
    catalogue::FEED_LAST_RUN_SECONDS.register(registry, last);
}

fn of_watches(registry: &mut Registry, watches: &[WatchState]) {
    let [tags, gone, failures, failed, complete] = std::array::from_fn(|_| Family::<Watch, Gauge>::default());
    for state in watches {
        let (labels, listings) = (Watch { watch: state.watch.name.clone() }, &state.listings);
        tags.get_or_create(&labels).set(whole(listings.tags));
        gone.get_or_create(&labels).set(whole(listings.gone));
        failures.get_or_create(&labels).set(whole(listings.failures.into()));
        failed.get_or_create(&labels).set(whole(listings.failed_count));
        complete.get_or_create(&labels).set(whole(listings.last_complete.unwrap_or(0) / 1000));
    }
    catalogue::WATCH_TAGS.register(registry, tags);
    catalogue::WATCH_TAGS_GONE.register(registry, gone);
    catalogue::WATCH_FAILURES.register(registry, failures);
    catalogue::WATCH_FAILED.register(registry, failed);
    catalogue::WATCH_LAST_COMPLETE.register(registry, complete);
}

fn of_notices(registry: &mut Registry, subscriptions: &[SubscriptionState], now: u64) {
    let (pending, oldest) =
        (Family::<Subscription, Gauge>::default(), Family::<Subscription, Gauge>::default());
    let delivered = Family::<Subscription, Counter<u64, AtomicU64>>::default();
    let dead = Family::<Subscription, Counter<u64, AtomicU64>>::default();
    for state in subscriptions {
        let labels = Subscription { subscription: state.subscription.name.clone() };
        let age = state.oldest.map_or(0, |at| now.saturating_sub(at) / 1000);
        pending.get_or_create(&labels).set(whole(state.pending));
        oldest.get_or_create(&labels).set(whole(age));
        delivered.get_or_create(&labels).inc_by(state.delivered);
        dead.get_or_create(&labels).inc_by(state.dead);
    }
    catalogue::NOTICES_PENDING.register(registry, pending);
    catalogue::NOTICES_OLDEST.register(registry, oldest);
    catalogue::NOTICES_DELIVERED.register(registry, delivered);
    catalogue::NOTICES_DEAD.register(registry, dead);
}
