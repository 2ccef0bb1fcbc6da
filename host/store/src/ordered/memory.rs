use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Cursor, Entry, Ordered, Reading, Scan, Sizes, Snapshot, Write, Writes};
use crate::error::{Cause, EngineError, Error};

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// Ordered keys in memory: for commands that keep nothing, and as the model in tests.
#[derive(Debug, Default)]
pub(crate) struct Memory(RwLock<Arc<Entries>>);

impl Ordered for Memory {
    fn snapshot(&self) -> Box<dyn Snapshot + '_> {
        Box::new(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }

    fn write(&self, batch: Writes) -> Result<(), Error> {
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let entries = Arc::make_mut(&mut entries);
        batch.drain(|write| {
            match write {
                Write::Put(key, value) => entries.insert(key.to_vec(), value.to_vec()),
                Write::Delete(key) => entries.remove(key),
            };
        });
        Ok(())
    }

    fn compact(&self) -> Result<(), Error> {
        Ok(())
    }

    fn rewrite(&self, _: u8) -> Result<(), Error> {
        Ok(())
    }

    fn checkpoint(&self, _: &Path) -> Result<(), Error> {
        let why = "a store in memory is not written to disk".to_owned();
        Err(EngineError::new(why, Cause::Other).into())
    }

    fn sizes(&self) -> Result<Sizes, Error> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let bytes: usize = entries.iter().map(|(key, value)| key.len() + value.len()).sum();
        Ok(Sizes { buffered: bytes as u64, rows: entries.len() as u64, ..Sizes::default() })
    }
}

impl Snapshot for Arc<Entries> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(BTreeMap::get(self, key).cloned())
    }

    fn multi_get(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        Ok(keys.iter().map(|key| BTreeMap::get(self, key).cloned()).collect())
    }

    fn scan<'a>(&'a self, prefix: &[u8], from: &[u8]) -> Scan<'a> {
        let prefix = prefix.to_vec();
        let start = from.max(&prefix).to_vec();
        Box::new(
            self.range(start..)
                .take_while(move |(key, _)| key.starts_with(&prefix))
                .map(|(key, value)| Ok((key.as_slice().into(), value.as_slice().into()))),
        )
    }

    fn cursor(&self, _: u8, _: Reading) -> Box<dyn Cursor + '_> {
        let at = self.keys().next().cloned();
        Box::new(MemoryCursor { entries: self, at })
    }
}

struct MemoryCursor<'a> {
    entries: &'a Entries,
    at: Option<Vec<u8>>,
}

impl Cursor for MemoryCursor<'_> {
    fn seek(&mut self, key: &[u8]) {
        self.at = self.entries.range(key.to_vec()..).next().map(|(key, _)| key.clone());
    }

    fn advance(&mut self) {
        let Some(at) = self.at.take() else { return };
        let after = (Bound::Excluded(at), Bound::Unbounded);
        self.at = self.entries.range(after).next().map(|(key, _)| key.clone());
    }

    fn entry(&self) -> Result<Option<Entry<'_>>, Error> {
        let entry = self.at.as_ref().and_then(|at| self.entries.get_key_value(at));
        Ok(entry.map(|(key, value)| (key.as_slice(), value.as_slice())))
    }
}
