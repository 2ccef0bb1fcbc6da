//! Images and layers as the store has them.

use limpid_model::{Digest, Image, LayerEntries};
use limpid_store::View;
use limpid_store::tables::entries::Entries;
use limpid_store::tables::images::{Images, Indexing};
use limpid_store::tables::manifests::Manifests;

use crate::Error;

/// The media type of what is no layer of any image: files that are seen through links.
pub(crate) const LINKED: &str = "application/vnd.limpid.linked";

/// The image of a digest, be it that of its configuration or of a manifest.
pub(crate) fn image(view: &View<'_>, digest: &Digest) -> Result<(Image, Indexing), Error> {
    let id = match view.get::<Manifests>(digest)? {
        Some(row) => row.image.into(),
        None => *digest,
    };
    let row = view.get::<Images>(&id)?.ok_or(Error::NoImage(*digest))?;
    Ok(row.into_parts(id))
}

/// What a layer that is known holds, replaces and deletes.
pub(crate) fn known_entries(view: &View<'_>, diff_id: &Digest) -> Result<LayerEntries, Error> {
    Ok(view.get::<Entries>(diff_id)?.ok_or(Error::NoLayer(*diff_id))?.unpack()?)
}
