use std::collections::BTreeMap;

use limpid_model::{Digest, EntryKind, Image, LayerEntries, LayerEntry, LayerFindings, PluginId, Text};
use limpid_store::Batch;
use limpid_store::tables::entries::{self, Entries};
use limpid_store::tables::images::{self, Images, Indexing};
use limpid_store::tables::layers::{self, Layers};

use super::Indexer;
use super::rows::{Fresh, Placing, Told, place_layers};
use crate::detectors;
use crate::{Error, bases, names, tags};

/// What another Limpid found in a layer.
#[derive(Clone, Debug)]
pub struct AdoptedLayer {
    /// Digest of its tar.
    pub diff_id: Digest,
    /// What it holds, replaces and deletes.
    pub entries: LayerEntries,
    /// What each detector found.
    pub found: Vec<(PluginId, LayerFindings)>,
}

impl Indexer<'_> {
    /// Makes layers and images known from what was found in them elsewhere, without their bytes, all
    /// in one batch. Layers that are known already need not be given again.
    ///
    /// # Errors
    /// [`Error::NoLayer`] where a layer of an image is neither given nor known.
    pub(crate) fn adopt(&self, adopted: Vec<AdoptedLayer>, images: Vec<Image>) -> Result<(), Error> {
        let writer = self.writers.images();
        let view = writer.view();
        let mut batch = Batch::default();
        let (mut fresh, mut known) = (Fresh::new(), BTreeMap::new());
        for layer in adopted {
            let row = layers::Row {
                digest: None,
                size: 0,
                inflated_size: 0,
                media_type: String::new(),
                entries: layer.entries.last.len() as u64,
                kept_bytes: 0,
            };
            batch.put::<Layers>(&layer.diff_id, &row)?;
            batch.put::<Entries>(&layer.diff_id, &entries::Row::pack(&layer.entries)?)?;
            fresh.insert(layer.diff_id, layer.found);
            known.insert(layer.diff_id, layer.entries);
        }
        let cause = images.first().map_or(Digest::of(b""), |image| image.id);
        let rows = self.put_findings(&view, &mut batch, &cause, fresh)?;
        let entries_of = |diff_id: &Digest| match known.get(diff_id) {
            Some(entries) => Ok(entries.clone()),
            None => {
                let row = view.get::<Entries>(diff_id)?.ok_or(Error::NoLayer(*diff_id))?;
                Ok(row.unpack()?)
            }
        };
        let detectors: Vec<Digest> =
            detectors::loaded(&self.registry.snapshot()).iter().map(|plugin| plugin.id().digest).collect();
        tags::point(&view, &mut batch, images.iter(), None, self.settings.clock.now())?;
        for image in images {
            // What is seen through links takes the bytes of layers.
            let limits = &self.settings.limits;
            let placing = Placing { image: &image, linked: None, before: None, limits };
            let told = Told::default();
            let placed = place_layers(&view, &mut batch, placing, &detectors, &rows, entries_of, &told)?;
            let (indexed_at, contexts) = (self.settings.clock.now(), placed.contexts);
            let indexing =
                Indexing { indexed_at, detectors: detectors.clone(), contexts, linked: placed.linked };
            names::put(&mut batch, &image)?;
            bases::put(&mut batch, &image)?;
            batch.put::<Images>(&image.id.clone(), &images::Row::new(image, indexing))?;
        }
        writer.commit(batch)
    }
}

impl AdoptedLayer {
    /// A layer that holds the files that state something, and no others.
    pub fn of_files(diff_id: Digest, found: Vec<(PluginId, LayerFindings)>) -> Self {
        let paths = found.iter().flat_map(|(_, found)| &found.findings).map(|finding| &finding.path);
        let paths: std::collections::BTreeSet<_> = paths.collect();
        let entry = |path: &Text| LayerEntry::new(path.as_str(), EntryKind::File);
        let entries = LayerEntries { last: paths.into_iter().map(entry).collect(), replaced: Vec::new() };
        Self { diff_id, entries, found }
    }
}
