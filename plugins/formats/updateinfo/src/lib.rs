//! `updateinfo.xml` and `repomd.xml` of [RPM repositories](https://rpm-software-management.github.io/createrepo_c/),
//! for feeds of publishers that write them.
//!
//! This crate owns how an update becomes an advisory, and where a repository says that its updateinfo is. A feed adds
//! where repositories are and, as a [`Publisher`], in which namespace the packages of an update are. How versions
//! compare is for the scheme `rpm`.
//!
//! Updates come one at a time, and no more than one of them is in memory.
//!
//! | updateinfo says | Advisory |
//! |---|---|
//! | `id`, `title`, `description`, `issued`, `updated` | the same; where there is no description, `summary` |
//! | `type` | updates of type `security`, and those that name a CVE, are advisories; others are passed over |
//! | `status="retracted"` | passed over: what the source stated before of it is gone |
//! | `severity` | a rating in the publisher's word |
//! | `reference` | references; CVEs in their identifiers and titles are aliases |
//! | CVEs in `title`, `summary`, `description` | aliases, where no reference names one and the type is `security` |
//! | `package` | versions before `epoch:version-release` are affected, in these architectures; sources are passed over |
//! | `module` of a collection | required of its packages, as `nodejs:18` |
//! | `nodejs:18` in the title | required of packages whose release says that they are of a module, where the collection does not say of which |
//!
//! ```
//! use limpid_plugin_sdk::Error;
//! use limpid_plugin_sdk::feed::Range;
//! use limpid_plugin_sdk::testing::Collected;
//! use limpid_updateinfo::{Collection, Metadata, Publisher, Update};
//!
//! struct Pads;
//!
//! impl Publisher for Pads {
//!     fn namespace(&self, _update: &Update, _collection: &Collection) -> Result<Option<String>, Error> {
//!         Ok(Some("pads:1".to_owned()))
//!     }
//!
//!     fn rater(&self) -> &str {
//!         "pads"
//!     }
//! }
//!
//! let updateinfo = r#"<updates><update type="security"><id>PSA-1</id><pkglist><collection>
//!     <package name="left-pad" epoch="1" version="1.3" release="2.pd1" arch="noarch"/>
//!     </collection></pkglist></update></updates>"#;
//! let mut sink = Collected::default();
//! let Metadata::Updates(updates) = limpid_updateinfo::open(updateinfo.as_bytes())? else { unreachable!() };
//! assert_eq!(updates.read(&Pads, &mut sink)?.advisories, 1);
//! assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("1:1.3-2.pd1")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod advisory;
pub mod files;
mod intake;
mod metadata;
pub mod repository;
pub mod text;
mod update;

pub use advisory::Publisher;
pub use intake::{Intake, Summary};
pub use metadata::{Metadata, Repository, Updates, open};
pub use update::{Collection, Package, Reference, Update};

#[cfg(test)]
mod tests;
