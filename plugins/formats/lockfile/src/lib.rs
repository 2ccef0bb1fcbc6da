//! What detectors of lock files and of other records in JSON share.
//!
//! - [`is_of_another`]: whether a lock file is that of a package's author instead of an application's.
//! - [`Fields`], [`Records`] and [`Entries`]: JSON as it is written, of which each record is read by itself. What is
//!   wrong with one costs only that one, what nobody asks for costs no memory, and how many records there may be is
//!   [bounded](MAX_RECORDS).
//!
//! Formats of other shapes (TOML, YAML, lines) are read where they are known.

mod json;
mod place;

pub use json::{Entries, Fields, MAX_RECORDS, Records, fields, licenses, text};
pub use place::is_of_another;

/// The largest lock file that is read, in bytes: of ten thousand packages one has about a quarter of that.
pub const MAX_FILE: u64 = 16 * 1024 * 1024;
