use wasmtime::ResourceLimiter;

/// How much an instance has grown, and whether it was ever told to stop.
pub(crate) struct Limits {
    pub(crate) memory: Budget,
    pub(crate) tables: Budget,
}

/// An amount that must not be exceeded.
pub(crate) struct Budget {
    used: usize,
    limit: usize,
    /// What was asked for in excess of the limit, the first time.
    pub(crate) denied: Option<usize>,
}

impl Budget {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { used: 0, limit, denied: None }
    }

    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let wanted = self.used.saturating_sub(current).saturating_add(desired);
        if wanted > self.limit {
            self.denied.get_or_insert(wanted);
            return false;
        }
        self.used = wanted;
        true
    }
}

/// A denied growth is not a trap: WebAssembly lets a program go on without, and some free memory
/// and try again. Only where the call then fails is the denial what it failed of.
impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.memory.grow(current, desired))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.tables.grow(current, desired))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_memories_of_an_instance_share_one_budget() {
        let mut budget = Budget::new(100);
        assert!(budget.grow(0, 60));
        assert!(budget.grow(0, 30));
        assert!(!budget.grow(60, 80));
        assert!(budget.grow(60, 70));
        assert_eq!(budget.denied, Some(110));
    }
}
