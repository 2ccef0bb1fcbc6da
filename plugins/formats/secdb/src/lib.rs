//! Security databases in the form of Alpine's [secdb](https://secdb.alpinelinux.org/), for feeds of publishers that
//! write it: which version of which package fixed what.
//!
//! This crate owns how a document becomes advisories, and what is an identifier in it. A feed adds, as a [`Publisher`],
//! in which namespace the document's packages are. How versions compare is for the scheme `apk`.
//!
//! An entry `"1.36.1-r2": ["CVE-2022-48174"]` says that versions of the package before that one are
//! affected; under the version `0` stands what never affected it. Packages are those that a build
//! recipe is named after, which the package database calls `origin`: hence source packages.
//!
//! Packages come one at a time. A small document is read as a whole, since that is faster; of a large one no more than
//! one package is in memory, unless what tells whose it is comes behind the packages.
//!
//! ```
//! use limpid_plugin_sdk::Error;
//! use limpid_plugin_sdk::feed::Range;
//! use limpid_plugin_sdk::testing::Collected;
//! use limpid_secdb::{Head, Publisher};
//!
//! struct Pads;
//!
//! impl Publisher for Pads {
//!     fn namespace(&self, _head: &Head) -> Result<String, Error> {
//!         Ok("pads".to_owned())
//!     }
//! }
//!
//! let secdb = r#"{"reponame": "os", "packages": [
//!     {"pkg": {"name": "busybox", "secfixes": {"1.36.1-r2": ["CVE-2022-48174"]}}}]}"#;
//! let mut sink = Collected::default();
//! let head = limpid_secdb::read(&Pads, secdb.as_bytes(), &mut sink)?;
//! assert_eq!(head.repository.as_deref(), Some("os"));
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("1.36.1-r2")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod document;
pub mod identifier;
mod package;
mod rolling;

pub use document::{Head, Publisher, read};
pub use package::is_word;
pub use rolling::Rolling;

#[cfg(test)]
mod tests;
