//! What an indexed image becomes in the store.

use std::collections::{BTreeMap, BTreeSet};

use limpid_layers::{ImageSource, Overlay};
use limpid_model::{Digest, Fact, Image, LayerEntry, LayerFindings, PluginId};
use limpid_store::tables::entries::Entries;
use limpid_store::tables::findings::{self, Findings};
use limpid_store::tables::holders::{self, Holders};
use limpid_store::tables::images::{self, Hidden, Images, Indexing};
use limpid_store::tables::kept::{self, Kept};
use limpid_store::tables::layers::{self, Layers};
use limpid_store::tables::manifests::{self, Manifests};
use limpid_store::{Batch, View};

use super::detection;
use super::layer::ReadLayer;
use crate::fold;
use crate::{Error, Scanner};

/// What detectors found in layers, and is not in the store yet.
pub(crate) type Fresh = BTreeMap<Digest, Vec<(PluginId, LayerFindings)>>;

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

    /// Writes what detectors found in layers of an image, with the keys of all versions.
    pub(crate) fn put_findings(
        &self,
        batch: &mut Batch,
        image: &Digest,
        fresh: &Fresh,
    ) -> Result<(), Error> {
        let cause = detection::cause(image);
        for (diff_id, found) in fresh {
            for (detector, found) in found {
                let packages = found.findings.iter().filter_map(|finding| match &finding.fact {
                    Fact::Package(package) => Some(&**package),
                    _ => None,
                });
                let keys = self.package_keys(&cause, packages);
                let key = findings::Key { diff_id: *diff_id, component: detector.digest };
                batch.put::<Findings>(&key, &findings::Row::new(detector.clone(), found.clone(), keys))?;
            }
        }
        Ok(())
    }

    /// Writes an image that was submitted. `entries` are those of layers that were just read.
    pub(super) fn put_image(
        &self,
        view: &View<'_>,
        batch: &mut Batch,
        source: &ImageSource,
        components: Vec<Digest>,
        read: &BTreeMap<Digest, ReadLayer>,
        fresh: &Fresh,
    ) -> Result<(), Error> {
        let mut image = source.image.clone();
        if let Some(row) = view.get::<Images>(&image.id)? {
            join(&mut image, row.into_parts(source.image.id).0);
        }
        for layer in &image.layers {
            let holder = holders::Key { diff_id: layer.diff_id, image: image.id };
            batch.put::<Holders>(&holder, &holders::Row)?;
        }
        for manifest in &image.manifests {
            batch.put::<Manifests>(manifest, &manifests::Row { image: image.id.into() })?;
        }
        let entries = |diff_id: &Digest| match read.get(diff_id) {
            Some(layer) => Ok(layer.entries.unpack()?),
            None => known_entries(view, diff_id),
        };
        let hidden = hidden(view, &image, &components, fresh, entries)?;
        let indexing = Indexing { indexed_at: self.settings().clock.now(), detectors: components, hidden };
        let id = image.id;
        Ok(batch.put::<Images>(&id, &images::Row::new(image, indexing))?)
    }

    /// Writes an image that rests on other components than before.
    pub(crate) fn put_refreshed(
        &self,
        view: &View<'_>,
        batch: &mut Batch,
        (image, indexed_at): (Image, u64),
        components: Vec<Digest>,
        fresh: &Fresh,
    ) -> Result<(), Error> {
        let entries = |diff_id: &Digest| known_entries(view, diff_id);
        let hidden = hidden(view, &image, &components, fresh, entries)?;
        let id = image.id;
        let indexing = Indexing { indexed_at, detectors: components, hidden };
        Ok(batch.put::<Images>(&id, &images::Row::new(image, indexing))?)
    }
}

/// Which files that state facts a later layer of the image hides.
fn hidden(
    view: &View<'_>,
    image: &Image,
    components: &[Digest],
    fresh: &Fresh,
    entries_of: impl Fn(&Digest) -> Result<Vec<LayerEntry>, Error>,
) -> Result<Vec<Hidden>, Error> {
    let mut stating = Vec::new();
    let mut entries = Vec::new();
    for layer in &image.layers {
        stating.push(stating_paths(view, &layer.diff_id, components, fresh)?);
        entries.push(entries_of(&layer.diff_id)?);
    }
    let overlays: Vec<Overlay<'_>> = entries.iter().map(|entries| Overlay::new(entries)).collect();
    Ok(fold::hidden(&stating, &overlays))
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

/// The files of a layer that state something, or should have.
fn stating_paths(
    view: &View<'_>,
    diff_id: &Digest,
    components: &[Digest],
    fresh: &Fresh,
) -> Result<BTreeSet<String>, Error> {
    let mut paths = BTreeSet::new();
    let mut add = |found: &LayerFindings| {
        let facts = found.findings.iter().filter(|finding| !matches!(finding.fact, Fact::Ownership(_)));
        paths.extend(facts.map(|finding| finding.path.clone()));
        paths.extend(found.unread.iter().map(|unread| unread.path.clone()));
    };
    let keys: Vec<_> =
        components.iter().map(|&component| findings::Key { diff_id: *diff_id, component }).collect();
    for row in view.multi_get::<Findings>(&keys)?.into_iter().flatten() {
        add(&row.into_parts().1);
    }
    for (_, found) in fresh.get(diff_id).into_iter().flatten() {
        add(found);
    }
    Ok(paths)
}

fn known_entries(view: &View<'_>, diff_id: &Digest) -> Result<Vec<LayerEntry>, Error> {
    Ok(view.get::<Entries>(diff_id)?.ok_or(Error::NoLayer(*diff_id))?.unpack()?)
}
