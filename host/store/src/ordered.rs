//! What the tables stand on: ordered keys with get, multi-get, scan, atomic batch and snapshot.

mod memory;
mod rocks;
mod writes;

use std::path::Path;

use crate::Error;

pub(crate) use memory::Memory;
pub(crate) use rocks::Rocks;
pub use rocks::Settings;
pub(crate) use writes::{Tables, Write, Writes};

/// A set of ordered keys that changes batch by batch. Each begins with the number of its table.
pub(crate) trait Ordered: Send + Sync {
    /// Its state at this moment.
    fn snapshot(&self) -> Box<dyn Snapshot + '_>;
    /// Applies all of a batch, on disk, or nothing.
    fn write(&self, batch: Writes) -> Result<(), Error>;
    /// Brings everything into the form in which it takes least room.
    fn compact(&self) -> Result<(), Error>;
    /// Writes a table anew, so that nothing is left of what was replaced.
    fn rewrite(&self, table: u8) -> Result<(), Error>;
    /// Makes a copy of what is there at this moment, in a directory that is not there yet.
    fn checkpoint(&self, path: &Path) -> Result<(), Error>;
    /// How much room it takes.
    fn sizes(&self) -> Result<Sizes, Error>;
}

/// How much room the store takes, and what it has still to do. In bytes, but for the last two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Table files on disk that hold what is known.
    pub files: u64,
    /// What was written and is in memory and in the log only.
    pub buffered: u64,
    /// Blocks, indexes and filters in memory.
    pub cached: u64,
    /// What is to be merged before the files take as little room as they can.
    pub unmerged: u64,
    /// Rows, as the engine estimates.
    pub rows: u64,
    /// Failures of what the engine does in the background, since the store was opened.
    pub failures: u64,
}

/// The state of an ordered set at one moment.
pub(crate) trait Snapshot: Send + Sync {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;
    /// The values in the order of the keys.
    fn multi_get(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, Error>;
    /// All entries that begin with `prefix`, which names a table, from `from` on, in order.
    fn scan<'a>(&'a self, prefix: &[u8], from: &[u8]) -> Scan<'a>;
    /// Stands before the first entry; finds those of one table.
    fn cursor(&self, table: u8, reading: Reading) -> Box<dyn Cursor + '_>;
}

/// Whether what a cursor reads is likely to be read again soon, and worth its place in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Again,
    Once,
}

/// A key and its value.
pub(crate) type Entry<'a> = (&'a [u8], &'a [u8]);

/// A place among the entries: to make one costs more than to move it.
pub(crate) trait Cursor {
    /// Goes to the first entry whose key is not before this one.
    fn seek(&mut self, key: &[u8]);
    /// Goes to the next entry.
    fn advance(&mut self);
    /// The entry at which it is; none after the last.
    fn entry(&self) -> Result<Option<Entry<'_>>, Error>;
}

pub(crate) type Scan<'a> = Box<dyn Iterator<Item = Result<(Box<[u8]>, Box<[u8]>), Error>> + 'a>;

#[cfg(test)]
mod tests;
