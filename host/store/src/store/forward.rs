use std::fmt;
use std::marker::PhantomData;

use crate::Error;
use crate::key::Writer;
use crate::ordered;
use crate::table::{self, Table};

/// A place among the rows of a table that only moves forward, at one moment. Rows that were removed, and are
/// still in the engine's files, are passed once: who looks for many keys that are not there, one by one, comes
/// by the same removed rows again and again.
pub struct Forward<'v, T> {
    entries: Box<dyn ordered::Cursor + 'v>,
    /// Whether it was moved at all.
    is_placed: bool,
    table: PhantomData<fn() -> T>,
}

impl<'v, T: Table> Forward<'v, T> {
    pub(super) fn new(entries: Box<dyn ordered::Cursor + 'v>) -> Self {
        Self { entries, is_placed: false, table: PhantomData }
    }

    /// The keys of all rows that begin with a prefix, where each prefix lies behind the one before.
    pub fn keys(&mut self, prefix: impl FnOnce(&mut Writer)) -> impl Iterator<Item = Result<T::Key, Error>> {
        let prefix = table::encode_prefix::<T>(prefix);
        let mut failed = self.go_to(&prefix).err();
        std::iter::from_fn(move || {
            if let Some(error) = failed.take() {
                return Some(Err(error));
            }
            let key = match self.entries.entry() {
                Ok(entry) => table::decode_key::<T>(entry.filter(|(key, _)| key.starts_with(&prefix))?.0),
                Err(error) => return Some(Err(error)),
            };
            self.entries.advance();
            Some(key)
        })
    }

    /// Goes to the first key that is not before a prefix, unless it stands there, or at the end.
    fn go_to(&mut self, prefix: &[u8]) -> Result<(), Error> {
        let is_there = self.is_placed && self.entries.entry()?.is_none_or(|(key, _)| key >= prefix);
        if !is_there {
            self.entries.seek(prefix);
            self.is_placed = true;
        }
        Ok(())
    }
}

impl<T> fmt::Debug for Forward<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forward")
    }
}
