use limpid_model::Digest;
use limpid_store::Batch;
use limpid_store::tables::findings::Findings;
use limpid_store::tables::holders::Holders;
use limpid_store::tables::images::{Images, Indexing};
use limpid_store::tables::marks::{self, Marks};

use super::Indexer;
use crate::Error;
use crate::inventory::inventory_of;

/// Says that every row has its inventory, and every image contexts that say who owns what.
const MARK: &str = "inventory with owners in contexts";

/// Rows written in one batch.
const ROWS: usize = 10_000;

impl Indexer<'_> {
    /// Makes the inventory of what a Limpid wrote that had none. Costs one look-up where there is
    /// nothing to do.
    pub(crate) fn build_inventory(&self) -> Result<(), Error> {
        let mark = MARK.to_owned();
        if self.store.view().get::<Marks>(&mark)?.is_some() {
            return Ok(());
        }
        self.inventory_of_findings()?;
        self.place_images()?;
        let mut batch = Batch::default();
        for key in self.store.view().keys::<Holders>(|_| ()) {
            batch.delete::<Holders>(&key?);
        }
        batch.put::<Marks>(&mark, &marks::Row::default())?;
        Ok(self.store.commit(batch)?)
    }

    fn inventory_of_findings(&self) -> Result<(), Error> {
        let view = self.store.view();
        let mut batch = Batch::default();
        let mut layer = (None, std::collections::BTreeMap::new());
        let write = |batch: &mut Batch, diff_id: Option<Digest>, found| -> Result<(), Error> {
            let rows = diff_id.map(|diff_id| inventory_of(&diff_id, found)).unwrap_or_default();
            for (key, row) in rows {
                batch.put::<limpid_store::tables::inventory::Inventory>(&key, &row)?;
            }
            Ok(())
        };
        for row in view.scan::<Findings>(|_| ()) {
            let (key, row) = row?;
            if layer.0 != Some(key.diff_id) {
                let (diff_id, found) = std::mem::replace(&mut layer, (Some(key.diff_id), Default::default()));
                write(&mut batch, diff_id, found)?;
            }
            layer.1.insert(key.component, row);
            if batch.len() >= ROWS {
                self.store.commit(std::mem::take(&mut batch))?;
            }
        }
        write(&mut batch, layer.0, layer.1)?;
        Ok(self.store.commit(batch)?)
    }

    fn place_images(&self) -> Result<(), Error> {
        let view = self.store.view();
        let mut batch = Batch::default();
        for row in view.scan::<Images>(|_| ()) {
            let (id, row) = row?;
            let (image, indexing) = row.into_parts(id);
            let before = Indexing { contexts: Vec::new(), ..indexing };
            let components = before.detectors.clone();
            match self.put_refreshed(&view, &mut batch, (image, &before), components, &Default::default()) {
                // What is not whole cannot be placed; a submission fixes it.
                Err(Error::NoLayer(layer)) => tracing::warn!("image {id} has no layer {layer}: not placed"),
                other => other?,
            }
            if batch.len() >= ROWS {
                self.store.commit(std::mem::take(&mut batch))?;
            }
        }
        Ok(self.store.commit(batch)?)
    }
}
