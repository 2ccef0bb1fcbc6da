use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Ordered, Scan, Snapshot, Write};
use crate::Error;

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// Ordered keys in memory: for commands that keep nothing, and as the model in tests.
#[derive(Debug, Default)]
pub(crate) struct Memory(RwLock<Arc<Entries>>);

impl Ordered for Memory {
    fn snapshot(&self) -> Box<dyn Snapshot + '_> {
        Box::new(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }

    fn write(&self, batch: Vec<Write>) -> Result<(), Error> {
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let entries = Arc::make_mut(&mut entries);
        for write in batch {
            match write {
                Write::Put(key, value) => entries.insert(key, value),
                Write::Delete(key) => entries.remove(&key),
            };
        }
        Ok(())
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
}
