use std::collections::{BTreeMap, BTreeSet};

use limpid_model::{Digest, Image};
use limpid_store::tables::contexts::{self, Contexts};
use limpid_store::tables::images::Indexing;
use limpid_store::tables::placements::{self, Placements};
use limpid_store::{Batch, View};

use crate::Error;
use crate::fold::{Contents, Hidden};

/// The context of a layer in which no detector found anything.
pub(super) const NOTHING: u64 = 0;

/// Places the layers of an image, in the place of how they were placed before. `stating` says in
/// which of them a detector found something. Returns the context of each layer.
pub(crate) fn place(
    batch: &mut Batch,
    image: &Image,
    before: Option<&Indexing>,
    detectors: &[Digest],
    contents: &Contents,
    (stating, hidden): (&[bool], &[Hidden]),
) -> Result<Vec<u64>, Error> {
    let mut by_layer: BTreeMap<usize, Vec<(String, u64)>> = BTreeMap::new();
    for file in hidden {
        by_layer.entry(file.layer).or_default().push((file.path.clone(), (file.by - file.layer) as u64));
    }
    let namespaces = contents.distribution.as_ref().map(|known| known.namespaces.clone()).unwrap_or_default();
    let mut ids = Vec::with_capacity(image.layers.len());
    let mut placed = BTreeSet::new();
    for (place, layer) in image.layers.iter().enumerate() {
        let mut id = NOTHING;
        if stating.get(place) == Some(&true) {
            let hidden = by_layer.remove(&place).unwrap_or_default();
            let row = contexts::Row::new(
                namespaces.clone(),
                contents.properties.clone(),
                detectors.to_vec(),
                hidden,
            );
            id = row.id()?;
            batch.put::<Contexts>(&contexts::Key { diff_id: layer.diff_id, context: id }, &row)?;
        }
        let key = placements::Key { diff_id: layer.diff_id, context: id, image: image.id };
        batch.put::<Placements>(&key, &placements::Row)?;
        placed.insert(key);
        ids.push(id);
    }
    if let Some(before) = before {
        remove(batch, image, before, &placed);
    }
    Ok(ids)
}

/// Takes an image from where its layers were placed. The contexts stay: others may come into them.
pub(crate) fn unplace(batch: &mut Batch, image: &Image, indexing: &Indexing) {
    remove(batch, image, indexing, &BTreeSet::new());
}

fn remove(batch: &mut Batch, image: &Image, before: &Indexing, but: &BTreeSet<placements::Key>) {
    for (layer, &context) in image.layers.iter().zip(&before.contexts) {
        let key = placements::Key { diff_id: layer.diff_id, context, image: image.id };
        if !but.contains(&key) {
            batch.delete::<Placements>(&key);
        }
    }
}

/// Forgets the contexts of a layer in which no image is.
pub(crate) fn forget_empty(view: &View<'_>, batch: &mut Batch, diff_id: &Digest) -> Result<(), Error> {
    let keys = view.keys::<Contexts>(|key| {
        key.digest(diff_id);
    });
    for key in keys {
        let key = key?;
        if images_in(view, diff_id, key.context, None).next().is_none() {
            batch.delete::<Contexts>(&key);
        }
    }
    Ok(())
}

/// Forgets all contexts of a layer.
pub(crate) fn forget_all(view: &View<'_>, batch: &mut Batch, diff_id: &Digest) -> Result<(), Error> {
    let keys = view.keys::<Contexts>(|key| {
        key.digest(diff_id);
    });
    for key in keys {
        batch.delete::<Contexts>(&key?);
    }
    Ok(())
}

/// Images that have a layer in a context, by digest, from the one after `after` on.
pub(super) fn images_in<'v>(
    view: &'v View<'_>,
    diff_id: &Digest,
    context: u64,
    after: Option<&Digest>,
) -> impl Iterator<Item = Result<Digest, Error>> + 'v {
    let diff_id = *diff_id;
    let after = after.map(|&image| placements::Key { diff_id, context, image });
    let keys = view.keys_after::<Placements>(
        move |key| {
            key.digest(&diff_id).number(context);
        },
        after,
    );
    keys.map(|key| Ok(key?.image))
}

/// Images that have one of some layers in one of some contexts, by digest, from the one after
/// `after` on, `limit` at most: each with the places of those in the list.
pub(crate) fn images_of(
    view: &View<'_>,
    groups: &[(Digest, u64)],
    after: Option<&Digest>,
    limit: usize,
) -> Result<BTreeMap<Digest, Vec<usize>>, Error> {
    let mut found: BTreeMap<Digest, Vec<usize>> = BTreeMap::new();
    for (place, (diff_id, context)) in groups.iter().enumerate() {
        for image in images_in(view, diff_id, *context, after) {
            let image = image?;
            let full = found.len() >= limit;
            if full && found.last_key_value().is_some_and(|(last, _)| image > *last) {
                break;
            }
            let known = found.contains_key(&image);
            found.entry(image).or_default().push(place);
            if full && !known {
                found.pop_last();
            }
        }
    }
    Ok(found)
}

/// All images that have a layer.
pub(crate) fn images_with(view: &View<'_>, diff_id: &Digest) -> Result<BTreeSet<Digest>, Error> {
    let keys = view.keys::<Placements>(|key| {
        key.digest(diff_id);
    });
    keys.map(|key| Ok(key?.image)).collect()
}

/// Which files of an image's layers are hidden by later ones.
pub(crate) fn hidden_of(view: &View<'_>, image: &Image, indexing: &Indexing) -> Result<Vec<Hidden>, Error> {
    let placed = image.layers.iter().zip(&indexing.contexts).enumerate();
    let placed: Vec<_> = placed.filter(|(_, (_, context))| **context != NOTHING).collect();
    let keys: Vec<_> = placed
        .iter()
        .map(|(_, (layer, context))| contexts::Key { diff_id: layer.diff_id, context: **context })
        .collect();
    let mut hidden = Vec::new();
    for ((layer, _), row) in placed.into_iter().zip(view.multi_get::<Contexts>(&keys)?) {
        for (path, by) in row.iter().flat_map(contexts::Row::hidden) {
            hidden.push(Hidden { layer, path: path.to_owned(), by: layer.saturating_add(by) });
        }
    }
    Ok(hidden)
}
