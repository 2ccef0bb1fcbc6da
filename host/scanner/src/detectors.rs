//! The detectors that are loaded, and what they have seen.

use std::sync::Arc;

use limpid_model::{Blame, Digest, FailureKind, LayerFindings};
use limpid_runtime::{Plugin, Snapshot};
use limpid_store::View;
use limpid_store::tables::findings::{self, Findings};

use crate::Error;

/// The plugins that are detectors.
pub(crate) fn loaded(plugins: &Snapshot) -> Vec<Arc<Plugin>> {
    plugins.plugins().iter().filter(|plugin| plugin.detector().is_some()).cloned().collect()
}

/// The components of plugins, in their order.
pub(crate) fn components(plugins: &[Arc<Plugin>]) -> Vec<Digest> {
    plugins.iter().map(|plugin| plugin.id().digest).collect()
}

/// Whether a detector has seen all that it claims of a layer.
pub(crate) fn has_seen(view: &View<'_>, diff_id: Digest, detector: &Plugin) -> Result<bool, Error> {
    let key = findings::Key { diff_id, component: detector.id().digest };
    Ok(view.get::<Findings>(&key)?.is_some_and(|row| settled(&row.into_parts().1)))
}

/// Whether a detector would find the same again: a call that was not made, or failed for lack of
/// time or for a reason of Limpid's own, may do better next time.
fn settled(found: &LayerFindings) -> bool {
    let passing = |kind| matches!(kind, FailureKind::Time | FailureKind::Quarantined);
    found.failures.iter().all(|failure| failure.blame != Blame::Host && !passing(failure.kind))
}
