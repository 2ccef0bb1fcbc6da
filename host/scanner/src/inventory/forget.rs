use limpid_model::Digest;
use limpid_store::tables::entries::Entries;
use limpid_store::tables::findings::Findings;
use limpid_store::tables::kinds::Kinds;
use limpid_store::tables::layers::Layers;
use limpid_store::{Batch, View};

use super::{forget_all, forget_findings};
use crate::kept::give_up_files;
use crate::{Error, blobs};

/// Deletes a layer with all that was found in it. Returns how many bytes its kept files took.
pub(crate) fn forget_layer(view: &View<'_>, batch: &mut Batch, diff_id: &Digest) -> Result<u64, Error> {
    let freed = give_up_files(view, batch, diff_id)?;
    blobs::delete(view, batch, diff_id)?;
    batch.delete::<Layers>(diff_id);
    batch.delete::<Entries>(diff_id);
    batch.delete::<Kinds>(diff_id);
    let keys = view.keys::<Findings>(|key| {
        key.digest(diff_id);
    });
    let detectors = keys.map(|key| Ok(key?.component)).collect::<Result<_, Error>>()?;
    forget_findings(view, batch, diff_id, &detectors)?;
    forget_all(view, batch, diff_id)?;
    Ok(freed)
}
