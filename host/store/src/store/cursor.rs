use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;

use super::{Rows, following};
use crate::Error;
use crate::key::Writer;
use crate::ordered::{self, Entry};
use crate::table::{self, Glance, Table};

/// How many entries it goes on by one before it looks for a key: about as many as cost the same.
const STEPS: usize = 8;

/// A place among the rows of a table, at one moment. To move it costs less than to make one.
pub struct Cursor<'v, T> {
    pub(super) entries: Box<dyn ordered::Cursor + 'v>,
    table: PhantomData<fn() -> T>,
}

impl<'v, T: Table> Cursor<'v, T> {
    pub(super) fn new(entries: Box<dyn ordered::Cursor + 'v>) -> Self {
        Self { entries, table: PhantomData }
    }

    /// All rows whose keys begin with a prefix, in the order of their keys.
    pub fn scan(
        &mut self,
        prefix: impl FnOnce(&mut Writer),
    ) -> impl Iterator<Item = Result<(T::Key, T::Row), Error>> {
        let prefix = table::encode_prefix::<T>(prefix);
        self.entries.seek(&prefix);
        self.within(prefix, table::decode::<T>)
    }

    /// The same from a key on. Both are parts of keys.
    pub fn scan_from(
        &mut self,
        prefix: impl FnOnce(&mut Writer),
        from: impl FnOnce(&mut Writer),
    ) -> impl Iterator<Item = Result<(T::Key, T::Row), Error>> {
        self.entries.seek(&table::encode_prefix::<T>(from));
        self.within(table::encode_prefix::<T>(prefix), table::decode::<T>)
    }

    /// The keys of all rows that begin with a prefix, from the one after `after` on.
    pub fn keys(
        &mut self,
        prefix: impl FnOnce(&mut Writer),
        after: Option<&T::Key>,
    ) -> impl Iterator<Item = Result<T::Key, Error>> {
        let prefix = table::encode_prefix::<T>(prefix);
        self.entries.seek(&after.map_or_else(|| prefix.clone(), following::<T>));
        self.within(prefix, |(key, _)| table::decode_key::<T>(key))
    }

    /// What is made of entries, from where it stands as long as keys begin with a prefix.
    pub(super) fn within<V>(
        &mut self,
        prefix: Vec<u8>,
        make: impl Fn(Entry<'_>) -> Result<V, Error>,
    ) -> impl Iterator<Item = Result<V, Error>> {
        std::iter::from_fn(move || {
            let made = match self.entries.entry() {
                Ok(entry) => make(entry.filter(|(key, _)| key.starts_with(&prefix))?),
                Err(error) => return Some(Err(error)),
            };
            self.entries.advance();
            Some(made)
        })
    }

    /// The row of a key. Costs least where keys are asked for in their order, and lie close together.
    pub fn get(&mut self, key: &T::Key) -> Result<Option<T::Row>, Error> {
        self.find(key)?.map(table::decode_row::<T>).transpose()
    }

    /// What that row begins with.
    pub fn glance<G: Glance<Table = T>>(&mut self, key: &T::Key) -> Result<Option<G>, Error> {
        self.find(key)?.map(table::decode_glance::<G>).transpose()
    }

    /// The rows whose keys begin with a prefix that is encoded, and how many bytes they have.
    pub(super) fn group(&mut self, prefix: &[u8]) -> Result<(Rows<T>, usize), Error> {
        self.entries.seek(prefix);
        let sized = |entry: Entry<'_>| Ok((table::decode::<T>(entry)?, entry.0.len() + entry.1.len()));
        let (mut rows, mut bytes) = (Vec::new(), 0);
        for row in self.within(prefix.to_vec(), sized) {
            let (row, size) = row?;
            rows.push(row);
            bytes += size;
        }
        Ok((rows, bytes))
    }

    fn find(&mut self, key: &T::Key) -> Result<Option<&[u8]>, Error> {
        let key = table::encode_key::<T>(key);
        if !self.steps_to(&key)? {
            self.entries.seek(&key);
        }
        Ok(self.entries.entry()?.filter(|(found, _)| *found == key).map(|(_, row)| row))
    }

    /// Whether some steps lead to where a key is, or would be.
    fn steps_to(&mut self, key: &[u8]) -> Result<bool, Error> {
        for step in 0..=STEPS {
            let Some((at, _)) = self.entries.entry()? else { return Ok(false) };
            match at.cmp(key) {
                Ordering::Less => self.entries.advance(),
                Ordering::Equal => return Ok(true),
                // It may lie before where it stood.
                Ordering::Greater => return Ok(step > 0),
            }
        }
        Ok(false)
    }
}

impl<T> fmt::Debug for Cursor<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursor")
    }
}

#[cfg(test)]
mod tests;
