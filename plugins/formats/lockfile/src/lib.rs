//! What detectors of lock files and of other records in JSON share.
//!
//! - [`is_of_another`]: whether a lock file is that of a package's author instead of an application's.
//! - [`declare`]: the packages that a lock file names become a report, each once and no more than are
//!   [bounded](MAX_PACKAGES).
//! - [`Origin`]: where a package is from, and so who publishes advisories for it.
//! - [`Fields`], [`Records`] and [`Entries`]: JSON as it is written, of which each record is read by itself. What is
//!   wrong with one costs only that one, what nobody asks for costs no memory, and how many records there may be is
//!   [bounded](MAX_RECORDS).
//!
//! Formats of other shapes (TOML, YAML, lines) are read where they are known.
//!
//! # What is stated
//!
//! A registry's advisories speak of what that registry hands out. So what a lock file names is one of these:
//!
//! - What is **published** is in the namespace of its registry. What comes from a mirror is as well, because nothing tells
//!   it from the registry.
//! - What is from **elsewhere** (a commit, an archive by its address, another registry, a folder or file) is stated, because
//!   it is there, but in a [namespace of its own](Origin::state), in which nobody publishes. So a report counts it among
//!   what is not judged.
//! - The **project itself** (its root, and the members of its workspace) came from nowhere, and is not stated.
//!
//! A file of a form that is not known, or that has nothing of what it should have, is unread. One that names no packages is
//! read, and states none.

mod declared;
mod json;
mod origin;
mod place;
mod values;

pub use declared::{Declarations, MAX_PACKAGES, MAX_WORD, declare};
pub use json::{Entries, Fields, MAX_RECORDS, Records, fields, licenses, text};
pub use origin::Origin;
pub use place::is_of_another;
pub use values::{MAX_VALUES, check_values};

/// The largest lock file that is read, in bytes: of ten thousand packages one has about a quarter of that.
pub const MAX_FILE: u64 = 16 * 1024 * 1024;
