use std::collections::{BTreeMap, BTreeSet};

use limpid_matching::fold::Context;
use limpid_model::{Digest, HiddenFile, Image, LinkedFile, Owner};
use limpid_store::key::Writer;
use limpid_store::tables::contexts::{self, Contexts};
use limpid_store::tables::images::{Indexing, Linked};
use limpid_store::tables::placements::{self, Placements};
use limpid_store::{Batch, View};

use crate::Error;
use crate::facts::LinkedLayer;

/// The context of a layer in which no detector found anything.
pub(super) const NOTHING: u64 = 0;

/// Places the layers of an image, in the place of how they were placed before. `stating` says in
/// which of them a detector found something; last, in the files that are seen through links. Returns the
/// context of each layer, and of those files.
pub(crate) fn place(
    batch: &mut Batch,
    (image, linked): (&Image, Option<LinkedLayer>),
    before: Option<&Indexing>,
    detectors: &[Digest],
    context: Context,
    (stating, hidden): (&[bool], &[HiddenFile]),
) -> Result<(Vec<u64>, Option<Linked>), Error> {
    let mut by_layer: BTreeMap<usize, Vec<(String, u64)>> = BTreeMap::new();
    for file in hidden {
        by_layer.entry(file.layer).or_default().push((file.path.clone(), (file.by - file.layer) as u64));
    }
    let Context { distribution, properties, ownership, .. } = context;
    let namespaces = distribution.map(|known| known.namespaces).unwrap_or_default();
    let mut ids = Vec::with_capacity(image.layers.len());
    let mut placed = BTreeSet::new();
    let row = |hidden, owned| {
        contexts::Row::new(namespaces.clone(), properties.clone(), detectors.to_vec(), hidden, owned)
    };
    let mut put = |diff_id: Digest, row: Option<contexts::Row>| -> Result<u64, Error> {
        let mut id = NOTHING;
        if let Some(row) = row {
            id = row.id()?;
            batch.put::<Contexts>(&contexts::Key { diff_id, context: id }, &row)?;
        }
        let key = placements::Key { diff_id, context: id, image: image.id };
        batch.put::<Placements>(&key, &placements::Row)?;
        placed.insert(key);
        Ok(id)
    };
    let states = |place: usize| stating.get(place) == Some(&true);
    for (place, layer) in image.layers.iter().enumerate() {
        let hidden = by_layer.remove(&place).unwrap_or_default();
        ids.push(put(layer.diff_id, states(place).then(|| row(hidden, ownership.in_layer(place))))?);
    }
    let mut behind = None;
    if let Some(LinkedLayer { diff_id, files, real_layers }) = linked {
        let top = ids.len().saturating_sub(1);
        let owner = |file: &LinkedFile| {
            let owner = ownership.of(file.since.min(top), &file.path)?;
            Some((file.path.clone(), Owner::clone(owner)))
        };
        let row = states(ids.len())
            .then(|| row(Vec::new(), files.iter().filter_map(owner).collect()).standing_for(real_layers));
        behind = Some(Linked { diff_id, context: put(diff_id, row)?, files });
    }
    if let Some(before) = before {
        remove(batch, image, before, &placed);
    }
    Ok((ids, behind))
}

/// Takes an image from where its layers were placed. The contexts stay: others may come into them.
pub(crate) fn unplace(batch: &mut Batch, image: &Image, indexing: &Indexing) {
    remove(batch, image, indexing, &BTreeSet::new());
}

fn remove(batch: &mut Batch, image: &Image, before: &Indexing, but: &BTreeSet<placements::Key>) {
    let linked = before.linked.iter().map(|linked| (linked.diff_id, linked.context));
    let layers = image.layers.iter().zip(&before.contexts).map(|(layer, &context)| (layer.diff_id, context));
    for (diff_id, context) in layers.chain(linked) {
        let key = placements::Key { diff_id, context, image: image.id };
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
        let mut images = view.keys::<Placements>(|of| {
            of.digest(diff_id).number(key.context);
        });
        if images.next().is_none() {
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

/// An image, and the place in a list of layers and contexts of one of those in which it is.
pub(crate) type Placed = (Digest, usize);

/// Room for images before those that nobody asks for are left out.
const ROOM: usize = 1 << 10;

/// Images that have one of some layers in one of some contexts, by digest, from the one after
/// `after` on, `limit` at most. An image that has several of them is there several times.
pub(crate) fn images_of(
    view: &View<'_>,
    groups: &[(Digest, u64)],
    after: Option<&Digest>,
    limit: usize,
) -> Result<Vec<Placed>, Error> {
    let mut placements = view.stream::<Placements>();
    let mut found: Vec<Placed> = Vec::new();
    let (mut room, mut last) = (limit.saturating_mul(2).max(ROOM), None);
    for (place, &(diff_id, context)) in groups.iter().enumerate() {
        let prefix = |key: &mut Writer| {
            key.digest(&diff_id).number(context);
        };
        let after = after.map(|&image| placements::Key { diff_id, context, image });
        for key in placements.keys(prefix, after.as_ref()) {
            let image = key?.image;
            if last.is_some_and(|last| image > last) {
                break;
            }
            found.push((image, place));
            if found.len() >= room {
                last = cut(&mut found, limit);
                room = found.len().saturating_mul(2).max(room);
            }
        }
    }
    cut(&mut found, limit);
    Ok(found)
}

/// Each image, and all that says where it is.
pub(crate) fn by_image(placed: &[Placed]) -> impl Iterator<Item = (Digest, &[Placed])> {
    placed.chunk_by(|a, b| a.0 == b.0).filter_map(|same| Some((same.first()?.0, same)))
}

/// Sorts, and leaves the first images. Returns the last of them, where there are as many as wanted.
fn cut(found: &mut Vec<Placed>, limit: usize) -> Option<Digest> {
    found.sort_unstable();
    let (mut images, mut length, mut last) = (0, 0, None);
    for (image, same) in by_image(found).take(limit) {
        images += 1;
        length += same.len();
        last = Some(image);
    }
    found.truncate(length);
    last.filter(|_| images == limit)
}

/// All images that have a layer.
pub(crate) fn images_with(view: &View<'_>, diff_id: &Digest) -> Result<BTreeSet<Digest>, Error> {
    let keys = view.keys::<Placements>(|key| {
        key.digest(diff_id);
    });
    keys.map(|key| Ok(key?.image)).collect()
}

/// Which files of an image's layers are hidden by later ones.
pub(crate) fn hidden_of(
    view: &View<'_>,
    image: &Image,
    indexing: &Indexing,
) -> Result<Vec<HiddenFile>, Error> {
    let placed = image.layers.iter().zip(&indexing.contexts).enumerate();
    let placed: Vec<_> = placed.filter(|(_, (_, context))| **context != NOTHING).collect();
    let keys: Vec<_> = placed
        .iter()
        .map(|(_, (layer, context))| contexts::Key { diff_id: layer.diff_id, context: **context })
        .collect();
    let mut hidden = Vec::new();
    for ((layer, _), row) in placed.into_iter().zip(view.multi_get::<Contexts>(&keys)?) {
        for (path, by) in row.iter().flat_map(contexts::Row::hidden) {
            hidden.push(HiddenFile { layer, path: path.to_owned(), by: layer.saturating_add(by) });
        }
    }
    Ok(hidden)
}
