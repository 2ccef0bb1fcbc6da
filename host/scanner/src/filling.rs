//! Rows that follow from others, for a store that a Limpid wrote which knew nothing of them.

use limpid_store::tables::marks::{self, Marks};
use limpid_store::{Batch, Store, View};

use crate::Error;

/// Rows written in one batch.
const ROWS: usize = 10_000;

/// Rows on their way to a store, in batches of a bounded size.
pub(crate) struct Filling<'s> {
    store: &'s Store,
    batch: Batch,
}

impl Filling<'_> {
    /// Where the next rows go, a few at a time.
    ///
    /// # Errors
    /// Those before cannot be written.
    pub(crate) fn batch(&mut self) -> Result<&mut Batch, Error> {
        if self.batch.len() >= ROWS {
            self.store.commit(std::mem::take(&mut self.batch))?;
        }
        Ok(&mut self.batch)
    }
}

/// Fills once what `mark` says is filled. Costs one look-up where it is; what is cut short begins anew.
///
/// # Errors
/// The store fails.
pub(crate) fn once(
    store: &Store,
    mark: &str,
    fill: impl FnOnce(&View<'_>, &mut Filling<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mark = mark.to_owned();
    let view = store.view();
    if view.get::<Marks>(&mark)?.is_some() {
        return Ok(());
    }
    let mut filling = Filling { store, batch: Batch::default() };
    fill(&view, &mut filling)?;
    filling.batch.put::<Marks>(&mark, &marks::Row::default())?;
    Ok(store.commit(filling.batch)?)
}
