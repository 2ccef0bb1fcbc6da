use crate::Error;
use crate::ordered::Writes;
use crate::table::{self, Packed, Table};

/// Changes that take effect together.
#[derive(Debug, Default)]
pub struct Batch(Writes);

impl Batch {
    /// Sets a row.
    ///
    /// # Errors
    /// It cannot be encoded, or is larger than the engine takes.
    pub fn put<T: Table>(&mut self, key: &T::Key, row: &T::Row) -> Result<(), Error> {
        self.put_packed(key, &Packed::<T>::new(row)?)
    }

    /// Sets a row that is encoded already.
    ///
    /// # Errors
    /// It is larger than the engine takes.
    pub fn put_packed<T: Table>(&mut self, key: &T::Key, row: &Packed<T>) -> Result<(), Error> {
        let (key, group) = table::encode_grouped_key::<T>(key);
        self.0.put(&key, group, row.bytes())
    }

    /// Removes a row, if it is there.
    pub fn delete<T: Table>(&mut self, key: &T::Key) {
        let (key, group) = table::encode_grouped_key::<T>(key);
        // Of a key that is larger than the engine takes there is no row.
        _ = self.0.delete(&key, group);
    }

    /// Adds the changes of another one behind its own.
    pub fn append(&mut self, later: Self) {
        self.0.append(later.0);
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows would change.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn into_writes(self) -> Writes {
        self.0
    }
}
