//! What an indexed image becomes in the store.

use std::collections::{BTreeMap, BTreeSet};

use limpid_layers::{ImageSource, Overlay};
use limpid_model::{Digest, Fact, Image, LayerEntry, LayerFindings, PluginId};
use limpid_store::tables::entries::Entries;
use limpid_store::tables::findings;
use limpid_store::tables::images::{self, Images, Indexing};
use limpid_store::tables::kept::{self, Kept};
use limpid_store::tables::layers::{self, Layers};
use limpid_store::tables::manifests::{self, Manifests};
use limpid_store::{Batch, View};

use super::detection;
use super::layer::ReadLayer;
use crate::{Error, Scanner, fold, inventory, names};

/// What detectors found in layers, and is not in the store yet.
pub(crate) type Fresh = BTreeMap<Digest, Vec<(PluginId, LayerFindings)>>;

/// The same as rows of a batch that is not yet written.
pub(crate) type Rows = BTreeMap<findings::Key, findings::Row>;

impl Scanner {
    /// Writes a layer that was read. Returns how many bytes of files are kept that were not before.
    pub(super) fn put_layer(
        &self,
        view: &View<'_>,
        batch: &mut Batch,
        diff_id: &Digest,
        layer: &ReadLayer,
    ) -> Result<u64, Error> {
        let mut fresh = 0;
        for (path, file) in &layer.kept {
            let key = kept::Key { diff_id: *diff_id, path: path.clone() };
            if view.get::<Kept>(&key)?.is_none() {
                fresh += file.stored_bytes();
                batch.put::<Kept>(&key, file)?;
            }
        }
        let before = view.get::<Layers>(diff_id)?.map_or(0, |row| row.kept_bytes);
        let row = layers::Row { kept_bytes: before + fresh, ..layer.row.clone() };
        batch.put::<Layers>(diff_id, &row)?;
        batch.put::<Entries>(diff_id, &layer.entries)?;
        Ok(fresh)
    }

    /// Writes what detectors found in layers of an image, with the keys of all versions. Returns
    /// the rows.
    pub(crate) fn put_findings(
        &self,
        view: &View<'_>,
        batch: &mut Batch,
        image: &Digest,
        fresh: Fresh,
    ) -> Result<Rows, Error> {
        let cause = detection::cause(image);
        let mut written = Rows::new();
        for (diff_id, found) in fresh {
            let mut rows = Vec::with_capacity(found.len());
            for (detector, found) in found {
                let packages = found.findings.iter().filter_map(|finding| match &finding.fact {
                    Fact::Package(package) => Some(&**package),
                    _ => None,
                });
                let keys = self.package_keys(&cause, packages);
                rows.push((detector.digest, findings::Row::new(detector, found, keys)));
            }
            inventory::put_findings(view, batch, &diff_id, rows.clone())?;
            let rows = rows.into_iter();
            written.extend(rows.map(|(component, row)| (findings::Key { diff_id, component }, row)));
        }
        Ok(written)
    }

    /// Writes an image that was submitted. `entries` are those of layers that were just read.
    pub(super) fn put_image(
        &self,
        view: &View<'_>,
        batch: &mut Batch,
        source: &ImageSource,
        components: Vec<Digest>,
        read: &BTreeMap<Digest, ReadLayer>,
        rows: &Rows,
    ) -> Result<(), Error> {
        let mut image = source.image.clone();
        let mut before = None;
        if let Some(row) = view.get::<Images>(&image.id)? {
            let (known, indexing) = row.into_parts(source.image.id);
            join(&mut image, known);
            before = Some(indexing);
        }
        for manifest in &image.manifests {
            batch.put::<Manifests>(manifest, &manifests::Row { image: image.id.into() })?;
        }
        let entries = |diff_id: &Digest| match read.get(diff_id) {
            Some(layer) => Ok(layer.entries.unpack()?),
            None => known_entries(view, diff_id),
        };
        let contexts = place_layers(view, batch, &image, before.as_ref(), &components, rows, entries)?;
        let indexing = Indexing { indexed_at: self.settings().clock.now(), detectors: components, contexts };
        names::put(batch, &image)?;
        let id = image.id;
        Ok(batch.put::<Images>(&id, &images::Row::new(image, indexing))?)
    }

    /// Writes an image that rests on other components than before.
    pub(crate) fn put_refreshed(
        &self,
        view: &View<'_>,
        batch: &mut Batch,
        (image, before): (Image, &Indexing),
        components: Vec<Digest>,
        rows: &Rows,
    ) -> Result<(), Error> {
        let entries = |diff_id: &Digest| known_entries(view, diff_id);
        let contexts = place_layers(view, batch, &image, Some(before), &components, rows, entries)?;
        let id = image.id;
        let indexing = Indexing { indexed_at: before.indexed_at, detectors: components, contexts };
        Ok(batch.put::<Images>(&id, &images::Row::new(image, indexing))?)
    }
}

/// Places the layers of an image in the contexts that follow from what is found in all of them.
pub(crate) fn place_layers(
    view: &View<'_>,
    batch: &mut Batch,
    image: &Image,
    before: Option<&Indexing>,
    components: &[Digest],
    rows: &Rows,
    entries_of: impl Fn(&Digest) -> Result<Vec<LayerEntry>, Error>,
) -> Result<Vec<u64>, Error> {
    let facts = fold::facts(view, image, components, rows)?;
    let stating: Vec<BTreeSet<String>> = facts.iter().map(fold::LayerFacts::stating).collect();
    let states: Vec<bool> = stating.iter().map(|paths| !paths.is_empty()).collect();
    let entries: Vec<_> =
        image.layers.iter().map(|layer| entries_of(&layer.diff_id)).collect::<Result<_, _>>()?;
    let overlays: Vec<Overlay<'_>> = entries.iter().map(|entries| Overlay::new(entries)).collect();
    let hidden = fold::hidden(&stating, &overlays);
    let surroundings = fold::surroundings(&facts, &hidden);
    inventory::place(batch, image, before, components, surroundings, (&states, &hidden))
}

/// Keeps the names and manifests under which an image was known before.
fn join(image: &mut Image, before: Image) {
    for manifest in before.manifests {
        if !image.manifests.contains(&manifest) {
            image.manifests.push(manifest);
        }
    }
    for name in before.names {
        if !image.names.contains(&name) {
            image.names.push(name);
        }
    }
}

fn known_entries(view: &View<'_>, diff_id: &Digest) -> Result<Vec<LayerEntry>, Error> {
    Ok(view.get::<Entries>(diff_id)?.ok_or(Error::NoLayer(*diff_id))?.unpack()?)
}
