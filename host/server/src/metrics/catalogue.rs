//! All metrics: what is not here cannot be registered, and `docs/metrics.md` is written from it.

use prometheus_client::registry::{Metric, Registry, Unit};

/// A metric, as the program exports it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Described {
    /// Its name, without the `_total` of counters.
    pub(crate) name: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "the page of metrics is written of it"))]
    pub(crate) kind: Kind,
    #[cfg_attr(not(test), expect(dead_code, reason = "the page of metrics is written of it"))]
    pub(crate) labels: &'static [&'static str],
    pub(crate) meaning: &'static str,
}

/// The type of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    #[cfg(test)]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl Described {
    /// The unit that its name ends in, where it has one.
    pub(crate) fn unit(&self) -> Option<(&'static str, Unit)> {
        let (rest, unit) = self.name.rsplit_once('_')?;
        match unit {
            "seconds" => Some((rest, Unit::Seconds)),
            "bytes" => Some((rest, Unit::Bytes)),
            _ => None,
        }
    }

    pub(crate) fn register(&self, registry: &mut Registry, metric: impl Metric) {
        match self.unit() {
            Some((name, unit)) => registry.register_with_unit(name, self.meaning, unit, metric),
            None => registry.register(self.name, self.meaning, metric),
        }
    }

    /// The name in a query.
    #[cfg(test)]
    pub(crate) fn queried(&self) -> String {
        let end = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("{}{end}", self.name)
    }
}

macro_rules! catalogue {
    ($($id:ident $kind:ident $name:literal [$($label:literal),*] $meaning:literal)*) => {
        $(pub(crate) const $id: Described = Described {
            name: $name,
            kind: Kind::$kind,
            labels: &[$($label),*],
            meaning: $meaning,
        };)*

        /// All of them, in the order in which they are documented.
        #[cfg(test)]
        pub(crate) const ALL: &[Described] = &[$($id),*];
    };
}

catalogue! {
    BUILD Gauge "limpid_build_info" ["version"] "1; the version that runs"
    REQUESTS Counter "limpid_requests" ["path", "method", "status"] "Requests that were answered, by the pattern of their path"
    REQUEST_SECONDS Histogram "limpid_request_seconds" ["path"] "How long it took until the answer began"
    REPORT_SECONDS Histogram "limpid_report_seconds" [] "How long making a report took"
    TURN_WAIT_SECONDS Histogram "limpid_turn_wait_seconds" ["pool"] "How long requests waited for a worker"
    TURNS_WAITING Gauge "limpid_turns_waiting" ["pool"] "Requests that wait for a worker"
    READY Gauge "limpid_ready" ["check"] "1 where a check of `/readyz` passes, 0 where it fails"
    JOBS Gauge "limpid_jobs" ["state"] "Submissions that are not done: `queued`, `running`, or `waiting` to be tried again"
    JOBS_OLDEST Gauge "limpid_jobs_oldest_seconds" [] "Age of the oldest submission that is not done; 0 where all are"
    JOBS_ENDED Counter "limpid_jobs_ended" ["state"] "Submissions that were indexed (`done`) or `refused`"
    JOB_SECONDS Histogram "limpid_job_seconds" [] "How long indexing a submission took"
    JOB_FAILURES Counter "limpid_job_failures" [] "Attempts to index that this machine or a registry failed, and not the image"
    LAYERS Counter "limpid_layers" ["state"] "Layers of indexed submissions that were `read`, or `known` already"
    PLUGIN_LOADED Gauge "limpid_plugin_loaded" ["name", "version", "digest"] "1; plugins that are loaded"
    PLUGIN_QUARANTINED Gauge "limpid_plugin_quarantined" ["name", "version", "digest"] "1 where a plugin is not called any more, because it failed too often"
    PLUGIN_REFUSED Gauge "limpid_plugin_refused" ["file"] "1; files that are no plugins of this program. `GET /v1/plugins` says why"
    PLUGIN_CALLS Counter "limpid_plugin_calls" ["plugin", "call", "outcome"] "Calls of plugins: `answered`, or how they failed (`time`, `memory`, `tables`, `output`, `trap`, `contract`, `refused`, `host`)"
    PLUGIN_CALL_SECONDS Histogram "limpid_plugin_call_seconds" ["plugin", "call"] "How long calls of plugins took, the wait for a free instance not included"
    REFRESHING Gauge "limpid_refreshing" [] "1 while images and advisories are brought up to date with changed plugins"
    FEED_ADVISORIES Gauge "limpid_feed_advisories" ["feed"] "Advisories that are stored, counted for each source"
    FEED_REJECTED Gauge "limpid_feed_rejected" ["feed"] "Records of the last document that could not be used"
    FEED_AGE_SECONDS Gauge "limpid_feed_age_seconds" ["feed"] "How long ago a feed was known to be up to date; absent before the first time"
    FEED_RUNNING Gauge "limpid_feed_running" ["feed"] "1 while a feed is being fetched"
    FEED_FAILURES Gauge "limpid_feed_failures" ["feed"] "Runs that failed since the last one that did not"
    FEED_FAILING_SINCE Gauge "limpid_feed_failing_since_seconds" ["feed"] "When the first of those began, Unix time; 0 where the last one did not fail"
    FEED_LAST_SUCCESS Gauge "limpid_feed_last_success_seconds" ["feed"] "When a document was last ingested, Unix time"
    FEED_LAST_FAILURE Gauge "limpid_feed_last_failure_seconds" ["feed"] "When a document was last refused, Unix time"
    FEED_RUNS Counter "limpid_feed_runs" ["feed"] "Runs that ended"
    FEED_RUNS_FAILED Counter "limpid_feed_runs_failed" ["feed"] "Those of them that failed"
    FEED_RUN_SECONDS Counter "limpid_feed_run_seconds" ["feed"] "How long all runs took together"
    FEED_LAST_RUN_SECONDS Gauge "limpid_feed_last_run_seconds" ["feed"] "How long the last run took"
    NOTICES_PENDING Gauge "limpid_notices_pending" ["subscription"] "Notices that wait to be delivered"
    NOTICES_OLDEST Gauge "limpid_notices_oldest_pending_seconds" ["subscription"] "Age of the oldest of those; 0 where none waits"
    NOTICES_DELIVERED Counter "limpid_notices_delivered" ["subscription"] "Notices that were delivered"
    NOTICES_DEAD Counter "limpid_notices_dead" ["subscription"] "Notices that were given up"
    WATCH_TAGS Gauge "limpid_watch_tags" ["watch"] "Tags that are followed"
    WATCH_TAGS_GONE Gauge "limpid_watch_tags_gone" ["watch"] "Tags that are gone and wait to be dropped"
    WATCH_FAILURES Gauge "limpid_watch_failures" ["watch"] "Listings that failed since the last complete one"
    WATCH_FAILED Gauge "limpid_watch_failed" ["watch"] "What failed of single repositories in the last listing"
    WATCH_LAST_COMPLETE Gauge "limpid_watch_last_complete_seconds" ["watch"] "When a listing was last complete, Unix time"
    PUSHES Counter "limpid_pushes" ["state"] "Tags of push notifications: `accepted`, `ignored` or `put-off`"
    DISK_FREE Gauge "limpid_disk_free_bytes" [] "Free room of the file system of the data directory"
    DISK_SIZE Gauge "limpid_disk_size_bytes" [] "Size of that file system"
    STORE_FILES Gauge "limpid_store_files_bytes" [] "Table files of the store"
    STORE_UNMERGED Gauge "limpid_store_unmerged_bytes" [] "What the store has still to merge, as it estimates"
    STORE_MEMORY Gauge "limpid_store_memory_bytes" ["kind"] "Memory of the store: `cached` blocks, and what is `buffered` before it is in a file"
    STORE_ROWS Gauge "limpid_store_rows" [] "Rows of the store, as it estimates"
    STORE_FAILURES Counter "limpid_store_background_failures" [] "Failures of what the store does in the background, since it was opened"
    STORE_COMMIT_SECONDS Histogram "limpid_store_commit_seconds" [] "How long commits to the store took"
    SPANS Counter "limpid_spans" ["state"] "Spans of traces: `sent`, `dropped` because too many waited, or `failed` to be sent. Absent where no collector is named"
    SPANS_WAITING Gauge "limpid_spans_waiting" [] "Spans that wait to be sent"
    PROCESS_RESIDENT Gauge "process_resident_memory_bytes" [] "Memory that the process has"
    PROCESS_VIRTUAL Gauge "process_virtual_memory_bytes" [] "Address space of the process; most of it is reserved for plugins, and not used"
    PROCESS_FILES Gauge "process_open_fds" [] "Open file descriptors"
    PROCESS_MOST_FILES Gauge "process_max_fds" [] "Most file descriptors that the process may open; absent where there is no limit"
    PROCESS_THREADS Gauge "process_threads" [] "Threads of the process"
    PROCESS_CPU Counter "process_cpu_seconds" [] "Time of processors that the process has taken"
    PROCESS_START Gauge "process_start_time_seconds" [] "When the process began, Unix time"
}
