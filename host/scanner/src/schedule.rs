//! When feeds are fetched, and who does it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use limpid_fetch::Stop;
use limpid_model::chain;
use limpid_store::tables::runs::Runs;
use tracing::field::Empty;

use crate::ingest::Trust;
use crate::plugins::no_feed;
use crate::workers::Workers;
use crate::{Error, Run, RunProgress, Scanner, yield_to_others};

/// How often it is looked whether a run is due.
const TICK: Duration = Duration::from_secs(1);

/// How long a feed is left alone whose run could not even be remembered, in milliseconds.
const PAUSE: u64 = 60_000;

/// How long the end of the process waits for runs that have been told to stop.
const STOPPING: Duration = Duration::from_secs(5);

/// Fetches feeds when they are due or asked for, several at a time, until it is dropped.
pub struct Updates {
    parts: Arc<Parts>,
    workers: Workers,
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
    asked: VecDeque<Asked>,
    under_way: HashMap<String, Asked>,
    /// Feeds that are left alone, until when.
    paused: HashMap<String, u64>,
    ended: BTreeMap<String, RunTimes>,
}

/// A run of a feed that somebody asked for, or that is due.
struct Asked {
    feed: String,
    trust: Trust,
    waiters: Vec<Waiter>,
}

/// Runs of a feed that have ended since this process began.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunTimes {
    /// How many there were.
    pub runs: u64,
    /// How many of them failed.
    pub failed: u64,
    /// How long all of them took together.
    pub time: Duration,
    /// How long the last one took.
    pub last: Duration,
}

impl Queue {
    /// Adds what is asked for to a run that will do it, or else to those that are to begin.
    fn ask(&mut self, feed: &str, trust: Trust, waiter: Waiter) {
        if let Some(queued) = self.asked.iter_mut().find(|queued| queued.feed == feed) {
            if trust == Trust::Forced {
                queued.trust = Trust::Forced;
            }
            queued.waiters.push(waiter);
            return;
        }
        // A run that holds documents against what was there does not do what a forced one is asked to.
        match self.under_way.get_mut(feed) {
            Some(running) if running.trust == Trust::Forced || trust == Trust::Checked => {
                running.waiters.push(waiter);
            }
            _ => self.asked.push_back(Asked { feed: feed.to_owned(), trust, waiters: vec![waiter] }),
        }
    }

    /// The next run that was asked for and may begin: of one feed there is one at a time.
    fn next_asked(&mut self) -> Option<Asked> {
        let place = self.asked.iter().position(|asked| !self.under_way.contains_key(&asked.feed))?;
        self.asked.remove(place)
    }
}

impl Updates {
    /// Starts the workers.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn start(scanner: Scanner) -> Result<Self, Error> {
        let jobs = scanner.settings().feeds.jobs.max(1);
        let (queue, changed, stop) = (Mutex::default(), Condvar::new(), Stop::default());
        let parts = Arc::new(Parts { scanner, queue, changed, stop });
        let mut workers = Workers::default();
        for number in 0..jobs {
            let parts = Arc::clone(&parts);
            workers.start(format!("feeds-{number}"), move || parts.work())?;
        }
        Ok(Self { parts, workers })
    }

    /// Asks for a feed to be fetched. Where that is asked for already, or under way, nothing more is asked,
    /// unless it is to be forced and what is under way is not: then that ends, and it is done once more.
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
            return Err(no_feed(&self.parts.scanner.plugins(), feed));
        }
        self.parts.lock().ask(feed, trust, Box::new(waiter));
        self.parts.changed.notify_one();
        Ok(())
    }

    /// How long runs took, by feed.
    pub fn times(&self) -> BTreeMap<String, RunTimes> {
        self.parts.lock().ended.clone()
    }
}

impl Drop for Updates {
    /// Runs end where they are, and the next process begins them anew. One that waits for a
    /// publisher that does not answer is not waited for: what it has not written is not there.
    fn drop(&mut self) {
        self.parts.stop.stop();
        self.parts.changed.notify_all();
        self.workers.wait(STOPPING);
    }
}

impl Parts {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        yield_to_others();
        while let Some((feed, trust)) = self.next() {
            let (progress, began) = (RunProgress::default(), Instant::now());
            let span = tracing::info_span!(parent: None, "feed run", feed, trace_id = Empty);
            limpid_telemetry::mark(&span);
            let span = span.entered();
            let run = || self.scanner.run_feed(&feed, trust, &self.stop, &progress);
            let run = catch_unwind(AssertUnwindSafe(run));
            let run = match run {
                Ok(run) => run.map_err(|error| chain(&error)),
                Err(_) => Err("the run ended by a mistake in this program".to_owned()),
            };
            let why = run.as_ref().map_or_else(|why| Some(why.clone()), Run::why);
            if let Some(why) = why.filter(|_| !self.stop.is_stopped()) {
                tracing::warn!(feed, "feed `{feed}` is not up to date: {why}");
            }
            drop(span);
            let mut queue = self.lock();
            if run.is_err() {
                queue.paused.insert(feed.clone(), self.scanner.settings().clock.now() + PAUSE);
            }
            let times = queue.ended.entry(feed.clone()).or_default();
            times.runs += 1;
            times.failed += u64::from(!run.as_ref().is_ok_and(Run::is_complete));
            times.last = began.elapsed();
            times.time += times.last;
            let ended = queue.under_way.remove(&feed);
            drop(queue);
            // Another run of it may have been asked for meanwhile.
            self.changed.notify_one();
            for waiter in ended.into_iter().flat_map(|ended| ended.waiters) {
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
            let due = |feed| Asked { feed, trust: Trust::Checked, waiters: Vec::new() };
            let next = queue.next_asked().or_else(|| self.due(&queue).map(due));
            if let Some(asked) = next {
                let (feed, trust) = (asked.feed.clone(), asked.trust);
                queue.under_way.insert(feed.clone(), asked);
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
            !paused && !queue.under_way.contains_key(feed) && self.scanner.settings().feeds.is_scheduled(feed)
        });
        let due = waiting.filter_map(|feed| {
            // Where it cannot be read when it is due, it is due: the run says so, and writes it anew.
            let row = view.get::<Runs>(&feed).unwrap_or_default();
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
    use crate::FeedSettings;

    #[test]
    fn force_upgrades_what_is_queued_and_follows_what_is_under_way() {
        let mut queue = Queue::default();
        let told = Arc::new(Mutex::new(Vec::new()));
        let waiter = |name: &'static str| -> Waiter {
            let told = Arc::clone(&told);
            Box::new(move |_| told.lock().unwrap().push(name))
        };
        let begin = |queue: &mut Queue| {
            let asked = queue.next_asked()?;
            let began = (asked.feed.clone(), asked.trust);
            queue.under_way.insert(began.0.clone(), asked);
            Some(began)
        };
        queue.ask("f", Trust::Checked, waiter("first"));
        queue.ask("f", Trust::Forced, waiter("second"));
        assert_eq!(queue.asked.len(), 1);
        assert_eq!(begin(&mut queue), Some(("f".to_owned(), Trust::Forced)));
        // What is under way does all that is asked for.
        queue.ask("f", Trust::Checked, waiter("third"));
        queue.ask("f", Trust::Forced, waiter("fourth"));
        assert!(queue.asked.is_empty() && queue.under_way["f"].waiters.len() == 4);

        queue.under_way.clear();
        queue.ask("f", Trust::Checked, waiter("fifth"));
        assert_eq!(begin(&mut queue), Some(("f".to_owned(), Trust::Checked)));
        queue.ask("f", Trust::Forced, waiter("sixth"));
        queue.ask("g", Trust::Checked, waiter("seventh"));
        // Another feed need not wait for it, and its own next run does.
        assert_eq!(begin(&mut queue), Some(("g".to_owned(), Trust::Checked)));
        assert_eq!(begin(&mut queue), None);
        let ended = queue.under_way.remove("f").unwrap();
        assert_eq!(ended.waiters.len(), 1, "who asked for force waits for the forced run");
        assert_eq!(begin(&mut queue), Some(("f".to_owned(), Trust::Forced)));
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
