//! Which groups of rows there may be: a look into memory instead of a search on disk for what is not
//! there. Of most packages of an image nothing is stated at all.

use std::collections::{BTreeSet, HashSet};
use std::hash::BuildHasher;
use std::sync::{PoisonError, RwLock};

use foldhash::fast::RandomState;

/// The groups to which rows of some tables belong, or did once: what is not here is not there.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    hasher: RandomState,
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Hashes of groups. Two that share one are taken for each other, which costs a search.
    hashes: HashSet<u64, RandomState>,
    /// Tables whose groups are all here.
    tables: BTreeSet<u8>,
}

impl Groups {
    /// Adds groups, before there are rows in them.
    pub(crate) fn add<'g>(&self, groups: impl Iterator<Item = &'g [u8]>) {
        // Most are known already: only for others do those wait who look.
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let hashes = groups.map(|group| self.hasher.hash_one(group));
        let fresh: Vec<_> = hashes.filter(|hash| !known.hashes.contains(hash)).collect();
        drop(known);
        if !fresh.is_empty() {
            self.known.write().unwrap_or_else(PoisonError::into_inner).hashes.extend(fresh);
        }
    }

    /// All groups of a table are here.
    pub(crate) fn complete(&self, table: u8) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).tables.insert(table);
    }

    /// The tables whose groups are all here.
    pub(crate) fn learned(&self) -> BTreeSet<u8> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).tables.clone()
    }

    /// Whether there may be rows in a group.
    pub(crate) fn may_hold(&self, group: &[u8]) -> bool {
        let hash = self.hasher.hash_one(group);
        self.known.read().unwrap_or_else(PoisonError::into_inner).hashes.contains(&hash)
    }
}
