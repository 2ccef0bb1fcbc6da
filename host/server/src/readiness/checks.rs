use std::sync::Weak;
use std::time::{Duration, Instant};

use limpid_model::{FeedState, chain};
use limpid_scanner::Scanner;

use crate::Workers;
use crate::settings::Ready;

/// How long it is known how old feeds are: to ask takes longer than all other checks together.
const FEEDS_KNOWN: Duration = Duration::from_secs(10);

/// By how much more than the least must be free before a disk that was full is not full any more, in parts of
/// the least: it would be full and not full with each file that comes and goes.
const ROOM_AGAIN: u64 = 4;

/// Feeds that are named where several are too old.
const NAMED: usize = 5;

/// One thing without which the service cannot do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passes,
    /// Why not, and what to do next.
    Fails(String),
}

impl Check {
    fn of(name: &'static str, outcome: Result<(), String>) -> Self {
        Self { name, outcome: outcome.map_or_else(Outcome::Fails, |()| Outcome::Passes) }
    }
}

/// The store has not answered.
pub(super) fn silent(within: Duration) -> Check {
    let why = format!(
        "the store does not answer within {} ms: look whether the disk is slow or the machine is overloaded",
        within.as_millis()
    );
    Check::of("store", Err(why))
}

/// What is looked at, and what is remembered of the last time.
pub(super) struct Checks {
    scanner: Scanner,
    workers: Weak<Workers>,
    settings: Ready,
    was_full: bool,
    feeds: Option<(Instant, Result<(), String>)>,
}

impl Checks {
    pub(super) const fn new(scanner: Scanner, workers: Weak<Workers>, settings: Ready) -> Self {
        Self { scanner, workers, settings, was_full: false, feeds: None }
    }

    pub(super) fn look(&mut self) -> Vec<Check> {
        let store = self.store();
        // Where the store is away, nothing is known of feeds, and nothing new is asked of it.
        let feeds = if store.is_ok() { self.feeds() } else { Ok(()) };
        vec![
            Check::of("store", store),
            Check::of("disk", self.disk()),
            Check::of("submissions", self.submissions()),
            Check::of("plugins", self.plugins()),
            Check::of("feeds", feeds),
        ]
    }

    fn store(&self) -> Result<(), String> {
        let answers = self.scanner.images(None, 1);
        answers.map(|_| ()).map_err(|error| format!("the store does not answer: {}", chain(&error)))
    }

    fn disk(&mut self) -> Result<(), String> {
        let advice = "make room, or lower setting `index.free_bytes`";
        let tried = self.scanner.try_writing();
        let is_short = self.was_full && tried.is_ok() && !self.has_room_again();
        self.was_full = tried.is_err() || is_short;
        tried.map_err(|error| format!("{}; {advice}", chain(&error)))?;
        if is_short {
            return Err(format!("the disk was full, and hardly more is free than must be; {advice}"));
        }
        Ok(())
    }

    fn has_room_again(&self) -> bool {
        let least = self.scanner.settings().free_bytes;
        self.scanner.room().is_ok_and(|room| room.free >= least.saturating_add(least / ROOM_AGAIN))
    }

    fn submissions(&self) -> Result<(), String> {
        match self.workers.upgrade().and_then(|workers| workers.jobs.obstacle()) {
            Some(why) => Err(format!("submissions wait: {why}")),
            None => Ok(()),
        }
    }

    fn plugins(&self) -> Result<(), String> {
        if self.scanner.plugins().plugins().is_empty() {
            return Err("no plugin is loaded; see `/v1/plugins` for files that were refused".to_owned());
        }
        Ok(())
    }

    fn feeds(&mut self) -> Result<(), String> {
        if self.settings.is_without_feeds() {
            return Ok(());
        }
        if let Some((at, known)) = &self.feeds
            && at.elapsed() < FEEDS_KNOWN
        {
            return known.clone();
        }
        let fresh = match self.scanner.feeds() {
            Ok(feeds) => fresh(&self.settings, &feeds),
            Err(error) => Err(format!("it is not known how old feeds are: {}", chain(&error))),
        };
        self.feeds = Some((Instant::now(), fresh.clone()));
        fresh
    }
}

/// Whether feeds are there that must be, and none is older than it may be.
fn fresh(settings: &Ready, feeds: &[FeedState]) -> Result<(), String> {
    let known = |name: &str| feeds.iter().find(|feed| feed.name == name);
    let never =
        settings.feeds.iter().filter(|name| known(name).is_none_or(|feed| feed.last_success.is_none()));
    let never: Vec<_> = never.map(String::as_str).collect();
    if !never.is_empty() {
        return Err(format!(
            "nothing was ingested yet of {}, which setting `ready.feeds` names: `limpid feed update NAME` fetches one, and \
             `limpid feed list` says what failed",
            listed(&never)
        ));
    }
    let counts = |feed: &&FeedState| settings.feeds.is_empty() || settings.feeds.contains(&feed.name);
    let bound = settings.feed_age;
    let old = feeds.iter().filter(counts).filter(|feed| {
        let age = feed.last_success.map(|at| Duration::from_millis(feed.now.saturating_sub(at)));
        !bound.is_zero() && age.is_some_and(|age| age > bound)
    });
    let old: Vec<_> = old.map(|feed| feed.name.as_str()).collect();
    if !old.is_empty() {
        return Err(format!(
            "older than {} s, the limit of setting `ready.feed_age`: {}; `limpid feed list` says what failed, and `limpid \
             feed update NAME` fetches one",
            bound.as_secs(),
            listed(&old)
        ));
    }
    Ok(())
}

fn listed(names: &[&str]) -> String {
    let mut listed: Vec<_> = names.iter().take(NAMED).map(|name| format!("feed `{name}`")).collect();
    if names.len() > NAMED {
        listed.push(format!("{} more", names.len() - NAMED));
    }
    listed.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400_000;

    fn feed(name: &str, last_success: Option<u64>) -> FeedState {
        FeedState {
            name: name.to_owned(),
            plugin: None,
            read_by: None,
            revision: 1,
            advisories: 0,
            rejected: 0,
            rejections: Vec::new(),
            last_success,
            last_failure: None,
            runs: limpid_model::FeedRuns::default(),
            sources: Vec::new(),
            now: 10 * DAY,
        }
    }

    fn settings(days: u64, feeds: &[&str]) -> Ready {
        Ready {
            feed_age: Duration::from_millis(days * DAY),
            feeds: feeds.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn a_feed_that_is_older_than_it_may_be_is_named_with_the_setting() {
        let feeds = [feed("fresh", Some(9 * DAY)), feed("old", Some(2 * DAY)), feed("never", None)];
        let why = fresh(&settings(7, &[]), &feeds).unwrap_err();
        assert!(why.contains("feed `old`") && why.contains("`ready.feed_age`"), "{why}");
        assert!(!why.contains("fresh`") && !why.contains("never"), "{why}");
        fresh(&settings(8, &[]), &feeds).unwrap();
        fresh(&settings(0, &[]), &feeds).unwrap();
        fresh(&settings(7, &["fresh"]), &feeds).unwrap();
    }

    #[test]
    fn a_feed_that_must_be_there_is_missed_until_it_is() {
        let feeds = [feed("fresh", Some(9 * DAY)), feed("never", None)];
        for names in [["never"], ["unknown"]] {
            let why = fresh(&settings(0, &names), &feeds).unwrap_err();
            assert!(why.contains(names[0]) && why.contains("`ready.feeds`"), "{why}");
        }
        fresh(&settings(0, &["fresh"]), &feeds).unwrap();
    }

    #[test]
    fn many_old_feeds_are_counted() {
        let feeds: Vec<_> = (0..20).map(|number| feed(&format!("f{number}"), Some(0))).collect();
        let why = fresh(&settings(1, &[]), &feeds).unwrap_err();
        assert!(why.contains("feed `f4`, 15 more") && !why.contains("f5"), "{why}");
    }
}
