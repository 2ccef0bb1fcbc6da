use std::collections::BTreeMap;
use std::sync::Arc;

use limpid_layers::{ImageSource, LayerSource};
use limpid_model::{Blame, Digest, FailureKind, LayerFindings};
use limpid_runtime::Plugin;
use limpid_store::View;
use limpid_store::tables::findings::{self, Findings};
use limpid_store::tables::layers::Layers;

use super::layer::ReadLayer;
use crate::Error;

/// Which layers must be read, and for whom.
pub(super) struct Plan<'a> {
    pub(super) unknown: BTreeMap<Digest, Unknown<'a>>,
    /// How many layers are known.
    pub(super) known: u64,
}

/// A layer that must be read, and the detectors that have not seen it.
pub(super) struct Unknown<'a> {
    pub(super) source: &'a LayerSource,
    /// The first image that has it.
    pub(super) image: Digest,
    pub(super) detectors: Vec<Arc<Plugin>>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        view: &View<'_>,
        images: &'a [ImageSource],
        detectors: &[Arc<Plugin>],
        read: &BTreeMap<Digest, ReadLayer>,
    ) -> Result<Self, Error> {
        let mut unknown = BTreeMap::new();
        let mut known = std::collections::BTreeSet::new();
        let layers =
            images.iter().flat_map(|source| source.layers.iter().map(move |layer| (source.image.id, layer)));
        for (image, source) in layers {
            let diff_id = source.diff_id;
            if read.contains_key(&diff_id) || unknown.contains_key(&diff_id) || known.contains(&diff_id) {
                continue;
            }
            let never_read = view.get::<Layers>(&diff_id)?.is_none();
            let mut unseen = Vec::new();
            for detector in detectors {
                if never_read || !has_seen(view, diff_id, detector)? {
                    unseen.push(Arc::clone(detector));
                }
            }
            if never_read || !unseen.is_empty() {
                unknown.insert(diff_id, Unknown { source, image, detectors: unseen });
            } else {
                known.insert(diff_id);
            }
        }
        Ok(Self { unknown, known: known.len() as u64 })
    }
}

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
