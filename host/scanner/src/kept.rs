use std::sync::atomic::{AtomicU64, Ordering};

use limpid_model::Digest;
use limpid_store::tables::images::Images;
use limpid_store::tables::kept::Kept;
use limpid_store::tables::layers::{self, Layers};
use limpid_store::{Batch, View};

use crate::Error;
use crate::writer::Writer;

/// What kept files take in the store, in bytes.
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

    /// Adds what was kept just now, and deletes the files of the images that were indexed longest ago
    /// where all together take more than `budget`.
    pub(crate) fn add(&self, writer: &Writer<'_>, fresh: u64, budget: u64) -> Result<(), Error> {
        let mut total = self.0.fetch_add(fresh, Ordering::Relaxed) + fresh;
        if total <= budget {
            return Ok(());
        }
        let view = writer.view();
        let mut layers = layers_by_age(&view)?.into_iter();
        while total > budget
            && let Some(diff_id) = layers.next()
        {
            let mut batch = Batch::default();
            let freed = give_up_files(&view, &mut batch, &diff_id)?;
            writer.commit(batch)?;
            total = total.saturating_sub(freed);
        }
        self.0.store(total, Ordering::Relaxed);
        Ok(())
    }

    /// Takes into account that files are no longer kept.
    pub(crate) fn subtract(&self, bytes: u64) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The layers of all images, those of the images that were indexed longest ago first.
fn layers_by_age(view: &View<'_>) -> Result<Vec<Digest>, Error> {
    let mut images = Vec::new();
    for row in view.scan::<Images>(|_| ()) {
        let (id, row) = row?;
        let (image, indexing) = row.into_parts(id);
        let mut layers: Vec<_> = image.layers.into_iter().map(|layer| layer.diff_id).collect();
        layers.extend(indexing.linked.map(|linked| linked.diff_id));
        images.push((indexing.indexed_at, layers));
    }
    images.sort_by_key(|(indexed_at, _)| *indexed_at);
    Ok(images.into_iter().flat_map(|(_, layers)| layers).collect())
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

    use crate::test_support::scanner_with;

    /// An image of one layer with one kept file.
    fn image(batch: &mut Batch, name: &str, indexed_at: u64) -> Digest {
        let (id, diff_id) = (Digest::of(name.as_bytes()), Digest::of(format!("layer of {name}").as_bytes()));
        let image = Image {
            id,
            manifests: Vec::new(),
            names: Vec::new(),
            platform: Platform::default(),
            created: None,
            labels: Vec::new(),
            layers: vec![ImageLayer { diff_id, created_by: None }],
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
        batch.put::<Kept>(&key, &kept::Row::pack(b"content", false).unwrap()).unwrap();
        diff_id
    }

    #[test]
    fn files_of_the_images_that_were_indexed_longest_ago_go_first() {
        let store = Store::in_memory();
        let mut batch = Batch::default();
        let [newest, oldest, middle] =
            [("a", 30), ("b", 10), ("c", 20)].map(|(name, at)| image(&mut batch, name, at));
        store.commit(batch).unwrap();
        let (scanner, _scratch) = scanner_with(store, |settings| settings.keep.total_bytes = 250);
        assert_eq!(scanner.0.kept.0.load(Ordering::Relaxed), 300);

        let kept = |diff_id| {
            let key = kept::Key { diff_id, path: "file".to_owned() };
            scanner.store().view().get::<Kept>(&key).unwrap().is_some()
        };
        scanner.0.kept.add(&scanner.writers().images(), 0, 250).unwrap();
        assert_eq!([newest, middle, oldest].map(kept), [true, true, false]);
        scanner.0.kept.add(&scanner.writers().images(), 100, 250).unwrap();
        assert_eq!([newest, middle, oldest].map(kept), [true, false, false]);
        assert_eq!(scanner.0.kept.0.load(Ordering::Relaxed), 200);
    }
}
