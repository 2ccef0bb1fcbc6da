use std::cell::Cell;

use limpid_plugin_sdk::Error;

/// How much of zips is read. What is over a limit is [`Error::Unsupported`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Members of a zip.
    pub members: usize,
    /// Bytes of one member's content.
    pub member_bytes: u64,
    /// Bytes of content that are read in all, of whatever members and zips.
    pub content_bytes: u64,
    /// Bytes of members that are [held](crate::Zip::hold) in memory at a time.
    pub held_bytes: u64,
}

/// What may still be read; for one file, with all zips inside of it.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    content: Cell<u64>,
    held: Cell<u64>,
}

impl Budget {
    /// All that the limits allow.
    pub const fn new(limits: Limits) -> Self {
        Self { limits, content: Cell::new(limits.content_bytes), held: Cell::new(limits.held_bytes) }
    }

    /// The limits that it began with.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn read(&self, bytes: u64) -> Result<(), Error> {
        take(&self.content, bytes, "contents of members take", self.limits.content_bytes)
    }

    pub(crate) fn hold(&self, bytes: u64) -> Result<(), Error> {
        take(&self.held, bytes, "zips inside of each other take", self.limits.held_bytes)
    }

    pub(crate) fn release(&self, bytes: u64) {
        self.held.set(self.held.get().saturating_add(bytes));
    }
}

fn take(left: &Cell<u64>, bytes: u64, what: &str, limit: u64) -> Result<(), Error> {
    let rest = left.get().checked_sub(bytes).ok_or_else(|| {
        Error::unsupported(format_args!("{what} more bytes than this plugin's limit of {limit}"))
    })?;
    left.set(rest);
    Ok(())
}
