use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Limits;
use crate::error::{over_limit, told};

/// How much all documents of one file may inflate to.
pub(crate) struct Budget {
    name: String,
    pub(crate) limits: Limits,
    stored: u64,
    inflated: AtomicU64,
}

impl Budget {
    pub(crate) fn new(name: &str, stored: u64, limits: &Limits) -> Arc<Self> {
        let inflated = AtomicU64::new(0);
        Arc::new(Self { name: name.to_owned(), limits: limits.clone(), stored, inflated })
    }

    fn spend(&self, bytes: u64) -> io::Result<()> {
        let Limits { inflated_bytes, ratio, ratio_from, .. } = self.limits;
        let inflated = self.inflated.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if inflated > inflated_bytes {
            let what = format!("the inflated size of `{}`", self.name);
            return Err(over_limit(what, "inflated_bytes", inflated_bytes));
        }
        if inflated > ratio_from && inflated / self.stored.max(1) > ratio {
            let what = format!("the inflated size of `{}` to its own", self.name);
            return Err(over_limit(what, "ratio", ratio));
        }
        Ok(())
    }
}

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
        self.budget.spend(read as u64)?;
        Ok(read)
    }
}
