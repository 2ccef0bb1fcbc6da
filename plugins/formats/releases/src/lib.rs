//! Distributions and their releases: where the advisories of each are published, and until when it is supported, for
//! detectors that find out which one an image is.
//!
//! What states a release is an [`os-release`](Assignments), a file that a distribution had before that ([`older`],
//! [`alpine`], [`debian`]), where packages come from ([`Repositories`], [`Sources`]), or somebody's word ([`named`]).
//!
//! ```
//! let distribution = limpid_releases::named("debian", "12.5", [])?;
//! assert_eq!(distribution.namespaces, ["debian:bookworm", "debian:12", "osv/debian:12"]);
//! # Ok::<(), String>(())
//! ```

pub mod alpine;
mod assignments;
mod catalogue;
pub mod debian;
mod known;
mod names;
pub mod older;
mod release;
mod ubuntu;

pub use alpine::Repositories;
pub use assignments::Assignments;
pub use catalogue::{ALL, KnownDistribution, KnownRelease, MAJOR, MINOR, OTHERS, distributions};
pub use release::{distribution, named};
pub use ubuntu::{FILES as SOURCES, Sources};
