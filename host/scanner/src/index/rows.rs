//! What an indexed image becomes in the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use limpid_images::FoundImage;
use limpid_layers::hidden;
use limpid_matching::fold;
use limpid_model::{Digest, Fact, HiddenFile, Image, LayerEntries, LayerFindings, PluginId};
use limpid_runtime::Plugin;
use limpid_store::tables::entries::Entries;
use limpid_store::tables::findings;
use limpid_store::tables::images::{self, Images, Indexing, Linked};
use limpid_store::tables::kept::{self, Kept};
use limpid_store::tables::kinds::Kinds;
use limpid_store::tables::layers::{self, Layers};
use limpid_store::tables::manifests::{self, Manifests};
use limpid_store::tables::unexamined::{Layer as Remark, Unexamined};
use limpid_store::{Batch, View};

use super::detection;
use super::layer::ReadLayer;
use super::plan::Outcomes;
use super::{AllAttached, Indexer};
use crate::detectors::components;
use crate::facts::{LinkedLayer, facts_but};
use crate::images::known_entries;
use crate::unexamined::{self, Remarks};
use crate::versions::package_keys;
use crate::{Error, attached, bases, blobs, inventory, names};

/// What detectors found in layers, and is not in the store yet.
pub(crate) type Fresh = BTreeMap<Digest, Vec<(PluginId, LayerFindings)>>;

/// The same as rows of a batch that is not yet written.
pub(crate) type Rows = BTreeMap<findings::Key, findings::Row>;

impl Indexer<'_> {
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
        let before = view.get::<Layers>(diff_id)?;
        let kept_bytes = before.as_ref().map_or(0, |row| row.kept_bytes) + fresh;
        let row = layers::Row { kept_bytes, ..layer.row.clone() };
        blobs::put(batch, diff_id, before.as_ref(), &row)?;
        batch.put::<Layers>(diff_id, &row)?;
        batch.put::<Entries>(diff_id, &layer.entries)?;
        if let Some(kinds) = &layer.kinds {
            batch.put::<Kinds>(diff_id, kinds)?;
        }
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
                let keys =
                    package_keys(&self.registry.snapshot(), self.settings.versions_a_call, &cause, packages);
                rows.push((detector.digest, findings::Row::new(detector, found, keys)));
            }
            inventory::put_findings(view, batch, &diff_id, rows.clone())?;
            let rows = rows.into_iter();
            written.extend(rows.map(|(component, row)| (findings::Key { diff_id, component }, row)));
        }
        Ok(written)
    }

    /// Whether images were indexed before as they would be now: the same detectors saw all of their layers, files
    /// were counted by the same rules, the same is attached, and nothing is to be told of a layer that was not told
    /// before.
    pub(super) fn are_settled(
        &self,
        view: &View<'_>,
        (images, attached): (&[FoundImage], &AllAttached),
        detectors: &[Arc<Plugin>],
        outcomes: &Outcomes,
    ) -> Result<bool, Error> {
        if !outcomes.read.is_empty() || !outcomes.unread.is_empty() {
            return Ok(false);
        }
        let components = components(detectors);
        for source in images {
            let (row, unexamined) =
                (view.get::<Images>(&source.image.id)?, view.get::<Unexamined>(&source.image.id)?);
            let (Some(row), Some(unexamined)) = (row, unexamined) else { return Ok(false) };
            let (_, indexing) = row.into_parts(source.image.id);
            let told = unexamined.layers.iter().map(|layer| (layer.place, layer.stored_as.as_ref()));
            let told = told.filter(|(_, stored_as)| stored_as.is_some());
            let stated = source.layers.iter().enumerate();
            let stated =
                stated.filter_map(|(place, layer)| Some((place as u64, Some(layer.stored_as.as_ref()?))));
            let bills = attached.get(&source.image.id).into_iter().flat_map(|attached| attached.bills.keys());
            let is_settled = indexing.detectors == components
                && indexing.linked.iter().flat_map(bills_of).eq(bills)
                && Digest::from(unexamined.rules) == self.settings.kinds.digest()
                && unexamined.uncounted == 0
                && unexamined.layers.iter().all(|layer| layer.unread.is_none())
                && told.eq(stated);
            if !is_settled {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes an image that was submitted again and is settled: it may have other names.
    pub(super) fn put_again(
        &self,
        view: &View<'_>,
        batch: &mut Batch,
        source: &FoundImage,
    ) -> Result<(), Error> {
        let mut image = source.image.clone();
        let id = image.id;
        let row = view.get::<Images>(&id)?.ok_or(Error::NoImage(id))?;
        let (known, indexing) = row.into_parts(id);
        join(&mut image, known);
        put_names(batch, source, &image)?;
        let indexing = Indexing { indexed_at: self.settings.clock.now(), ..indexing };
        Ok(batch.put::<Images>(&id, &images::Row::new(image, indexing))?)
    }

    /// Writes an image that was submitted.
    pub(super) fn put_image(
        &self,
        view: &View<'_>,
        batch: &mut Batch,
        (source, linked): (&FoundImage, Option<&LinkedLayer>),
        components: Vec<Digest>,
        outcomes: &Outcomes,
        rows: &Rows,
    ) -> Result<(), Error> {
        let Outcomes { read, .. } = outcomes;
        let mut image = source.image.clone();
        let mut before = None;
        if let Some(row) = view.get::<Images>(&image.id)? {
            let (known, indexing) = row.into_parts(source.image.id);
            join(&mut image, known);
            before = Some(indexing);
        }
        put_names(batch, source, &image)?;
        let entries = |diff_id: &Digest| match read.get(diff_id) {
            Some(layer) => Ok(layer.entries.unpack()?),
            None => known_entries(view, diff_id),
        };
        let remarks = remarks(source, outcomes);
        let counted = unexamined::counted(&self.settings.kinds, &image, |diff_id| {
            match read.get(diff_id).and_then(|layer| layer.kinds.clone()) {
                Some(row) => Ok(Some(row)),
                None => Ok(view.get::<Kinds>(diff_id)?),
            }
        })?;
        let told = Told { unread: unexamined::unread(&remarks), recognised: unexamined::paths(&counted) };
        let limits = &self.settings.limits;
        let placing = Placing { image: &image, linked: linked.cloned(), before: before.as_ref(), limits };
        let placed = place_layers(view, batch, placing, &components, rows, entries, &told)?;
        let row = unexamined::of_image(&self.settings.kinds, remarks, counted, &placed.hidden);
        batch.put::<Unexamined>(&image.id, &row)?;
        let Placed { contexts, linked, .. } = placed;
        let gone = before.and_then(|before| before.linked).map(|before| before.diff_id);
        if let Some(gone) = gone.filter(|gone| linked.as_ref().is_none_or(|linked| linked.diff_id != *gone)) {
            self.kept.subtract(forget_unused(view, batch, &gone, &image.id)?);
        }
        let indexed_at = self.settings.clock.now();
        let indexing = Indexing { indexed_at, detectors: components, contexts, linked };
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
        let remarks = unexamined::remarks(view, &image.id)?;
        let rules = &self.settings.kinds;
        let counted = unexamined::counted(rules, &image, |diff_id| Ok(view.get::<Kinds>(diff_id)?))?;
        let told = Told { unread: unexamined::unread(&remarks), recognised: unexamined::paths(&counted) };
        let linked = before.linked.as_ref().map(|linked| LinkedLayer::known(&image, linked));
        let limits = &self.settings.limits;
        let placing = Placing { image: &image, linked, before: Some(before), limits };
        let placed = place_layers(view, batch, placing, &components, rows, entries, &told)?;
        let row = unexamined::of_image(&self.settings.kinds, remarks, counted, &placed.hidden);
        batch.put::<Unexamined>(&image.id, &row)?;
        let Placed { contexts, linked, .. } = placed;
        let id = image.id;
        let indexing = Indexing { indexed_at: before.indexed_at, detectors: components, contexts, linked };
        Ok(batch.put::<Images>(&id, &images::Row::new(image, indexing))?)
    }
}

/// The paths of attached bills of materials with which an image was indexed.
fn bills_of(linked: &Linked) -> impl Iterator<Item = &String> {
    linked.files.iter().map(|file| &file.path).filter(|path| path.starts_with(attached::FOLDER))
}

/// Writes by which names, manifests and layers an image is found that is submitted now. Manifests with which it was
/// submitted before are written already, each with its own forms of the layers.
fn put_names(batch: &mut Batch, source: &FoundImage, image: &Image) -> Result<(), Error> {
    let layers: Option<Vec<_>> = source.layers.iter().map(|layer| layer.digest.map(Into::into)).collect();
    for manifest in &source.image.manifests {
        let row = manifests::Row { image: image.id.into(), layers: layers.clone().unwrap_or_default() };
        batch.put::<Manifests>(manifest, &row)?;
    }
    names::put(batch, image)?;
    bases::put(batch, image)
}

/// What is known of an image's layers beside what detectors found.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Places of the layers that could not be read.
    pub(crate) unread: BTreeSet<usize>,
    /// Paths of each layer of which it is asked whether later layers hide them.
    pub(crate) recognised: Vec<BTreeSet<String>>,
}

/// An image whose layers are placed.
pub(crate) struct Placing<'a> {
    pub(crate) image: &'a Image,
    /// What is seen through links in it.
    pub(crate) linked: Option<LinkedLayer>,
    /// How it was placed before.
    pub(crate) before: Option<&'a Indexing>,
    pub(crate) limits: &'a limpid_layers::Limits,
}

/// How the layers of an image were placed.
#[derive(Debug)]
pub(crate) struct Placed {
    /// The context of each.
    pub(crate) contexts: Vec<u64>,
    /// What is seen through links, in its context.
    pub(crate) linked: Option<Linked>,
    /// The recognised files that later layers hide.
    pub(crate) hidden: Vec<HiddenFile>,
}

/// What is to be told of the layers of an image that is submitted.
fn remarks(source: &FoundImage, outcomes: &Outcomes) -> Remarks {
    let layers = source.layers.iter().enumerate().map(|(place, layer)| {
        let unread = outcomes.unread.get(&layer.diff_id).cloned();
        let stored_as = layer.stored_as.clone().filter(|_| unread.is_none());
        (place, Remark { place: place as u64, unread, stored_as, long_paths: None })
    });
    layers.collect()
}

/// Places the layers of an image in the contexts that follow from what is found in all of them. Of a layer
/// that could not be read, nothing is found and nothing is hidden: what lower layers state stays.
pub(crate) fn place_layers(
    view: &View<'_>,
    batch: &mut Batch,
    Placing { image, linked, before, limits }: Placing<'_>,
    components: &[Digest],
    rows: &Rows,
    entries_of: impl Fn(&Digest) -> Result<LayerEntries, Error>,
    told: &Told,
) -> Result<Placed, Error> {
    let behind = linked.as_ref().map(|linked| (linked.diff_id, linked.files.as_slice()));
    let facts = facts_but(view, (image, behind), components, rows, &told.unread)?;
    let mut stating: Vec<BTreeSet<String>> = facts.iter().map(fold::LayerFacts::stating).collect();
    let states: Vec<bool> = stating.iter().map(|paths| !paths.is_empty()).collect();
    stating.truncate(image.layers.len());
    let entries = image.layers.iter().enumerate().map(|(place, layer)| match told.unread.contains(&place) {
        true => Ok(LayerEntries::default()),
        false => entries_of(&layer.diff_id),
    });
    let entries: Vec<_> = entries.collect::<Result<_, Error>>()?;
    let entries: Vec<_> = entries.iter().collect();
    let stated = hidden(&stating, &entries, limits);
    let context = fold::context(facts, &stated);
    let image = (image, linked);
    let (contexts, linked) = inventory::place(batch, image, before, components, context, (&states, &stated))?;
    Ok(Placed { contexts, linked, hidden: hidden(&told.recognised, &entries, limits) })
}

/// Forgets what was found in files that no image but this one, which had them, sees through links. Returns
/// how many bytes its kept files took.
fn forget_unused(view: &View<'_>, batch: &mut Batch, diff_id: &Digest, image: &Digest) -> Result<u64, Error> {
    if inventory::images_with(view, diff_id)?.iter().any(|holder| holder != image) {
        return Ok(0);
    }
    inventory::forget_layer(view, batch, diff_id)
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
