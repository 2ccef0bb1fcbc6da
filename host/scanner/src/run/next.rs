use std::time::Duration;

use crate::FeedSettings;

/// How a run ended. Times are milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) began: u64,
    pub(crate) now: u64,
    /// Runs that have failed in a row; 0 where this one did not.
    pub(crate) failures: u64,
    /// After how long the publisher asks to come again.
    pub(crate) retry_after: Option<Duration>,
}

/// When the next run of a feed is due, in milliseconds since 1970. `chance` is from 0 to 1.
pub(crate) fn next_run(settings: &FeedSettings, feed: &str, ended: Ended, chance: f64) -> u64 {
    let interval = settings.interval_of(feed);
    let (from, wait) = match ended.failures {
        0 => (ended.began, interval),
        failures => {
            let doubled = u32::try_from(failures - 1).unwrap_or(u32::MAX).min(16);
            (ended.now, settings.retry.saturating_mul(1 << doubled).min(interval))
        }
    };
    let jitter = settings.jitter_percent.min(100) as f64 / 100.0;
    let wait = wait.mul_f64(1.0 + jitter * (2.0 * chance.clamp(0.0, 1.0) - 1.0));
    let due = from.saturating_add(milliseconds(wait));
    let asked = ended.retry_after.map_or(0, |after| ended.now.saturating_add(milliseconds(after)));
    due.max(asked).max(ended.now)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_run_is_due_after_the_interval_and_sooner_after_a_failure() {
        let settings = FeedSettings {
            interval: Duration::from_secs(1_000),
            retry: Duration::from_secs(100),
            jitter_percent: 10,
            ..FeedSettings::default()
        };
        let check = |failures: u64, retry_after: Option<u64>, chance: f64, expected: u64| {
            let retry_after = retry_after.map(Duration::from_secs);
            let ended = Ended { began: 1_000_000, now: 1_050_000, failures, retry_after };
            let due = next_run(&settings, "feed", ended, chance);
            assert_eq!(due, expected, "{failures} {retry_after:?} {chance}");
        };
        check(0, None, 0.5, 2_000_000);
        check(0, None, 0.0, 1_900_000);
        check(0, None, 1.0, 2_100_000);
        check(1, None, 0.5, 1_150_000);
        check(2, None, 0.5, 1_250_000);
        check(4, None, 0.5, 1_850_000);
        check(5, None, 0.5, 2_050_000);
        check(1_000, None, 0.5, 2_050_000);
        check(1, Some(5_000), 0.5, 6_050_000);
        check(1, Some(1), 0.5, 1_150_000);
    }
}
