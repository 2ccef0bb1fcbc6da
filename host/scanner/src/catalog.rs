//! What is known: images and layers, one by one and in pages.

use std::collections::{BTreeMap, BTreeSet};

use limpid_model::{Digest, Image, ImageSummary, LayerContext, LayerDescription, Page};
use limpid_store::tables::images::{Images, Indexing, Row};
use limpid_store::tables::layers::Layers;
use limpid_store::tables::manifests::Manifests;
use limpid_store::tables::names::Names;
use limpid_store::tables::origins::Origins;
use limpid_store::tables::unexamined::Unexamined;
use limpid_store::{Batch, Store, View};

use crate::images::{self, LINKED};
use crate::kept::KeptFiles;
use crate::names::Name;
use crate::report::Reporter;
use crate::settings::Owners;
use crate::writer::Writers;
use crate::{Error, attached, bases, inventory, names, origins, tags};

/// Images that are looked at for one page of an owner's.
const LOOKED_AT: usize = if cfg!(test) { 3 } else { 10_000 };

/// How many different sets of layers below it a layer is described over.
const CONTEXTS: usize = 16;

/// One image.
///
/// # Errors
/// [`Error::NoImage`] where there is no such image.
pub(crate) fn image(store: &Store, digest: &Digest) -> Result<ImageSummary, Error> {
    let (image, indexing) = images::image(&store.view(), digest)?;
    Ok(ImageSummary { image, indexed_at: indexing.indexed_at })
}

/// Images by digest, from the one after `after` on, `limit` at most.
pub(crate) fn images(
    store: &Store,
    after: Option<&Digest>,
    limit: usize,
) -> Result<Page<ImageSummary, Digest>, Error> {
    let view = store.view();
    let mut items = Vec::new();
    for row in view.scan_after::<Images>(after).take(limit.saturating_add(1)) {
        let (id, row) = row?;
        let (image, indexing) = row.into_parts(id);
        items.push(ImageSummary { image, indexed_at: indexing.indexed_at });
    }
    Ok(Page::of(items, limit, |last| last.image.id))
}

/// Those of them that have a name in a repository of an owner, and in the repository or of the tag `name` where that is
/// asked for. Where few are the owner's, another page may follow one that is not full.
pub(crate) fn images_of_owner(
    store: &Store,
    (owners, owner): (&Owners, &str),
    name: Option<&str>,
    after: Option<&Digest>,
    limit: usize,
) -> Result<Page<ImageSummary, Digest>, Error> {
    if !owners.has(owner) {
        return Ok(Page { items: Vec::new(), next: None });
    }
    let is_theirs = |name: &String| owners.of(&Name::of(name).repository) == Some(owner);
    if let Some(name) = name {
        let mut page = names::images_named(store, name, after, limit)?;
        page.items.retain(|it| it.image.names.iter().any(is_theirs));
        return Ok(page);
    }
    let view = store.view();
    let (mut items, mut last) = (Vec::new(), None);
    for (looked_at, row) in view.scan_after::<Images>(after).enumerate() {
        if items.len() >= limit || looked_at >= LOOKED_AT {
            return Ok(Page { items, next: last });
        }
        let (id, row) = row?;
        last = Some(id);
        let (image, indexing) = row.into_parts(id);
        if image.names.iter().any(is_theirs) {
            items.push(ImageSummary { image, indexed_at: indexing.indexed_at });
        }
    }
    Ok(Page { items, next: None })
}

/// Forgets an image, and those of its layers that no other image has.
///
/// # Errors
/// [`Error::NoImage`] where there is no such image.
pub(crate) fn delete_image(writers: &Writers, kept: &KeptFiles, digest: &Digest) -> Result<(), Error> {
    delete_if(writers, kept, digest, |_, _| true).map(|_| ())
}

/// The same where it still is what is asked of it and of when it was submitted. Says whether it was.
///
/// # Errors
/// [`Error::NoImage`] where there is no such image.
pub(crate) fn delete_if(
    writers: &Writers,
    kept: &KeptFiles,
    digest: &Digest,
    is_meant: impl FnOnce(&Image, u64) -> bool,
) -> Result<bool, Error> {
    let writer = writers.images();
    let view = writer.view();
    let (image, indexing) = images::image(&view, digest)?;
    if !is_meant(&image, indexing.indexed_at) {
        return Ok(false);
    }
    let mut batch = Batch::default();
    let freed = delete(&view, &mut batch, &image, &indexing)?;
    writer.commit(batch)?;
    kept.subtract(freed);
    Ok(true)
}

/// Returns how many bytes the kept files of its layers took.
fn delete(view: &View<'_>, batch: &mut Batch, image: &Image, indexing: &Indexing) -> Result<u64, Error> {
    batch.delete::<Images>(&image.id);
    names::delete(batch, image);
    bases::delete(batch, image);
    tags::remove(view, batch, image)?;
    batch.delete::<Origins>(&image.id);
    batch.delete::<Unexamined>(&image.id);
    attached::delete(view, batch, &image.id)?;
    for manifest in &image.manifests {
        batch.delete::<Manifests>(manifest);
    }
    inventory::unplace(batch, image, indexing);
    let mut freed = 0;
    let linked = indexing.linked.iter().map(|linked| linked.diff_id);
    let layers: BTreeSet<Digest> = image.layers.iter().map(|layer| layer.diff_id).chain(linked).collect();
    for diff_id in layers {
        if inventory::images_with(view, &diff_id)?.iter().all(|holder| *holder == image.id) {
            freed += inventory::forget_layer(view, batch, &diff_id)?;
        }
    }
    Ok(freed)
}

/// Takes a name from an image that was fetched by a registry's name, and forgets the image with its last name. One
/// that was submitted otherwise stays as it is, because nobody could fetch it again. Nothing happens where there is
/// no such image.
pub(crate) fn leave_name(writers: &Writers, kept: &KeptFiles, id: &Digest, name: &Name) -> Result<(), Error> {
    let writer = writers.images();
    let view = writer.view();
    let Some(row) = view.get::<Images>(id)? else { return Ok(()) };
    if origins::of(&view, id)?.is_none() {
        return Ok(());
    }
    let (mut image, indexing) = row.into_parts(*id);
    let mut batch = Batch::default();
    let mut freed = 0;
    if image.names.iter().all(|known| Name::of(known) == *name) {
        freed = delete(&view, &mut batch, &image, &indexing)?;
    } else {
        image.names.retain(|known| Name::of(known) != *name);
        batch.delete::<Names>(&name.key(*id));
        tags::remove_from(&view, &mut batch, id, name)?;
        batch.put::<Images>(id, &Row::new(image, indexing))?;
    }
    writer.commit(batch)?;
    kept.subtract(freed);
    Ok(())
}

/// Forgets a manifest, and with its last manifest an image that nothing else names. Says whether there was one.
pub(crate) fn forget_manifest(writers: &Writers, kept: &KeptFiles, manifest: &Digest) -> Result<bool, Error> {
    let writer = writers.images();
    let view = writer.view();
    let Some(row) = view.get::<Manifests>(manifest)? else { return Ok(false) };
    let (mut image, indexing) = images::image(&view, &row.image.into())?;
    let mut batch = Batch::default();
    let mut freed = 0;
    image.manifests.retain(|known| known != manifest);
    if image.manifests.is_empty() && image.names.is_empty() {
        freed = delete(&view, &mut batch, &image, &indexing)?;
    } else {
        batch.put::<Images>(&image.id.clone(), &Row::new(image, indexing))?;
    }
    batch.delete::<Manifests>(manifest);
    writer.commit(batch)?;
    kept.subtract(freed);
    Ok(true)
}

/// A layer, and what it added, removed and changed.
///
/// # Errors
/// [`Error::NoLayer`] where there is no such layer.
pub(crate) fn layer(reporter: Reporter<'_>, diff_id: &Digest) -> Result<LayerDescription, Error> {
    let view = reporter.store.view();
    let row = view.get::<Layers>(diff_id)?.filter(|row| row.media_type != LINKED);
    let row = row.ok_or(Error::NoLayer(*diff_id))?;
    let mut by_base: BTreeMap<Vec<Digest>, Vec<Digest>> = BTreeMap::new();
    for holder in inventory::images_with(&view, diff_id)? {
        let (image, _) = images::image(&view, &holder)?;
        let ids = image.layers.iter().map(|layer| layer.diff_id);
        let below: Vec<_> = ids.take_while(|id| id != diff_id).collect();
        by_base.entry(below).or_default().push(holder);
    }
    let mut contexts = Vec::new();
    for (below, images) in by_base.into_iter().take(CONTEXTS) {
        contexts.extend(context(reporter, below, images)?);
    }
    Ok(LayerDescription {
        diff_id: *diff_id,
        digest: row.digest.map(Digest::from),
        size: row.size,
        inflated_size: row.inflated_size,
        media_type: row.media_type,
        entries: row.entries,
        contexts,
    })
}

fn context(
    reporter: Reporter<'_>,
    below: Vec<Digest>,
    images: Vec<Digest>,
) -> Result<Option<LayerContext>, Error> {
    let Some(example) = images.first() else { return Ok(None) };
    let place = below.len();
    let Some((changes, image)) = reporter.layer_changes(example, place)? else { return Ok(None) };
    Ok(Some(LayerContext {
        changes,
        created_by: image.layers.get(place).and_then(|layer| layer.created_by.clone()),
        below,
        images,
    }))
}

#[cfg(test)]
mod tests;
