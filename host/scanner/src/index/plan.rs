use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use limpid_images::{FoundImage, FoundLayer};
use limpid_model::Digest;
use limpid_runtime::Plugin;
use limpid_store::View;
use limpid_store::tables::layers::Layers;
use limpid_store::tables::unexamined::Unread;

use super::Indexer;
use super::flights::{self, Flight};
use super::layer::ReadLayer;
use crate::detectors::has_seen;
use crate::{Error, unexamined};

/// Which layers must be read, and for whom.
pub(super) struct Plan<'a> {
    pub(super) unknown: BTreeMap<Digest, Unknown<'a>>,
    /// How many layers are known.
    pub(super) known: u64,
}

/// A layer that must be read, and the detectors that have not seen it.
pub(super) struct Unknown<'a> {
    pub(super) source: &'a FoundLayer,
    /// The first image that has it.
    pub(super) image: Digest,
    pub(super) detectors: Vec<Arc<Plugin>>,
    /// Whether it was read before, by other detectors or other rules.
    pub(super) was_read: bool,
    /// Whether its files are to be counted by kind.
    pub(super) counts: bool,
}

/// What came of reading layers.
#[derive(Default)]
pub(super) struct Outcomes {
    pub(super) read: BTreeMap<Digest, Arc<ReadLayer>>,
    /// Layers that could not be read.
    pub(super) unread: BTreeMap<Digest, Unread>,
    /// Layers that are to be read once more: an earlier version has not noted where their links lead.
    pub(super) once_more: BTreeSet<Digest>,
    /// Keeps what was read for others who wait for it, until it is stored.
    pub(super) flights: Vec<Arc<Flight>>,
}

impl Outcomes {
    fn has(&self, diff_id: &Digest) -> bool {
        self.read.contains_key(diff_id) || self.unread.contains_key(diff_id)
    }

    pub(super) fn add(
        &mut self,
        diff_id: Digest,
        outcome: Result<Arc<ReadLayer>, Error>,
        was_read: bool,
    ) -> Result<(), Error> {
        match outcome {
            Ok(layer) => _ = self.read.insert(diff_id, layer),
            Err(error) => _ = self.unread.insert(diff_id, unexamined::why(error, was_read)?),
        }
        Ok(())
    }

    pub(super) fn append(&mut self, mut others: Self) {
        self.read.append(&mut others.read);
        self.unread.append(&mut others.unread);
        self.flights.append(&mut others.flights);
    }
}

impl Unknown<'_> {
    /// What reading it depends on.
    pub(super) fn key(&self) -> flights::Key {
        let detectors = self.detectors.iter().map(|detector| detector.id().digest).collect();
        flights::Key { diff_id: self.source.diff_id, detectors, counts: self.counts }
    }
}

impl<'a> Plan<'a> {
    /// The unknown layers, by how much there is to read: what takes longest is begun first, so that nothing
    /// long is left when all else is done.
    pub(super) fn longest_first(&self) -> Vec<(Digest, &Unknown<'a>)> {
        let mut layers: Vec<_> = self.unknown.iter().map(|(diff_id, unknown)| (*diff_id, unknown)).collect();
        layers.sort_by_key(|(_, unknown)| Reverse(unknown.source.size));
        layers
    }

    pub(super) fn new(
        indexer: Indexer<'_>,
        view: &View<'_>,
        images: &'a [FoundImage],
        detectors: &[Arc<Plugin>],
        outcomes: &Outcomes,
    ) -> Result<Self, Error> {
        let rules = indexer.settings;
        let mut unknown = BTreeMap::new();
        let mut known = BTreeSet::new();
        let layers =
            images.iter().flat_map(|source| source.layers.iter().map(move |layer| (source.image.id, layer)));
        for (image, source) in layers {
            let diff_id = source.diff_id;
            if outcomes.has(&diff_id) || unknown.contains_key(&diff_id) || known.contains(&diff_id) {
                continue;
            }
            let was_read = view.get::<Layers>(&diff_id)?.is_some();
            // Whose files are whose is told by what all detectors find.
            let once_more = outcomes.once_more.contains(&diff_id);
            let is_new = once_more
                || !was_read
                || !unexamined::is_counted(&rules.kinds, rules.limits.path_length, view, &diff_id)?;
            let mut unseen = Vec::new();
            for detector in detectors {
                if is_new || !has_seen(view, diff_id, detector)? {
                    unseen.push(Arc::clone(detector));
                }
            }
            if is_new || !unseen.is_empty() {
                unknown
                    .insert(diff_id, Unknown { source, image, detectors: unseen, was_read, counts: is_new });
            } else {
                known.insert(diff_id);
            }
        }
        Ok(Self { unknown, known: known.len() as u64 })
    }
}
