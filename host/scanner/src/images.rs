//! Images and layers as the store has them.

use limpid_model::{Digest, Image, ImageLayer, LayerEntries};
use limpid_store::View;
use limpid_store::tables::entries::Entries;
use limpid_store::tables::images::{Images, Indexing};
use limpid_store::tables::layers::Layers;
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

/// The image of a manifest, and digests of the stored forms of its layers, lowest first: as the manifest names them, or
/// where that was not noted, as they were read. None where there is no such image.
pub(crate) fn of_manifest(view: &View<'_>, manifest: &Digest) -> Result<Option<(Image, Vec<Digest>)>, Error> {
    let Some(row) = view.get::<Manifests>(manifest)? else { return Ok(None) };
    let id = row.image.into();
    let image = view.get::<Images>(&id)?.ok_or(Error::NoImage(id))?.into_parts(id).0;
    if row.layers.len() == image.layers.len() {
        return Ok(Some((image, row.layers.into_iter().map(Digest::from).collect())));
    }
    let read = |layer: &ImageLayer| {
        let row = view.get::<Layers>(&layer.diff_id)?;
        Ok(row.and_then(|row| row.digest).map_or(layer.diff_id, Digest::from))
    };
    let layers = image.layers.iter().map(read).collect::<Result<_, Error>>()?;
    Ok(Some((image, layers)))
}

/// What a layer that is known holds, replaces and deletes.
pub(crate) fn known_entries(view: &View<'_>, diff_id: &Digest) -> Result<LayerEntries, Error> {
    Ok(view.get::<Entries>(diff_id)?.ok_or(Error::NoLayer(*diff_id))?.unpack()?)
}
