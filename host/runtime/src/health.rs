use std::sync::{Mutex, PoisonError};

use limpid_model::PluginFailure;

/// Whether a plugin can be relied on: one that breaks its contract again and again is not called
/// any more, so that it costs no time and its absence is seen, until an operator releases it or
/// another version takes its place.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Failures by its own fault, without a call that went well between them.
    in_a_row: u32,
    quarantined: Option<String>,
}

impl Health {
    /// Why the plugin is not called any more.
    pub(crate) fn quarantined(&self) -> Option<String> {
        self.lock().quarantined.clone()
    }

    /// A call went well, or the input was to blame.
    pub(crate) fn went_well(&self) {
        self.lock().in_a_row = 0;
    }

    /// A call failed by the plugin's own fault. Returns whether that was once too often.
    pub(crate) fn failed(&self, failure: &PluginFailure, allowed: u32) -> bool {
        let mut state = self.lock();
        state.in_a_row = state.in_a_row.saturating_add(1);
        if allowed == 0 || state.in_a_row < allowed || state.quarantined.is_some() {
            return false;
        }
        state.quarantined = Some(format!(
            "{allowed} calls in a row failed by its own fault (setting `plugins.quarantine_after`), the last: \
             {}: {}",
            failure.call, failure.message
        ));
        true
    }

    pub(crate) fn release(&self) {
        *self.lock() = State::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
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
            assert!(!health.failed(&failure(), 2));
            health.went_well();
        }
        assert_eq!(health.quarantined(), None);
        assert!(!health.failed(&failure(), 2));
        assert!(health.failed(&failure(), 2));
        assert!(health.quarantined().unwrap().ends_with("the last: detect: oops"));
        health.release();
        assert_eq!(health.quarantined(), None);
        assert!(!health.failed(&failure(), 2));
    }

    #[test]
    fn a_limit_of_none_is_no_limit() {
        let health = Health::default();
        for _ in 0..100 {
            assert!(!health.failed(&failure(), 0));
        }
    }
}
