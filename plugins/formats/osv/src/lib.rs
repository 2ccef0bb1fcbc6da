//! Records in the [OSV schema](https://ossf.github.io/osv-schema/), for feeds of publishers that write it.
//!
//! This crate owns how a record becomes an advisory: its ranges, the order of their events, ratings,
//! aliases and what a package URL requires. A feed adds what is its publisher's own: where documents are,
//! which of them is which source, and, as a [`Publisher`], what its ecosystems and its words are called
//! here. How versions compare serves to put events in order, and nothing else ([`order`]).
//!
//! Records come one at a time, and no more than one of them is in memory.
//!
//! | OSV says | Advisory |
//! |---|---|
//! | `aliases`, `upstream` | aliases; those of CVE and GitHub in the case in which they are defined |
//! | `related` | nothing, except where an erratum of a distribution names by it what it fixes |
//! | `introduced` and `fixed` or `last_affected` | a range; events may come in any order |
//! | `limit` | no range goes beyond the highest |
//! | `last_known_affected_version_range` | the end of a range that has none; `versions` behind it are left out: they were listed from the range without an end |
//! | `introduced: "0"` | from the first version |
//! | ranges of type `GIT`, and affected without a package | nothing |
//! | `versions` | single versions; those that certainly lie in a range are left out |
//! | qualifiers of the package's `purl` | required of the package, where they say what it is and not where |
//! | `imports` of Go's database | functions and packages that have to be linked in, on the systems that it names |
//! | `severity`, `database_specific.severity` | ratings, of the advisory or of one package |
//! | `withdrawn` | withdrawn |
//!
//! A feed of a publisher that writes one database, in the ecosystems of the schema:
//!
//! ```
//! use limpid_osv::{Ecosystem, Publisher, Scope, Stated};
//! use limpid_plugin_sdk::feed::Range;
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! struct Pads;
//!
//! impl Publisher for Pads {
//!     fn ecosystem(&self, stated: &Stated<'_>) -> Ecosystem {
//!         Ecosystem::defined(stated.ecosystem, stated.versions)
//!     }
//!
//!     fn rater(&self, _id: &str) -> String {
//!         "pads".to_owned()
//!     }
//! }
//!
//! let record = r#"{"id": "PADS-1", "modified": "2024-05-01T00:00:00Z", "affected": [{
//!     "package": {"ecosystem": "npm", "name": "left-pad"},
//!     "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.3.1"}]}]}]}"#;
//! let mut sink = Collected::default();
//! let summary = limpid_osv::read(
//!     &Pads,
//!     Scope::Everything,
//!     &mut InMemory::new([("PADS-1.json", record)]),
//!     &mut sink,
//! )?;
//! assert_eq!(summary.records, 1);
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("1.3.1")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod advisory;
mod ecosystem;
mod folders;
mod imports;
mod last_known;
mod members;
pub mod order;
mod publisher;
mod qualifiers;
mod ranges;
mod record;
mod specific;
pub mod text;

pub use ecosystem::{Ecosystem, Kind, Packages, Versions};
pub use folders::{Folders, Sources, read_folders};
pub use members::{Summary, read};
pub use publisher::{Publisher, Scope, Stated};

#[cfg(test)]
mod tests;
