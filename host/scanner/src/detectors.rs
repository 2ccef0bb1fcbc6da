//! The detectors that are loaded, and what they have seen.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use limpid_layers::ClaimSet;
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

/// The claims of detectors, in their order. They are those of their components, and compiled once for some sets of
/// these: every layer and every report asks for them.
pub(crate) fn claims(detectors: &[Arc<Plugin>]) -> Result<ClaimSet, Error> {
    /// Sets that are kept: all detectors, and those that have not seen a layer.
    const SETS: usize = 4;
    static KNOWN: Mutex<VecDeque<(Vec<Digest>, ClaimSet)>> = Mutex::new(VecDeque::new());
    let components = components(detectors);
    let find = |known: &VecDeque<(Vec<Digest>, ClaimSet)>| {
        known.iter().find(|(of, _)| *of == components).map(|(_, claims)| claims.clone())
    };
    if let Some(claims) = find(&KNOWN.lock().unwrap_or_else(PoisonError::into_inner)) {
        return Ok(claims);
    }
    let claims =
        ClaimSet::new(detectors.iter().map(|plugin| plugin.detector().map_or(&[][..], |d| d.claims())))?;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if find(&known).is_none() {
        known.truncate(SETS - 1);
        known.push_front((components, claims.clone()));
    }
    Ok(claims)
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
