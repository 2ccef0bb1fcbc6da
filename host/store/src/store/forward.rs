use std::fmt;

use super::Cursor;
use crate::Error;
use crate::key::Writer;
use crate::table::{self, Table};

/// A place among the rows of a table that only moves forward, at one moment. Rows that were removed, and are
/// still in the engine's files, are passed once: who looks for many keys that are not there, one by one, comes
/// by the same removed rows again and again.
pub struct Forward<'v, T> {
    cursor: Cursor<'v, T>,
    /// Whether it was moved at all.
    is_placed: bool,
}

impl<'v, T: Table> Forward<'v, T> {
    pub(super) const fn new(cursor: Cursor<'v, T>) -> Self {
        Self { cursor, is_placed: false }
    }

    /// The keys of all rows that begin with a prefix, where each prefix lies behind the one before.
    pub fn keys(
        &mut self,
        prefix: impl FnOnce(&mut Writer),
    ) -> Result<impl Iterator<Item = Result<T::Key, Error>>, Error> {
        let prefix = table::encode_prefix::<T>(prefix);
        let entries = &mut self.cursor.entries;
        // It may stand there already, or at the end.
        let is_there = self.is_placed && entries.entry()?.is_none_or(|(key, _)| *key >= *prefix);
        if !is_there {
            entries.seek(&prefix);
            self.is_placed = true;
        }
        Ok(self.cursor.within(prefix, |(key, _)| table::decode_key::<T>(key)))
    }
}

impl<T> fmt::Debug for Forward<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forward")
    }
}
