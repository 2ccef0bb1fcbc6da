use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use limpid_model::PluginFailure;

/// Causes that are remembered. One that is forgotten costs a few calls more.
const CAUSES: usize = 1_000;

/// How long a plugin is not called for a cause that it failed for again and again. A plugin is a
/// function of its input, but how long it takes is not.
const RESPITE: Duration = Duration::from_secs(10 * 60);

/// Whether a plugin can be relied on. One that breaks its contract again and again is not called
/// any more, so that it costs no time and its absence is seen, until an operator releases it or
/// another version takes its place.
///
/// A call is made for a cause: an image that is indexed, a source that is read. However often a
/// plugin fails for one of them, it goes on for the others: an image that was made to break a
/// plugin must not take it from everybody.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Causes of failures by its own fault, without a call that went well between them.
    in_a_row: BTreeSet<String>,
    failing: HashMap<String, Failing>,
    quarantined: Option<String>,
}

/// How it fails for one cause.
#[derive(Debug)]
struct Failing {
    times: u32,
    last: Instant,
    why: String,
}

impl Health {
    /// Why the plugin is not called any more.
    pub(crate) fn quarantined(&self) -> Option<String> {
        self.lock().quarantined.clone()
    }

    /// Why the plugin is not called for this cause.
    pub(crate) fn refuses(&self, cause: &str, allowed: u32) -> Option<String> {
        let state = self.lock();
        if let Some(why) = &state.quarantined {
            return Some(why.clone());
        }
        let failing = state.failing.get(cause)?;
        (allowed > 0 && failing.times >= allowed && failing.last.elapsed() < RESPITE).then(|| {
            format!(
                "{allowed} calls for {cause} failed by its own fault (setting `plugins.quarantine_after`), \
                 the last: {}",
                failing.why
            )
        })
    }

    /// A call went well, or the input was to blame.
    pub(crate) fn went_well(&self, cause: &str) {
        let mut state = self.lock();
        state.in_a_row.clear();
        state.failing.remove(cause);
    }

    /// A call failed by the plugin's own fault. Returns whether that was for one cause too many.
    pub(crate) fn failed(&self, cause: &str, failure: &PluginFailure, allowed: u32) -> bool {
        let mut state = self.lock();
        let why = format!("{}: {}", failure.call, failure.message);
        if state.failing.len() >= CAUSES {
            state.failing.clear();
        }
        let failing = state.failing.entry(cause.to_owned()).or_insert_with(|| Failing {
            times: 0,
            last: Instant::now(),
            why: String::new(),
        });
        failing.times = failing.times.saturating_add(1);
        failing.last = Instant::now();
        failing.why.clone_from(&why);
        if allowed == 0 || state.quarantined.is_some() {
            return false;
        }
        state.in_a_row.insert(cause.to_owned());
        if state.in_a_row.len() < allowed as usize {
            return false;
        }
        state.quarantined = Some(format!(
            "it failed by its own fault for {allowed} images or documents in a row (setting \
             `plugins.quarantine_after`), the last: {why}"
        ));
        true
    }

    pub(crate) fn release(&self) {
        *self.lock() = State::default();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use limpid_model::{Blame, Digest, FailureKind, PluginId};

    use super::*;

    fn failure() -> PluginFailure {
        PluginFailure {
            plugin: PluginId { name: "p".into(), version: "1".into(), digest: Digest::of(b"") },
            call: "detect".into(),
            kind: FailureKind::Trap,
            blame: Blame::Plugin,
            message: "oops".into(),
        }
    }

    #[test]
    fn only_failures_in_a_row_count() {
        let health = Health::default();
        for _ in 0..3 {
            assert!(!health.failed("a", &failure(), 2));
            health.went_well("b");
        }
        assert_eq!(health.quarantined(), None);
        assert!(!health.failed("a", &failure(), 2));
        assert!(health.failed("b", &failure(), 2));
        assert!(health.quarantined().unwrap().ends_with("the last: detect: oops"));
        health.release();
        assert_eq!(health.quarantined(), None);
        assert!(!health.failed("a", &failure(), 2));
    }

    #[test]
    fn one_cause_takes_a_plugin_from_itself_alone() {
        let health = Health::default();
        for _ in 0..2 {
            assert_eq!(health.refuses("a", 2), None);
            assert!(!health.failed("a", &failure(), 2));
        }
        assert_eq!(
            health.refuses("a", 2).unwrap(),
            "2 calls for a failed by its own fault (setting `plugins.quarantine_after`), the last: \
             detect: oops"
        );
        assert_eq!(health.refuses("b", 2), None);
        assert_eq!(health.quarantined(), None);
        health.went_well("a");
        assert_eq!(health.refuses("a", 2), None);
    }

    #[test]
    fn a_limit_of_none_is_no_limit() {
        let health = Health::default();
        for number in 0..100 {
            assert!(!health.failed(&number.to_string(), &failure(), 0));
            assert_eq!(health.refuses(&number.to_string(), 0), None);
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let health = Health::default();
        for number in 0..3 * CAUSES {
            health.failed(&number.to_string(), &failure(), 0);
        }
        assert!(health.lock().failing.len() <= CAUSES);
    }
}
