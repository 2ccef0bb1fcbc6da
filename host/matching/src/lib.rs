//! What is installed in an image, and which advisories affect it.
//!
//! This crate owns two rules and nothing else. [`fold`] makes the packages of an image out of what
//! detectors found in its layers: a fact lives in a file. [`Matcher`] holds a package against what
//! publishers state of it, and gives a [`Verdict`] with its reason for each vulnerability. Reports,
//! explanations, notices, statistics and the question which images are affected all ask that one
//! function, so that they never contradict each other.
//!
//! Nothing here reads, writes, waits or locks. What publishers state comes by way of [`Statements`], which
//! the caller implements over whatever holds it.

mod authority;
mod difference;
mod explain;
mod fingerprint;
pub mod fold;
mod judge;
mod layered;
mod matcher;
mod plan;
mod severity;
mod statements;
#[cfg(test)]
mod test_support;
mod updates;

pub use authority::{Authority, OwnedPackages, Speaks};
pub use difference::{Difference, difference, finding_difference, package_difference};
pub use explain::{Considered, explain};
pub use fingerprint::fingerprint;
pub use fold::{Contents, Installed};
pub use judge::{NotAffected, Subject};
pub use layered::{Cleared, FindingChanges, States};
pub use matcher::{
    Match, Matcher, Matches, Outcome, PublisherView, Verdict, match_packages, namespaces, namespaces_in,
    namespaces_of_distribution,
};
pub use plan::plan;
pub use severity::{is_as_severe, severity};
pub use statements::{Advisories, PackageAdvisory, Statements};
pub use updates::{Updates, updates};
