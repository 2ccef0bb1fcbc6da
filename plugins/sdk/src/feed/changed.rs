use std::fmt;

use super::{Advisory, Enrichment, Sink, Source};
use crate::Error;

/// A sink through which advisories go as `change` gives them, if it gives any, and all else as it is. For records that
/// a format reads, and of which a publisher means something else.
///
/// ```
/// use limpid_plugin_sdk::feed::{Advisory, Changed, Sink as _};
/// use limpid_plugin_sdk::testing::Collected;
///
/// let mut sink = Collected::default();
/// let mut changed = Changed::new(&mut sink, |advisory: Advisory| {
///     let is_trial = advisory.id.ends_with("-0000");
///     (!is_trial).then(|| Advisory { title: String::new(), ..advisory })
/// });
/// changed.advisory(Advisory::new("CVE-0000-0000"));
/// changed.advisory(Advisory::new("CVE-2024-0001"));
/// changed.dated("2024-05-01");
/// assert_eq!((sink.advisories.len(), sink.dated.as_deref()), (1, Some("2024-05-01")));
/// ```
pub struct Changed<'a, F> {
    sink: &'a mut dyn Sink,
    change: F,
}

impl<'a, F: FnMut(Advisory) -> Option<Advisory>> Changed<'a, F> {
    /// What goes into `sink`.
    pub fn new(sink: &'a mut dyn Sink, change: F) -> Self {
        Self { sink, change }
    }
}

impl<F> fmt::Debug for Changed<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changed").finish_non_exhaustive()
    }
}

impl<F: FnMut(Advisory) -> Option<Advisory>> Sink for Changed<'_, F> {
    fn advisory(&mut self, advisory: Advisory) {
        if let Some(advisory) = (self.change)(advisory) {
            self.sink.advisory(advisory);
        }
    }

    fn identify(&mut self, source: &str) {
        self.sink.identify(source);
    }

    fn dated(&mut self, when: &str) {
        self.sink.dated(when);
    }

    fn enrichment(&mut self, enrichment: Enrichment) {
        self.sink.enrichment(enrichment);
    }

    fn withdraw(&mut self, id: &str) {
        self.sink.withdraw(id);
    }

    fn reject(&mut self, id: &str, why: Error) {
        self.sink.reject(id, why);
    }

    fn follow(&mut self, source: Source) {
        self.sink.follow(source);
    }
}
