use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use limpid_model::{FailureKind, PluginFailure, RecentFailure};

use crate::Settings;

/// Causes that are remembered. One that is forgotten costs a few calls more.
const CAUSES: usize = 1_000;

/// Failures that are kept for whoever looks, and bytes of the name of a cause.
const RECENT: usize = 100;
const CAUSE_BYTES: usize = 512;

/// How long a plugin is not called for a cause that it failed for again and again. A plugin is a
/// function of its input, but how long it takes is not.
const RESPITE: Duration = Duration::from_secs(10 * 60);

/// How often the respite of a quarantine is doubled at most.
const DOUBLINGS: u32 = 6;

/// Whether a plugin can be relied on: a circuit breaker.
///
/// A call is made for a cause: an image that is indexed, a source that is read. However often a
/// plugin fails for one of them, it goes on for the others: an image that was made to break a
/// plugin must not take it from everybody.
///
/// One that fails for several causes by its own fault, *and has gone well for none*, is not called
/// any more, so that it costs no time and its absence is seen. A plugin is a function of its input:
/// one that works for an image works, whatever somebody else has made to break it. Running out of
/// time, memory or room for results is no sign of that, because large inputs do it to good plugins.
///
/// After a respite one call goes through. Where it goes well, the plugin is called again; where it
/// fails, the respite is twice as long.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Whether a call has gone well, for whatever cause.
    proven: bool,
    /// Causes of failures by its own fault, while none has gone well.
    unproven: BTreeSet<String>,
    failing: HashMap<String, Failing>,
    quarantine: Option<Quarantine>,
    /// How often it was quarantined, and how often that has ended.
    changes: u64,
    /// The largest input that it has managed, in bytes.
    managed: u64,
    /// How calls have failed, whoever is to blame, the last at the end.
    recent: VecDeque<RecentFailure>,
    /// How many have.
    noted: u64,
    /// Whether those of an earlier process were recalled.
    recalled: bool,
}

#[derive(Debug)]
struct Quarantine {
    why: String,
    /// When a call goes through.
    until: Instant,
    doublings: u32,
}

/// How it fails for one cause.
#[derive(Debug)]
struct Failing {
    times: u32,
    last: Instant,
    why: String,
}

impl Failing {
    /// Whether the plugin is not called for the cause before [`RESPITE`] is over.
    fn is_exhausted(&self, settings: &Settings, now: Instant) -> bool {
        let allowed = settings.quarantine_after;
        allowed > 0 && self.times >= allowed && now.saturating_duration_since(self.last) < RESPITE
    }
}

impl Health {
    /// Why the plugin is not called any more.
    pub(crate) fn quarantined(&self) -> Option<String> {
        self.lock().quarantine.as_ref().map(|quarantine| quarantine.why.clone())
    }

    /// Whether it is quarantined, and the next call goes through all the same.
    pub(crate) fn awaits_trial(&self, now: Instant) -> bool {
        self.lock().quarantine.as_ref().is_some_and(|quarantine| quarantine.until <= now)
    }

    /// How often it was quarantined or that has ended: who looks now and then sees that it has.
    pub(crate) fn changes(&self) -> u64 {
        self.lock().changes
    }

    /// The largest input that it has managed, in bytes.
    pub(crate) fn managed(&self) -> u64 {
        self.lock().managed
    }

    /// It has managed an input of so many bytes.
    pub(crate) fn manages(&self, bytes: u64) {
        let mut state = self.lock();
        state.managed = state.managed.max(bytes);
    }

    /// Why the plugin is not called for this cause; where it is not, it is about to be called.
    pub(crate) fn refuses(&self, cause: &str, settings: &Settings, now: Instant) -> Option<String> {
        let mut state = self.lock();
        let allowed = settings.quarantine_after;
        let failing = state.failing.get(cause);
        let exhausted = failing.filter(|failing| failing.is_exhausted(settings, now));
        if let Some(failing) = exhausted {
            return Some(format!(
                "{allowed} calls for {cause} failed by its own fault (setting `plugins.quarantine_after`), \
                 the last: {}",
                failing.why
            ));
        }
        let quarantine = state.quarantine.as_mut()?;
        if now < quarantine.until {
            return Some(quarantine.why.clone());
        }
        // One call goes through. The others wait for what comes of it, or for the next respite.
        quarantine.until = now + settings.quarantine_respite;
        None
    }

    /// A call went well, or refused its input.
    pub(crate) fn went_well(&self, cause: &str) {
        let mut state = self.lock();
        state.proven = true;
        state.unproven.clear();
        state.failing.remove(cause);
        if state.quarantine.take().is_some() {
            state.changes += 1;
        }
    }

    /// A call failed by the plugin's own fault, or for the size of its input. Returns whether that was
    /// for one cause too many.
    pub(crate) fn failed(
        &self,
        cause: &str,
        failure: &PluginFailure,
        settings: &Settings,
        now: Instant,
    ) -> bool {
        let mut state = self.lock();
        let why = format!("{}: {}", failure.call, failure.message);
        if state.failing.len() >= CAUSES {
            state.failing.clear();
        }
        let failing = state.failing.entry(cause.to_owned()).or_insert_with(|| Failing {
            times: 0,
            last: now,
            why: String::new(),
        });
        failing.times = failing.times.saturating_add(1);
        failing.last = now;
        failing.why.clone_from(&why);
        let allowed = settings.quarantine_after;
        if allowed == 0 || state.proven || !is_telling(failure.kind) {
            return false;
        }
        if let Some(quarantine) = &mut state.quarantine {
            quarantine.doublings = (quarantine.doublings + 1).min(DOUBLINGS);
            let respite = settings.quarantine_respite.saturating_mul(1 << quarantine.doublings);
            quarantine.until = now + respite;
            return false;
        }
        state.unproven.insert(cause.to_owned());
        if state.unproven.len() < allowed as usize {
            return false;
        }
        state.unproven.clear();
        state.changes += 1;
        state.quarantine = Some(Quarantine {
            why: format!(
                "it failed by its own fault for {allowed} images or documents, and went well for none (setting \
                 `plugins.quarantine_after`), the last: {why}"
            ),
            until: now + settings.quarantine_respite,
            doublings: 0,
        });
        true
    }

    /// A call has failed, whoever is to blame: kept for whoever looks, and no judgement.
    pub(crate) fn note(&self, cause: &str, failure: &PluginFailure, at: SystemTime) {
        let at = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let at = u64::try_from(at).unwrap_or(u64::MAX);
        let cause = cause.get(..cause.floor_char_boundary(CAUSE_BYTES)).unwrap_or(cause);
        let mut state = self.lock();
        state.noted += 1;
        let is_it = |known: &RecentFailure| {
            known.cause == cause && (known.kind, known.blame) == (failure.kind, failure.blame)
        };
        let known = state.recent.iter().position(is_it).and_then(|place| state.recent.remove(place));
        let before = known.as_ref().map_or((0, at), |known| (known.times, known.first_at));
        if state.recent.len() >= RECENT {
            state.recent.pop_front();
        }
        state.recent.push_back(RecentFailure {
            cause: cause.to_owned(),
            call: failure.call.clone(),
            kind: failure.kind,
            blame: failure.blame,
            message: failure.message.clone(),
            times: before.0.saturating_add(1),
            first_at: before.1,
            last_at: at,
            is_avoided: false,
        });
    }

    /// How many calls have failed: who looks now and then sees that more have.
    pub(crate) fn noted(&self) -> u64 {
        self.lock().noted
    }

    /// Whether those of an earlier process were recalled.
    pub(crate) fn has_recalled(&self) -> bool {
        self.lock().recalled
    }

    /// Recalls how calls failed before the process began, the last first. Only once: what is known by then is newer.
    pub(crate) fn recall(&self, earlier: Vec<RecentFailure>) {
        let mut state = self.lock();
        if std::mem::replace(&mut state.recalled, true) {
            return;
        }
        for failure in earlier {
            let is_it = |known: &&mut RecentFailure| {
                known.cause == failure.cause && (known.kind, known.blame) == (failure.kind, failure.blame)
            };
            if let Some(known) = state.recent.iter_mut().find(is_it) {
                known.times = known.times.saturating_add(failure.times);
                known.first_at = known.first_at.min(failure.first_at);
            } else if state.recent.len() < RECENT {
                state.recent.push_front(failure);
            }
        }
    }

    /// How calls have failed lately, the last first.
    pub(crate) fn recent(&self, settings: &Settings, now: Instant) -> Vec<RecentFailure> {
        let state = self.lock();
        let is_avoided = |cause: &String| {
            state.failing.get(cause).is_some_and(|failing| failing.is_exhausted(settings, now))
        };
        let recent = state.recent.iter().rev().cloned();
        recent.map(|failure| RecentFailure { is_avoided: is_avoided(&failure.cause), ..failure }).collect()
    }

    /// It is known to have worked before.
    pub(crate) fn vouch(&self) {
        self.lock().proven = true;
    }

    pub(crate) fn release(&self) {
        let mut state = self.lock();
        let changes = state.changes + u64::from(state.quarantine.is_some() || !state.failing.is_empty());
        let recent = std::mem::take(&mut state.recent);
        *state = State {
            changes,
            proven: state.proven,
            managed: state.managed,
            recent,
            noted: state.noted,
            recalled: state.recalled,
            ..State::default()
        };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether such a failure says something of the plugin, whatever its input was.
const fn is_telling(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::Trap | FailureKind::Contract)
}

#[cfg(test)]
mod tests {
    use limpid_model::{Blame, Digest, PluginId};

    use super::*;

    fn failure(kind: FailureKind) -> PluginFailure {
        PluginFailure {
            plugin: PluginId { name: "p".into(), version: "1".into(), digest: Digest::of(b"") },
            call: "detect".into(),
            kind,
            blame: Blame::Plugin,
            message: "oops".into(),
        }
    }

    /// A plugin at a moment, with a respite of a minute.
    struct Trial {
        health: Health,
        settings: Settings,
        now: Instant,
    }

    impl Trial {
        fn new(allowed: u32) -> Self {
            let settings = Settings {
                quarantine_after: allowed,
                quarantine_respite: Duration::from_secs(60),
                ..Settings::default()
            };
            Self { health: Health::default(), settings, now: Instant::now() }
        }

        fn fails(&self, cause: &str, kind: FailureKind) -> bool {
            self.health.failed(cause, &failure(kind), &self.settings, self.now)
        }

        fn traps(&self, cause: &str) -> bool {
            self.fails(cause, FailureKind::Trap)
        }

        fn is_called(&self, cause: &str) -> bool {
            self.health.refuses(cause, &self.settings, self.now).is_none()
        }

        fn wait(&mut self, seconds: u64) {
            self.now += Duration::from_secs(seconds);
        }
    }

    #[test]
    fn what_went_well_for_somebody_is_never_taken_from_everybody() {
        let trial = Trial::new(2);
        trial.health.went_well("good");
        for bad in 0..100 {
            assert!(!trial.traps(&bad.to_string()));
        }
        assert_eq!(trial.health.quarantined(), None);
        let known = Trial::new(2);
        known.health.vouch();
        assert!(!known.traps("a") && !known.traps("b") && !known.traps("c"));
    }

    #[test]
    fn one_that_goes_well_for_nobody_is_not_called_any_more() {
        let trial = Trial::new(2);
        assert!(!trial.traps("a") && trial.traps("b"));
        assert!(trial.health.quarantined().unwrap().ends_with("the last: detect: oops"));
        assert!(!trial.is_called("c"));
        trial.health.release();
        assert_eq!(trial.health.quarantined(), None);
        assert!(trial.is_called("c") && !trial.traps("a"));
    }

    #[test]
    fn running_out_of_time_or_memory_takes_a_plugin_from_that_cause_alone() {
        let trial = Trial::new(2);
        for cause in 0..20 {
            for kind in [FailureKind::Memory, FailureKind::Time, FailureKind::Output, FailureKind::Tables] {
                assert!(!trial.fails(&cause.to_string(), kind));
            }
            assert!(!trial.is_called(&cause.to_string()));
        }
        assert!(trial.is_called("another"));
        assert_eq!(trial.health.quarantined(), None);
    }

    #[test]
    fn after_a_respite_one_call_goes_through_and_where_it_goes_well_all_do() {
        let mut trial = Trial::new(1);
        assert!(trial.traps("a"));
        let before = trial.health.changes();
        trial.wait(59);
        assert!(!trial.is_called("b") && !trial.health.awaits_trial(trial.now));
        trial.wait(1);
        assert!(trial.health.awaits_trial(trial.now));
        assert!(trial.is_called("b") && !trial.is_called("c"), "one");
        trial.health.went_well("b");
        assert!(trial.is_called("c") && trial.is_called("d"));
        assert_eq!(trial.health.changes(), before + 1);
    }

    #[test]
    fn a_trial_that_fails_doubles_the_respite_up_to_a_bound() {
        let mut trial = Trial::new(1);
        assert!(trial.traps("0"));
        let mut respite = 60;
        for cause in 1..10 {
            trial.wait(respite - 1);
            assert!(!trial.is_called(&cause.to_string()), "{respite}");
            trial.wait(1);
            assert!(trial.is_called(&cause.to_string()), "{respite}");
            trial.traps(&cause.to_string());
            respite = (respite * 2).min(60 << DOUBLINGS);
        }
    }

    #[test]
    fn a_trial_of_which_nothing_comes_is_followed_by_another() {
        let mut trial = Trial::new(1);
        assert!(trial.traps("a"));
        trial.wait(60);
        assert!(trial.is_called("b"));
        trial.wait(60);
        assert!(trial.is_called("c"));
    }

    #[test]
    fn one_cause_takes_a_plugin_from_itself_alone() {
        let mut trial = Trial::new(2);
        for _ in 0..2 {
            assert!(trial.is_called("a"));
            assert!(!trial.traps("a"));
        }
        assert_eq!(
            trial.health.refuses("a", &trial.settings, trial.now).unwrap(),
            "2 calls for a failed by its own fault (setting `plugins.quarantine_after`), the last: \
             detect: oops"
        );
        assert!(trial.is_called("b"));
        assert_eq!(trial.health.quarantined(), None);
        trial.wait(RESPITE.as_secs());
        assert!(trial.is_called("a"));
    }

    #[test]
    fn a_limit_of_none_is_no_limit() {
        let trial = Trial::new(0);
        for number in 0..100 {
            assert!(!trial.traps(&number.to_string()));
            assert!(trial.is_called(&number.to_string()));
        }
    }

    #[test]
    fn failures_are_counted_by_cause_and_blame_the_last_first() {
        let trial = Trial::new(2);
        let at = |second| UNIX_EPOCH + Duration::from_secs(second);
        let of_input = PluginFailure { blame: Blame::Input, ..failure(FailureKind::Refused) };
        trial.health.note("a", &failure(FailureKind::Trap), at(1));
        trial.health.note("b", &of_input, at(2));
        trial.health.note("a", &failure(FailureKind::Trap), at(3));
        trial.traps("a");
        trial.traps("a");
        let recent = trial.health.recent(&trial.settings, trial.now);
        let shown = recent.iter().map(|it| (&*it.cause, it.times, it.first_at, it.last_at, it.is_avoided));
        assert_eq!(shown.collect::<Vec<_>>(), [("a", 2, 1_000, 3_000, true), ("b", 1, 2_000, 2_000, false)]);
        assert_eq!(recent[1].blame, Blame::Input);
        for number in 0..2 * RECENT {
            trial.health.note(&format!("{number} {}", "x".repeat(1_000)), &of_input, at(4));
        }
        let recent = trial.health.recent(&trial.settings, trial.now);
        assert_eq!(recent.len(), RECENT);
        assert!(recent.iter().all(|it| it.cause.len() <= CAUSE_BYTES));
    }

    #[test]
    fn what_failed_before_a_restart_is_behind_what_has_failed_since() {
        let trial = Trial::new(2);
        let at = |second| UNIX_EPOCH + Duration::from_secs(second);
        let before = Trial::new(2);
        before.health.note("a", &failure(FailureKind::Trap), at(1));
        before.health.note("b", &failure(FailureKind::Trap), at(2));
        before.health.note("b", &failure(FailureKind::Time), at(3));
        let earlier = before.health.recent(&before.settings, before.now);
        trial.health.note("b", &failure(FailureKind::Trap), at(9));
        let noted = trial.health.noted();
        trial.health.recall(earlier.clone());
        trial.health.recall(earlier);
        assert_eq!(trial.health.noted(), noted, "nothing has failed by that");
        let recent = trial.health.recent(&trial.settings, trial.now);
        let shown = recent.iter().map(|it| (&*it.cause, it.kind, it.times, it.first_at, it.last_at));
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [
                ("b", FailureKind::Trap, 2, 2_000, 9_000),
                ("b", FailureKind::Time, 1, 3_000, 3_000),
                ("a", FailureKind::Trap, 1, 1_000, 1_000),
            ]
        );
        let many = Trial::new(2);
        many.health.note("new", &failure(FailureKind::Trap), at(9));
        let template = &recent[0];
        let cause = |number: usize| RecentFailure { cause: number.to_string(), ..template.clone() };
        many.health.recall((0..2 * RECENT).map(cause).collect());
        let recent = many.health.recent(&many.settings, many.now);
        assert_eq!((recent.len(), &*recent[0].cause, &*recent[1].cause), (RECENT, "new", "0"));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let trial = Trial::new(0);
        for number in 0..3 * CAUSES {
            trial.traps(&number.to_string());
        }
        assert!(trial.health.lock().failing.len() <= CAUSES);
    }
}
