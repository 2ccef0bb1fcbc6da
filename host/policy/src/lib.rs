//! Which findings do not count, and by whose decision.
//!
//! Two kinds of documents decide that. A [`Policy`] is written by those who run images: it suppresses findings, changes
//! their severity, or gives time for an update. A [`VexDocument`] is written by those who make software: it states of
//! products whether a vulnerability affects them. [`Decisions`] holds all of them, and gives one [`Decision`] for each
//! finding, so that reports, verdicts and forms never contradict each other.
//!
//! Nothing here reads, writes, waits or locks, and nothing is lost: what does not count stays in the report, with who
//! says so.
//!
//! # Precedence
//!
//! 1. A rule of a policy decides before any VEX document: those who run an image know what they do with it. Of several
//!    policies the first by name decides, of several rules the first.
//! 2. Of the statements that one author makes on a vulnerability of a product, the newest counts, so that a later one
//!    takes an earlier one back. Of two of the same moment, the one that counts is the one that says *affected*.
//! 3. Where authors contradict each other, the finding counts: *affected* and *under investigation* outweigh
//!    *not affected* and *fixed*. Who signs with another key is another author, whatever name is given.
//! 4. Grace comes last: it holds for what nobody suppresses.
//!
//! Ranges of versions need somebody who orders versions ([`Order`]). Where nobody does, a range that is said to be affected
//! has all versions, and any other has none.

mod decide;
mod import;
mod pattern;
mod policy;
mod subject;
mod time;
mod vex;

pub use decide::{AtImage, AttachedVex, Decision, Decisions, NewSeverity, Unused};
pub use import::{Imported, grype, trivy};
pub use pattern::PatternError;
pub use policy::{Form, Policy, PolicyError};
pub use subject::{Base, Candidate, Order, Source, Subject};
pub use time::Moment;
pub use vex::{VexDocument, VexError};
