//! How much may be kept: what is beyond a quota is refused, and nothing is removed for it.
//!
//! What is known already may be submitted again, however full it is: that adds no image. Quotas are looked at before
//! layers are read, and again when the images are written, because others are added meanwhile.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use limpid_images::FoundImage;
use limpid_model::Digest;
use limpid_store::tables::images::Images;
use limpid_store::{Store, View};

use crate::names::{self, Name};
use crate::settings::Quotas;
use crate::{Error, Settings};

/// Fails where images would be more than the settings `quotas.*` allow.
///
/// # Errors
/// [`Error::OverQuota`], and where the store fails.
pub(crate) fn require(
    store: &Store,
    view: &View<'_>,
    settings: &Settings,
    found: &[FoundImage],
) -> Result<(), Error> {
    let quotas = &settings.quotas;
    if quotas.images > 0 || quotas.store_bytes > 0 {
        let ids: Vec<Digest> =
            found.iter().map(|found| found.image.id).collect::<BTreeSet<_>>().into_iter().collect();
        let known = view.multi_get::<Images>(&ids)?;
        let new = known.iter().filter(|known| known.is_none()).count() as u64;
        if new > 0 {
            of_all(store, view, quotas, new)?;
        }
    }
    if !quotas.bound_repositories() {
        return Ok(());
    }
    let mut by_repository: BTreeMap<String, HashSet<Digest>> = BTreeMap::new();
    for FoundImage { image, .. } in found {
        for name in &image.names {
            by_repository.entry(Name::of(name).repository).or_default().insert(image.id);
        }
    }
    for (repository, added) in by_repository {
        let Some((most, setting)) = quotas.images_of(&repository) else { continue };
        let known = names::images_of_repository(view, &repository).collect::<Result<HashSet<_>, _>>()?;
        let new = added.difference(&known).count() as u64;
        let images = (known.len() as u64).saturating_add(new);
        if new > 0 && images > most {
            let what = format!("the images of repository `{repository}` would be {images}");
            return Err(Error::OverQuota { what, setting, most });
        }
    }
    Ok(())
}

fn of_all(store: &Store, view: &View<'_>, quotas: &Quotas, new: u64) -> Result<(), Error> {
    let Quotas { images: most, store_bytes, .. } = *quotas;
    if most > 0 {
        let images = (view.keys::<Images>(|_| ()).count() as u64).saturating_add(new);
        if images > most {
            let what = format!("all images would be {images}");
            return Err(Error::OverQuota { what, setting: "quotas.images".to_owned(), most });
        }
    }
    if store_bytes > 0 {
        let sizes = store.sizes()?;
        let bytes = sizes.files.saturating_add(sizes.buffered);
        if bytes >= store_bytes {
            let (what, setting) = (format!("the store takes {bytes} bytes"), "quotas.store_bytes".to_owned());
            return Err(Error::OverQuota { what, setting, most: store_bytes });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
