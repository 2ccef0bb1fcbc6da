//! What a detector did not see while it was quarantined is shown to it when that has ended.

use std::collections::{BTreeMap, BTreeSet};

use limpid_model::{Digest, FailureKind};
use limpid_store::tables::findings::Findings;
use limpid_store::tables::images::Images;

use super::Refreshes;
use crate::detectors;
use crate::{Error, Scanner};

/// How often each component was quarantined or that has ended, when it was looked at last.
#[derive(Debug, Default)]
pub(super) struct Quarantines(BTreeMap<Digest, u64>);

impl Quarantines {
    /// Whether the quarantine of a detector has ended since it was looked at last, or a call of it would go
    /// through for a trial.
    pub(super) fn have_ended(&mut self, scanner: &Scanner) -> bool {
        let mut ended = false;
        let mut now = BTreeMap::new();
        for plugin in detectors::loaded(&scanner.plugins()) {
            let (component, changes) = (plugin.id().digest, plugin.quarantines());
            let changed = self.0.get(&component).copied().unwrap_or_default() != changes;
            ended |= plugin.awaits_trial() || (changed && plugin.quarantined().is_none());
            now.insert(component, changes);
        }
        self.0 = now;
        ended
    }
}

impl Refreshes<'_> {
    /// Tells detectors that have found something before that they are known to work, so that whatever is
    /// submitted after a restart does not make them seem broken.
    pub(super) fn vouch(&self) -> Result<(), Error> {
        let mut unknown: BTreeMap<Digest, _> = detectors::loaded(&self.indexer.registry.snapshot())
            .into_iter()
            .map(|plugin| (plugin.id().digest, plugin))
            .collect();
        let view = self.indexer.store.view();
        for row in view.scan::<Findings>(|_| ()) {
            if unknown.is_empty() {
                break;
            }
            let (key, row) = row?;
            if unknown.contains_key(&key.component) {
                let found = row.into_parts().1;
                if found.failures.is_empty() && !found.findings.is_empty() {
                    unknown.remove(&key.component).inspect(|plugin| plugin.vouch());
                }
            }
        }
        Ok(())
    }

    /// Shows the kept files of images to detectors that were quarantined when the images were indexed, newest
    /// images first. What was not kept stays a gap until somebody submits the image again.
    pub(super) fn heal(&self, stopped: &dyn Fn() -> bool) -> Result<(), Error> {
        let detectors = detectors::loaded(&self.indexer.registry.snapshot());
        let callable =
            detectors.iter().filter(|plugin| plugin.quarantined().is_none() || plugin.awaits_trial());
        let callable: BTreeSet<Digest> = callable.map(|plugin| plugin.id().digest).collect();
        let mut unseen: BTreeSet<Digest> = BTreeSet::new();
        for row in self.indexer.store.view().scan::<Findings>(|_| ()) {
            let (key, row) = row?;
            if !callable.contains(&key.component) || unseen.contains(&key.diff_id) {
                continue;
            }
            let found = row.into_parts().1;
            if found.failures.iter().any(|failure| failure.kind == FailureKind::Quarantined) {
                unseen.insert(key.diff_id);
            }
        }
        if unseen.is_empty() {
            return Ok(());
        }
        let mut images: Vec<(u64, Digest)> = Vec::new();
        for row in self.indexer.store.view().scan::<Images>(|_| ()) {
            let (id, row) = row?;
            let (image, indexing) = row.into_parts(id);
            let linked = indexing.linked.iter().map(|linked| linked.diff_id);
            if image.layers.iter().map(|layer| layer.diff_id).chain(linked).any(|id| unseen.contains(&id)) {
                images.push((indexing.indexed_at, id));
            }
        }
        images.sort_unstable_by(|a, b| b.cmp(a));
        tracing::info!(images = images.len(), "showing kept files to detectors that were quarantined");
        for (_, id) in images {
            if stopped() {
                break;
            }
            self.refresh_image(&id, &detectors)?;
        }
        Ok(())
    }
}
