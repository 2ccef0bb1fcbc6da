use std::time::Duration;

/// How registries are watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchSettings {
    /// How long after the beginning of a listing the next one is due, unless the watch says otherwise
    /// (`watches.interval`).
    pub interval: Duration,
    /// How long after a failed listing the next one is due (`watches.retry`); each further failure doubles it, up to
    /// the interval.
    pub retry: Duration,
    /// How long what is gone from a registry is kept (`watches.grace`).
    pub grace: Duration,
    /// Watches listed at a time (`watches.jobs`).
    pub jobs: usize,
    /// Repositories of one watch that are listed at a time (`watches.requests`).
    pub requests: usize,
    /// Tags of push notifications that may wait (`watches.pushes`).
    pub pushes: usize,
    /// Images an hour that are fetched again because a detector claims files that were not kept
    /// (`watches.refetches`); none where it is 0.
    pub refetches: u64,
    /// For how long after a tag has come to point at an image it is looked what comes to be attached to that
    /// (`watches.attached`); not at all where it is 0.
    pub attached: Duration,
    /// How often the referrers of an image are asked for, at most (`watches.referrers`); never where it is 0.
    pub referrers: Duration,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(3_600),
            retry: Duration::from_secs(60),
            grace: Duration::from_secs(7 * 86_400),
            jobs: 2,
            requests: 4,
            pushes: 10_000,
            refetches: 60,
            attached: Duration::from_secs(30 * 86_400),
            referrers: Duration::from_secs(86_400),
        }
    }
}
