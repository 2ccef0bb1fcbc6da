//! From where images can be fetched again.

use limpid_model::{Digest, ImageReference};
use limpid_store::tables::origins::Origins;
use limpid_store::{Batch, View};

use crate::Error;

/// Remembers from where images came. `digest` is that of the manifest or index by which they were found: a tag may
/// point elsewhere by the time they are fetched again.
pub(crate) fn put(
    batch: &mut Batch,
    images: &[Digest],
    mut reference: ImageReference,
    digest: Option<Digest>,
) -> Result<(), Error> {
    if let Some(digest) = digest.filter(|_| !reference.reference.contains('@')) {
        reference.reference = format!("{}@{digest}", reference.reference);
    }
    for image in images {
        batch.put::<Origins>(image, &(&reference).into())?;
    }
    Ok(())
}

/// By which reference an image came; none where it was submitted otherwise.
pub(crate) fn of(view: &View<'_>, image: &Digest) -> Result<Option<ImageReference>, Error> {
    Ok(view.get::<Origins>(image)?.map(|row| row.into_reference()))
}
