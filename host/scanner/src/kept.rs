use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};

use limpid_model::Digest;
use limpid_store::tables::images::Images;
use limpid_store::tables::kept::Kept;
use limpid_store::tables::layers::{self, Layers};
use limpid_store::{Batch, View};

use crate::Error;
use crate::writer::Writer;

/// How much of their budget kept files take once some had to be given up, as a fraction.
const LOW_WATER: (u64, u64) = (7, 8);

/// Layers whose files are given up in one batch.
const A_BATCH: usize = 64;

/// The bytes that kept files take in the store.
#[derive(Debug, Default)]
pub(crate) struct KeptFiles(AtomicU64);

impl KeptFiles {
    /// Counts them, once, at the start.
    pub(crate) fn count(&self, view: &View<'_>) -> Result<(), Error> {
        let mut total = 0;
        for row in view.scan::<Layers>(|_| ()) {
            total += row?.1.kept_bytes;
        }
        self.0.store(total, Ordering::Relaxed);
        Ok(())
    }

    /// Adds what was kept just now. Where all together take more than `budget`, files are given up until they
    /// take no more than [`LOW_WATER`] of it, so that the inventory is not looked through at each image that
    /// comes after: those of layers that the fewest images have go first, and of these, those of the
    /// images that were indexed longest ago.
    pub(crate) fn add(&self, writer: &Writer<'_>, fresh: u64, budget: u64) -> Result<(), Error> {
        let mut total = self.0.fetch_add(fresh, Ordering::Relaxed) + fresh;
        if total <= budget {
            return Ok(());
        }
        let view = writer.view();
        let enough = budget / LOW_WATER.1 * LOW_WATER.0;
        let mut layers = least_shared_first(&view)?.into_iter();
        while total > enough {
            let mut batch = Batch::default();
            let next = layers.by_ref().take(A_BATCH);
            let mut given_up = 0;
            for diff_id in next {
                given_up += give_up_files(&view, &mut batch, &diff_id)?;
                if total.saturating_sub(given_up) <= enough {
                    break;
                }
            }
            // Nothing is left that any layer has.
            if given_up == 0 {
                break;
            }
            writer.commit(batch)?;
            total = total.saturating_sub(given_up);
        }
        self.0.store(total, Ordering::Relaxed);
        Ok(())
    }

    /// Ingeststo account that files are no longer kept.
    pub(crate) fn subtract(&self, bytes: u64) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// How many images have a layer, and when the last of them was indexed, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Sharing {
    images: u64,
    last_indexed: u64,
}

/// The layers of which files are kept, those that the fewest images have first.
fn least_shared_first(view: &View<'_>) -> Result<Vec<Digest>, Error> {
    let mut layers: HashMap<Digest, Sharing> = HashMap::new();
    for row in view.scan::<Layers>(|_| ()) {
        let (diff_id, row) = row?;
        if row.kept_bytes > 0 {
            layers.insert(diff_id, Sharing::default());
        }
    }
    for row in view.scan::<Images>(|_| ()) {
        let (id, row) = row?;
        let (image, indexing) = row.into_parts(id);
        let linked = indexing.linked.map(|linked| linked.diff_id);
        let own: HashSet<_> = image.layers.iter().map(|layer| layer.diff_id).chain(linked).collect();
        for diff_id in own {
            if let Some(sharing) = layers.get_mut(&diff_id) {
                sharing.images += 1;
                sharing.last_indexed = sharing.last_indexed.max(indexing.indexed_at);
            }
        }
    }
    let mut layers: Vec<_> = layers.into_iter().map(|(diff_id, sharing)| (sharing, diff_id)).collect();
    layers.sort_unstable();
    Ok(layers.into_iter().map(|(_, diff_id)| diff_id).collect())
}

/// Removes the kept files of a layer. Returns how many bytes they took.
pub(crate) fn give_up_files(view: &View<'_>, batch: &mut Batch, diff_id: &Digest) -> Result<u64, Error> {
    let Some(row) = view.get::<Layers>(diff_id)?.filter(|row| row.kept_bytes > 0) else { return Ok(0) };
    let files = view.scan::<Kept>(|key| {
        key.digest(diff_id);
    });
    for file in files {
        batch.delete::<Kept>(&file?.0);
    }
    batch.put::<Layers>(diff_id, &layers::Row { kept_bytes: 0, ..row.clone() })?;
    Ok(row.kept_bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use limpid_model::{Digest, Image, ImageLayer, Platform};
    use limpid_store::tables::images::{self, Images, Indexing};
    use limpid_store::tables::kept::{self, Kept};
    use limpid_store::tables::layers::{self, Layers};
    use limpid_store::{Batch, Store};

    use crate::Scanner;
    use crate::test_support::scanner_with;

    /// An image whose top layer has one kept file. Returns that layer.
    fn image(batch: &mut Batch, name: &str, indexed_at: u64, below: &[Digest]) -> Digest {
        let (id, diff_id) = (Digest::of(name.as_bytes()), Digest::of(format!("layer of {name}").as_bytes()));
        let image = Image {
            id,
            manifests: Vec::new(),
            names: Vec::new(),
            platform: Platform::default(),
            created: None,
            labels: Vec::new(),
            layers: below
                .iter()
                .chain([&diff_id])
                .map(|&diff_id| ImageLayer { diff_id, created_by: None })
                .collect(),
        };
        let indexing = Indexing { indexed_at, ..Indexing::default() };
        batch.put::<Images>(&id, &images::Row::new(image, indexing)).unwrap();
        let row = layers::Row {
            digest: None,
            size: 0,
            inflated_size: 0,
            media_type: String::new(),
            entries: 1,
            kept_bytes: 100,
        };
        batch.put::<Layers>(&diff_id, &row).unwrap();
        let key = kept::Key { diff_id, path: "file".to_owned() };
        batch.put::<Kept>(&key, &kept::Packer::new().unwrap().pack(b"content", false).unwrap()).unwrap();
        diff_id
    }

    fn kept(scanner: &Scanner, diff_id: Digest) -> bool {
        let key = kept::Key { diff_id, path: "file".to_owned() };
        scanner.store().view().get::<Kept>(&key).unwrap().is_some()
    }

    #[test]
    fn files_of_the_images_that_were_indexed_longest_ago_go_first() {
        let store = Store::in_memory();
        let mut batch = Batch::default();
        let [newest, oldest, middle] =
            [("a", 30), ("b", 10), ("c", 20)].map(|(name, at)| image(&mut batch, name, at, &[]));
        store.commit(batch).unwrap();
        let (scanner, _scratch) = scanner_with(store, |settings| settings.keep.total_bytes = 250);
        assert_eq!(scanner.0.kept.0.load(Ordering::Relaxed), 300);

        let left = || [newest, middle, oldest].map(|diff_id| kept(&scanner, diff_id));
        scanner.0.kept.add(&scanner.writers().images(), 0, 250).unwrap();
        assert_eq!(left(), [true, true, false]);
        scanner.0.kept.add(&scanner.writers().images(), 100, 250).unwrap();
        assert_eq!(left(), [true, false, false]);
        assert_eq!(scanner.0.kept.0.load(Ordering::Relaxed), 200);
    }

    #[test]
    fn files_of_layers_that_many_images_have_go_last() {
        let store = Store::in_memory();
        let mut batch = Batch::default();
        let base = image(&mut batch, "base", 1, &[]);
        let alone = image(&mut batch, "alone", 30, &[]);
        image(&mut batch, "derived", 2, &[base]);
        store.commit(batch).unwrap();
        let (scanner, _scratch) = scanner_with(store, |_| ());
        scanner.0.kept.add(&scanner.writers().images(), 0, 250).unwrap();
        assert_eq!([base, alone].map(|diff_id| kept(&scanner, diff_id)), [true, true]);
        scanner.0.kept.add(&scanner.writers().images(), 0, 150).unwrap();
        assert_eq!([base, alone].map(|diff_id| kept(&scanner, diff_id)), [true, false]);
    }

    #[test]
    fn more_is_given_up_than_would_do_so_that_the_next_image_finds_room() {
        let store = Store::in_memory();
        let mut batch = Batch::default();
        for number in 0..20_u8 {
            image(&mut batch, &number.to_string(), number.into(), &[]);
        }
        store.commit(batch).unwrap();
        let (scanner, _scratch) = scanner_with(store, |_| ());
        scanner.0.kept.add(&scanner.writers().images(), 0, 1_600).unwrap();
        assert_eq!(scanner.0.kept.0.load(Ordering::Relaxed), 1_400);
    }
}
