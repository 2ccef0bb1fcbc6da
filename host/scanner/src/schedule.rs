//! When feeds are fetched, and who does it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use limpid_fetch::Stop;
use limpid_store::tables::runs::Runs;

use crate::error::chain;
use crate::intake::Trust;
use crate::{Error, FeedSettings, Run, RunProgress, Scanner, yield_to_others};

/// How often it is looked whether a run is due.
const TICK: Duration = Duration::from_secs(1);

/// How long a feed is left alone whose run could not even be remembered, in milliseconds.
const PAUSE: u64 = 60_000;

/// How long the end of the process waits for runs that have been told to stop.
const STOPPING: Duration = Duration::from_secs(5);

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

/// Fetches feeds when they are due or asked for, several at a time, until it is dropped.
pub struct Updates {
    parts: Arc<Parts>,
    /// Told by each worker when it ends.
    ended: crossbeam_channel::Receiver<()>,
}

type Waiter = Box<dyn FnOnce(&Result<Run, String>) + Send>;

struct Parts {
    scanner: Scanner,
    queue: Mutex<Queue>,
    changed: Condvar,
    stop: Stop,
}

#[derive(Default)]
struct Queue {
    asked: VecDeque<(String, Trust)>,
    under_way: BTreeSet<String>,
    waiters: HashMap<String, Vec<Waiter>>,
    /// Feeds that are left alone, until when.
    paused: HashMap<String, u64>,
}

impl Updates {
    /// Starts the workers.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn start(scanner: Scanner) -> Result<Self, Error> {
        let workers = scanner.settings().feeds.jobs.max(1);
        let (queue, changed, stop) = (Mutex::default(), Condvar::new(), Stop::default());
        let parts = Arc::new(Parts { scanner, queue, changed, stop });
        let (ends, ended) = crossbeam_channel::unbounded();
        for number in 0..workers {
            let (parts, ends) = (Arc::clone(&parts), ends.clone());
            std::thread::Builder::new()
                .name(format!("feeds-{number}"))
                .spawn(move || {
                    parts.work();
                    let _ = ends.send(());
                })
                .map_err(|source| Error::Host { what: "a thread cannot be started".to_owned(), source })?;
        }
        Ok(Self { parts, ended })
    }

    /// Asks for a feed to be fetched. Where that is under way or asked for, nothing more is asked.
    /// `waiter` is told how it ends.
    ///
    /// # Errors
    /// [`Error::NoFeed`].
    pub fn update(
        &self,
        feed: &str,
        trust: Trust,
        waiter: impl FnOnce(&Result<Run, String>) + Send + 'static,
    ) -> Result<(), Error> {
        if self.parts.scanner.plugins().feed(feed).is_none() {
            return Err(self.parts.scanner.no_feed(feed));
        }
        let mut queue = self.parts.lock();
        queue.waiters.entry(feed.to_owned()).or_default().push(Box::new(waiter));
        let is_asked = queue.asked.iter().any(|(asked, _)| asked == feed);
        if !is_asked && !queue.under_way.contains(feed) {
            queue.asked.push_back((feed.to_owned(), trust));
        }
        drop(queue);
        self.parts.changed.notify_one();
        Ok(())
    }
}

impl Drop for Updates {
    /// Runs end where they are, and the next process begins them anew. One that waits for a
    /// publisher that does not answer is not waited for: what it has not written is not there.
    fn drop(&mut self) {
        self.parts.stop.stop();
        self.parts.changed.notify_all();
        let until = Instant::now() + STOPPING;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            if self.ended.recv_timeout(left).is_err() {
                break;
            }
        }
    }
}

impl Parts {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        yield_to_others();
        while let Some((feed, trust)) = self.next() {
            let progress = RunProgress::default();
            let run = || self.scanner.run_feed(&feed, trust, &self.stop, &progress);
            let run = catch_unwind(AssertUnwindSafe(run));
            let run = match run {
                Ok(run) => run.map_err(|error| chain(&error)),
                Err(_) => Err("the run ended by a mistake in this program".to_owned()),
            };
            let mut queue = self.lock();
            queue.under_way.remove(&feed);
            if run.is_err() {
                queue.paused.insert(feed.clone(), self.scanner.settings().clock.now() + PAUSE);
            }
            let waiters = queue.waiters.remove(&feed).unwrap_or_default();
            drop(queue);
            for waiter in waiters {
                waiter(&run);
            }
        }
    }

    /// The next feed to fetch; none when there is nothing more to do.
    fn next(&self) -> Option<(String, Trust)> {
        let mut queue = self.lock();
        loop {
            if self.stop.is_stopped() {
                return None;
            }
            let next =
                queue.asked.pop_front().or_else(|| self.due(&queue).map(|feed| (feed, Trust::Checked)));
            if let Some((feed, trust)) = next {
                queue.under_way.insert(feed.clone());
                return Some((feed, trust));
            }
            queue = self.changed.wait_timeout(queue, TICK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The feed whose run has been due for longest.
    fn due(&self, queue: &Queue) -> Option<String> {
        let (plugins, view) = (self.scanner.plugins(), self.scanner.store().view());
        let now = self.scanner.settings().clock.now();
        let feeds = plugins.feeds().map(|feed| feed.name().to_owned());
        let waiting = feeds.filter(|feed| {
            let paused = queue.paused.get(feed).is_some_and(|until| *until > now);
            !paused && !queue.under_way.contains(feed) && self.scanner.settings().feeds.is_scheduled(feed)
        });
        let due = waiting.filter_map(|feed| {
            let row = view.get::<Runs>(&feed).ok()?;
            let due = row.and_then(|row| row.next_run).unwrap_or(0);
            (due <= now).then_some((due, feed))
        });
        due.min().map(|(_, feed)| feed)
    }
}

impl std::fmt::Debug for Updates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Updates")
    }
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

    #[test]
    fn a_feed_may_have_an_interval_of_its_own_and_be_off() {
        let mut settings = FeedSettings::default();
        let one = crate::OneFeed { enabled: false, interval: Some(60), ..crate::OneFeed::default() };
        settings.each.insert("a".to_owned(), one);
        assert_eq!(settings.interval_of("a"), Duration::from_secs(60));
        assert_eq!(settings.interval_of("b"), settings.interval);
        assert!(!settings.is_scheduled("a") && settings.is_scheduled("b"));
        settings.fetch = false;
        assert!(!settings.is_scheduled("b"));
    }
}
