use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

/// Functions of plugins that are told apart. Names come with components, and whoever may add those could add one after another.
const PLUGINS: usize = 500;

/// The name of all others.
const OTHER: &str = "other";

/// Bounds of durations, in seconds.
const BOUNDS: [f64; 9] = [0.000_5, 0.002, 0.01, 0.05, 0.2, 1.0, 5.0, 20.0, 120.0];

/// How long calls of plugins took, and how they ended. Clones count together.
#[derive(Clone, Debug)]
pub struct CallTimes {
    /// By plugin and function.
    pub durations: Family<CalledPlugin, Histogram, fn() -> Histogram>,
    /// By plugin, function and how it ended.
    pub ended: Family<EndedCall, Counter<u64, AtomicU64>>,
    /// How often something was called for the first time.
    known: Arc<AtomicUsize>,
}

/// What is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CalledPlugin {
    /// The plugin's name.
    pub plugin: String,
    /// Its function: `detect`, `parse`, `keys`.
    pub call: &'static str,
}

/// Calls that ended in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct EndedCall {
    /// The plugin's name.
    pub plugin: String,
    /// Its function.
    pub call: &'static str,
    /// `answered`, or the [kind of failure](limpid_model::FailureKind).
    pub outcome: &'static str,
}

impl Default for CallTimes {
    fn default() -> Self {
        let durations: fn() -> Histogram = || Histogram::new(BOUNDS);
        Self {
            durations: Family::new_with_constructor(durations),
            ended: Family::default(),
            known: Arc::default(),
        }
    }
}

impl CallTimes {
    pub(crate) fn ended(&self, plugin: &str, call: &'static str, outcome: &'static str, took: Duration) {
        let mut called = CalledPlugin { plugin: plugin.to_owned(), call };
        if self.durations.get(&called).is_none() {
            // Where two come at once, one too many is told apart.
            match self.known.fetch_add(1, Ordering::Relaxed) {
                0..PLUGINS => {}
                _ => called.plugin = OTHER.to_owned(),
            }
        }
        self.durations.get_or_create(&called).observe(took.as_secs_f64());
        self.ended.get_or_create(&EndedCall { plugin: called.plugin, call, outcome }).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_beyond_a_number_are_counted_together() {
        let times = CallTimes::default();
        for number in 0..2 * PLUGINS {
            times.ended(&format!("plugin-{number}"), "detect", "answered", Duration::from_millis(1));
        }
        times.ended("plugin-0", "detect", "trap", Duration::from_millis(1));
        let is_known =
            |plugin: String| times.durations.get(&CalledPlugin { plugin, call: "detect" }).is_some();
        assert_eq!((0..2 * PLUGINS).filter(|number| is_known(format!("plugin-{number}"))).count(), PLUGINS);
        let count = |plugin: &str, outcome| {
            let labels = EndedCall { plugin: plugin.to_owned(), call: "detect", outcome };
            times.ended.get_or_create(&labels).get()
        };
        assert_eq!((count(OTHER, "answered"), count("plugin-0", "trap")), (PLUGINS as u64, 1));
    }
}
