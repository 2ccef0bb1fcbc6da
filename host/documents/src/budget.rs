use std::io::{self, Read};
use std::sync::Arc;

use limpid_bytes::Budget;

use crate::error::{of_bytes, told};

/// Counts what is read against the budget of the whole file.
pub(crate) struct Metered<R> {
    bytes: R,
    budget: Arc<Budget>,
}

impl<R> Metered<R> {
    pub(crate) fn new(bytes: R, budget: &Arc<Budget>) -> Self {
        Self { bytes, budget: Arc::clone(budget) }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer).map_err(told)?;
        self.budget.spend(read as u64).map_err(of_bytes)?;
        Ok(read)
    }
}
