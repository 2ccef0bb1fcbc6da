//! Layers by the digest of their stored form, which is all that some sources say of them.

use limpid_images::KnownLayer;
use limpid_model::Digest;
use limpid_store::tables::blobs::{self, Blobs};
use limpid_store::tables::layers::{self, Layers};
use limpid_store::{Batch, Store, View};

use crate::{Error, filling};

/// Says that layers are found by their stored form.
const MARK: &str = "blobs";

/// Makes a layer known by its stored form, in the place of the one that it was known by.
pub(crate) fn put(
    batch: &mut Batch,
    diff_id: &Digest,
    before: Option<&layers::Row>,
    row: &layers::Row,
) -> Result<(), Error> {
    let Some(blob) = row.digest else { return Ok(()) };
    if let Some(other) = before.and_then(|before| before.digest).filter(|before| *before != blob) {
        batch.delete::<Blobs>(&other.into());
    }
    Ok(batch.put::<Blobs>(&blob.into(), &blobs::Row { diff_id: (*diff_id).into() })?)
}

/// Forgets a layer by its stored form.
pub(crate) fn delete(view: &View<'_>, batch: &mut Batch, diff_id: &Digest) -> Result<(), Error> {
    if let Some(blob) = view.get::<Layers>(diff_id)?.and_then(|row| row.digest) {
        batch.delete::<Blobs>(&blob.into());
    }
    Ok(())
}

/// The layer of a stored form, where it is known.
pub(crate) fn known(store: &Store, blob: &Digest) -> Result<Option<KnownLayer>, Error> {
    let view = store.view();
    let found = view.get::<Blobs>(blob)?.map(|row| Digest::from(row.diff_id));
    let Some(diff_id) = found else { return Ok(None) };
    let layer = view.get::<Layers>(&diff_id)?;
    let layer = layer.filter(|layer| layer.digest.is_some_and(|digest| Digest::from(digest) == *blob));
    Ok(layer.map(|layer| KnownLayer { diff_id, size: layer.size }))
}

/// Makes layers known by their stored form, where a Limpid wrote them that did not. Costs one look-up where
/// there is nothing to do.
pub(crate) fn index_blobs(store: &Store) -> Result<(), Error> {
    filling::once(store, MARK, |view, filling| {
        for row in view.scan::<Layers>(|_| ()) {
            let (diff_id, row) = row?;
            put(filling.batch()?, &diff_id, None, &row)?;
        }
        Ok(())
    })
}
