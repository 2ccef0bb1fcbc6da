use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use crate::key::Writer;
use crate::ordered::{Cursor, Memory, Ordered, Rocks, Snapshot, Write};
use crate::table::{self, Glance, Table};
use crate::{Error, Settings};

/// The tables of one service. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store(Arc<dyn Ordered>);

impl Store {
    /// The store in a directory of its own, which is made where it is not there.
    ///
    /// # Errors
    /// [`Error::InUse`] where another process has it open.
    pub fn open(path: &Path, settings: &Settings) -> Result<Self, Error> {
        Ok(Self(Arc::new(Rocks::open(path, settings)?)))
    }

    /// A store that is gone when it is dropped.
    pub fn in_memory() -> Self {
        Self(Arc::new(Memory::default()))
    }

    /// All tables as they are at this moment.
    pub fn view(&self) -> View<'_> {
        View(self.0.snapshot())
    }

    /// Writes all of a batch, durably, or nothing.
    pub fn commit(&self, batch: Batch) -> Result<(), Error> {
        self.0.write(batch.0)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

/// Changes that take effect together.
#[derive(Debug, Default)]
pub struct Batch(Vec<Write>);

impl Batch {
    /// Sets a row.
    pub fn put<T: Table>(&mut self, key: &T::Key, row: &T::Row) -> Result<(), Error> {
        self.0.push(Write::Put(table::encode_key::<T>(key), table::encode_row::<T>(row)?));
        Ok(())
    }

    /// Removes a row, if it is there.
    pub fn delete<T: Table>(&mut self, key: &T::Key) {
        self.0.push(Write::Delete(table::encode_key::<T>(key)));
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many rows would change.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// All tables at one moment.
pub struct View<'s>(Box<dyn Snapshot + 's>);

impl View<'_> {
    /// The row of a key.
    pub fn get<T: Table>(&self, key: &T::Key) -> Result<Option<T::Row>, Error> {
        self.0.get(&table::encode_key::<T>(key))?.map(|bytes| table::decode_row::<T>(&bytes)).transpose()
    }

    /// The rows of many keys, in their order.
    pub fn multi_get<T: Table>(&self, keys: &[T::Key]) -> Result<Vec<Option<T::Row>>, Error> {
        let keys: Vec<_> = keys.iter().map(table::encode_key::<T>).collect();
        let rows = self.0.multi_get(&keys)?;
        rows.into_iter().map(|row| row.map(|bytes| table::decode_row::<T>(&bytes)).transpose()).collect()
    }

    /// What the rows of many keys begin with, in the order of the keys.
    pub fn glance<G: Glance>(&self, keys: &[<G::Table as Table>::Key]) -> Result<Vec<Option<G>>, Error> {
        let keys: Vec<_> = keys.iter().map(table::encode_key::<G::Table>).collect();
        let rows = self.0.multi_get(&keys)?;
        rows.into_iter().map(|row| row.map(|bytes| table::decode_glance::<G>(&bytes)).transpose()).collect()
    }

    /// All rows whose keys begin with a prefix, in the order of their keys.
    pub fn scan<T: Table>(
        &self,
        prefix: impl FnOnce(&mut Writer),
    ) -> impl Iterator<Item = Result<(T::Key, T::Row), Error>> {
        let prefix = table::encode_prefix::<T>(prefix);
        decoded::<T>(self.0.scan(&prefix, &prefix))
    }

    /// The keys of those rows.
    pub fn keys<T: Table>(
        &self,
        prefix: impl FnOnce(&mut Writer),
    ) -> impl Iterator<Item = Result<T::Key, Error>> {
        let prefix = table::encode_prefix::<T>(prefix);
        self.0.scan(&prefix, &prefix).map(|entry| table::decode_key::<T>(&entry?.0))
    }

    /// The keys of those rows that come after a key, or of all of them.
    pub fn keys_after<T: Table>(
        &self,
        prefix: impl FnOnce(&mut Writer),
        after: Option<T::Key>,
    ) -> impl Iterator<Item = Result<T::Key, Error>> {
        let prefix = table::encode_prefix::<T>(prefix);
        let from = after.as_ref().map_or_else(|| prefix.clone(), following::<T>);
        self.0.scan(&prefix, &from).map(|entry| table::decode_key::<T>(&entry?.0))
    }

    /// Rows from a key on, as long as their keys begin with a prefix. Both are parts of keys.
    pub fn scan_from<T: Table>(
        &self,
        prefix: impl FnOnce(&mut Writer),
        from: impl FnOnce(&mut Writer),
    ) -> impl Iterator<Item = Result<(T::Key, T::Row), Error>> {
        let (prefix, from) = (table::encode_prefix::<T>(prefix), table::encode_prefix::<T>(from));
        decoded::<T>(self.0.scan(&prefix, &from))
    }

    /// Reads rows by many prefixes: cheaper than a scan for each.
    pub fn walk<T: Table>(&self) -> Walk<'_, T> {
        Walk { cursor: self.0.cursor(), table: PhantomData }
    }

    /// All rows after a key, or from the first on.
    pub fn scan_after<T: Table>(
        &self,
        after: Option<&T::Key>,
    ) -> impl Iterator<Item = Result<(T::Key, T::Row), Error>> {
        let from = after.map_or_else(Vec::new, following::<T>);
        decoded::<T>(self.0.scan(&[T::ID], &from))
    }
}

/// Rows of a table, with their keys.
pub type Rows<T> = Vec<(<T as Table>::Key, <T as Table>::Row)>;

/// Reads rows of one table by many prefixes, at one moment.
pub struct Walk<'v, T> {
    cursor: Box<dyn Cursor + 'v>,
    table: PhantomData<fn() -> T>,
}

impl<T: Table> Walk<'_, T> {
    /// All rows whose keys begin with a prefix, in the order of their keys.
    pub fn scan(&mut self, prefix: impl FnOnce(&mut Writer)) -> Result<Rows<T>, Error> {
        let prefix = table::encode_prefix::<T>(prefix);
        let mut rows = Vec::new();
        self.cursor.seek(&prefix);
        while let Some((key, row)) = self.cursor.entry()?
            && key.starts_with(&prefix)
        {
            rows.push((table::decode_key::<T>(key)?, table::decode_row::<T>(row)?));
            self.cursor.advance();
        }
        Ok(rows)
    }
}

impl<T> fmt::Debug for Walk<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Walk")
    }
}

/// The first key after one.
fn following<T: Table>(key: &T::Key) -> Vec<u8> {
    let mut from = table::encode_key::<T>(key);
    from.push(0);
    from
}

fn decoded<T: Table>(
    entries: crate::ordered::Scan<'_>,
) -> impl Iterator<Item = Result<(T::Key, T::Row), Error>> {
    entries.map(|entry| {
        let (key, row) = entry?;
        Ok((table::decode_key::<T>(&key)?, table::decode_row::<T>(&row)?))
    })
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("View")
    }
}

#[cfg(test)]
mod tests;
