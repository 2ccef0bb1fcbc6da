use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Error, Limit};

/// How far something may inflate.
#[derive(Clone, Copy, Debug)]
pub struct Inflation {
    /// Size of all that comes out, in bytes.
    pub bytes: Limit,
    /// How many times its stored size it may be. What is smaller than `ratio_from` may be of any
    /// ratio.
    pub ratio: Limit,
    /// From which inflated size on the ratio counts, in bytes.
    pub ratio_from: u64,
}

/// Counts what comes out of something stored, which may be several members, against limits.
#[derive(Debug)]
pub struct Budget {
    what: String,
    stored: u64,
    inflated: AtomicU64,
    limits: Inflation,
}

impl Budget {
    /// For something of `stored` bytes; `what` is for errors.
    pub fn new(what: &str, stored: u64, limits: Inflation) -> Self {
        Self { what: what.to_owned(), stored, inflated: AtomicU64::new(0), limits }
    }

    /// Counts bytes that came out.
    ///
    /// # Errors
    /// [`Error::OverLimit`].
    pub fn spend(&self, bytes: u64) -> Result<(), Error> {
        let inflated = self.inflated.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let Self { what, limits, .. } = self;
        limits.bytes.check(format_args!("the inflated size of {what}"), inflated)?;
        if inflated > limits.ratio_from {
            let ratio = inflated / self.stored.max(1);
            limits.ratio.check(format_args!("the inflated size of {what} to its stored size"), ratio)?;
        }
        Ok(())
    }
}
