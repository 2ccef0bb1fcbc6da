//! Which image another was built upon: one whose layers are the lowest of the other. It is known from the
//! images that are indexed, and asked of nobody else.

use limpid_model::{BaseImage, Digest, Image, chains};
use limpid_store::tables::chains::{self as rows, Chains};
use limpid_store::tables::images::Images;
use limpid_store::{Batch, Store, View};

use crate::{Error, filling};

/// Says that images are found by their chains.
const MARK: &str = "chains";

/// Images of the same layers that are asked for their names.
const ALIKE: usize = 16;

fn key(image: &Image) -> Option<rows::Key> {
    Some(rows::Key { chain: chains(image).pop()?, image: image.id })
}

/// Makes an image known by its layers.
pub(crate) fn put(batch: &mut Batch, image: &Image) -> Result<(), Error> {
    match key(image) {
        Some(key) => Ok(batch.put::<Chains>(&key, &rows::Row)?),
        None => Ok(()),
    }
}

/// Forgets an image by its layers.
pub(crate) fn delete(batch: &mut Batch, image: &Image) {
    if let Some(key) = key(image) {
        batch.delete::<Chains>(&key);
    }
}

/// Makes images known by their layers, where a Limpid wrote them that did not. Costs one look-up where there
/// is nothing to do.
pub(crate) fn index_chains(store: &Store) -> Result<(), Error> {
    filling::once(store, MARK, |view, filling| {
        for row in view.scan::<Images>(|_| ()) {
            let (id, row) = row?;
            put(filling.batch()?, &row.into_parts(id).0)?;
        }
        Ok(())
    })
}

/// The image upon which one was built: of those that have a name the one with most layers, and otherwise
/// the one with most layers.
pub(crate) fn base_of(view: &View<'_>, image: &Image) -> Result<Option<BaseImage>, Error> {
    let mut nameless = None;
    for (place, chain) in chains(image).into_iter().enumerate().rev().skip(1) {
        for (id, names) in images_of(view, &chain)? {
            let base = BaseImage { id, names, layers: place + 1 };
            if !base.names.is_empty() {
                return Ok(Some(base));
            }
            nameless.get_or_insert(base);
        }
    }
    Ok(nameless)
}

/// All images upon which one was built, as far as they are known.
pub(crate) fn all_of(view: &View<'_>, image: &Image) -> Result<Vec<Image>, Error> {
    let mut bases = Vec::new();
    for chain in chains(image).into_iter().rev().skip(1) {
        bases.extend(of_chain(view, &chain)?);
    }
    Ok(bases)
}

/// Images that are no more than a chain of layers, with their names.
fn images_of(view: &View<'_>, chain: &Digest) -> Result<Vec<(Digest, Vec<String>)>, Error> {
    Ok(of_chain(view, chain)?.into_iter().map(|image| (image.id, image.names)).collect())
}

/// Images that are no more than a chain of layers.
fn of_chain(view: &View<'_>, chain: &Digest) -> Result<Vec<Image>, Error> {
    let keys = view.keys::<Chains>(|key| {
        key.fixed(chain.as_bytes());
    });
    let images = keys.take(ALIKE).map(|key| Ok(key?.image)).collect::<Result<Vec<_>, Error>>()?;
    let rows = view.multi_get::<Images>(&images)?;
    let known = images.into_iter().zip(rows);
    Ok(known.filter_map(|(image, row)| Some(row?.into_parts(image).0)).collect())
}

#[cfg(test)]
mod tests {
    use limpid_model::{ImageLayer, Platform};
    use limpid_store::tables::images::{self, Indexing};

    use super::*;

    /// An image of that name (none where it is empty) whose layers are called by single letters.
    fn image(id: u8, name: &str, layers: &str) -> Image {
        let layer = |letter: char| ImageLayer {
            diff_id: Digest::of(letter.to_string().as_bytes()),
            created_by: None,
        };
        Image {
            id: Digest::from_bytes([id; 32]),
            manifests: Vec::new(),
            names: Some(name).filter(|name| !name.is_empty()).map(str::to_owned).into_iter().collect(),
            platform: Platform::default(),
            created: None,
            labels: Vec::new(),
            layers: layers.chars().map(layer).collect(),
        }
    }

    /// A store of images from before they were found by their layers.
    fn store(images: &[Image]) -> Store {
        let store = Store::in_memory();
        let mut batch = Batch::default();
        for image in images {
            batch.put::<Images>(&image.id, &images::Row::new(image.clone(), Indexing::default())).unwrap();
        }
        store.commit(batch).unwrap();
        store
    }

    fn check(images: &[Image], of: &Image, expected: Option<(u8, usize)>) {
        let store = store(images);
        index_chains(&store).unwrap();
        let found = base_of(&store.view(), of).unwrap().map(|base| (base.id, base.layers));
        assert_eq!(found, expected.map(|(id, layers)| (Digest::from_bytes([id; 32]), layers)), "{of:?}");
    }

    #[test]
    fn the_base_is_the_longest_with_a_name_and_else_the_longest() {
        let all = [image(1, "", "a"), image(2, "base:1", "ab"), image(3, "", "abc"), image(4, "x:1", "xabc")];
        check(&all, &image(9, "app:1", "abcd"), Some((2, 2)));
        check(&all, &image(9, "app:1", "ab"), Some((1, 1)));
        check(&all[..1], &image(9, "app:1", "abcd"), Some((1, 1)));
        check(&all, &image(9, "app:1", "b"), None);
        check(&all, &image(9, "app:1", ""), None);
        // No image is built upon itself, nor upon another of the same layers.
        check(&all[1..], &image(9, "app:1", "ab"), None);
    }

    #[test]
    fn an_image_that_is_deleted_is_no_base() {
        let (base, app) = (image(1, "base:1", "a"), image(2, "app:1", "ab"));
        let store = store(&[base.clone(), app.clone()]);
        index_chains(&store).unwrap();
        let mut batch = Batch::default();
        delete(&mut batch, &base);
        store.commit(batch).unwrap();
        assert_eq!(base_of(&store.view(), &app).unwrap(), None);
        assert_eq!(store.view().keys::<Chains>(|_| ()).count(), 1);
    }
}
