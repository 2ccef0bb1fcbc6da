use std::sync::atomic::{AtomicU64, Ordering};

use crate::ordered::Tables;

/// How many commits each table has had, by its number, each counted when it has ended.
#[derive(Debug)]
pub(super) struct Commits([AtomicU64; 256]);

impl Default for Commits {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Commits {
    pub(super) fn count(&self, tables: Tables) {
        for commits in tables.iter().filter_map(|table| self.0.get(usize::from(table))) {
            commits.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// All commits together, without those of some tables: it only grows, so that where it is the same
    /// twice, there was none in between.
    pub(super) fn revision(&self, without: &[u8]) -> u64 {
        let counted = self.0.iter().zip(0..=u8::MAX).filter(|(_, table)| !without.contains(table));
        counted.fold(0, |sum, (commits, _)| sum.wrapping_add(commits.load(Ordering::SeqCst)))
    }
}
