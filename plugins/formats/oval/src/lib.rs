//! Definitions in [OVAL](https://oval-community-guidelines.readthedocs.io/), for feeds of publishers that write them.
//!
//! This crate owns how a definition becomes an advisory: what its metadata say, and which packages its criteria
//! mean. A feed adds what is its publisher's own, as a [`Publisher`]: the identifier of an advisory, which packages
//! name a release, and what namespaces that release has.
//!
//! A document has definitions first, and behind them the tests, objects and states that they refer to. Of these,
//! numbers, names, versions and the shape of criteria are kept, each once, and at most [`MAX_KEPT`] bytes of them; and
//! of what definitions say some megabytes, which is all of most documents. What a larger one says beyond that is stated
//! as soon as it is read, and what it affects when the document has ended, as a second part of the same advisory.
//!
//! | OVAL says | Advisory |
//! |---|---|
//! | `vulnerability` or `patch` | an advisory; definitions of other classes, and deprecated ones, are left out |
//! | `AND`, `OR` | every way in which the criteria can be met, each a package of its own |
//! | a test of a package, or of the text of a file, that names a release | the namespaces that the publisher gives it |
//! | `evr`, `less than` | affected before that version, which holds the fix |
//! | `evr`, `less than or equal` | affected through that version |
//! | `evr`, `greater than or equal`, together with the others | affected from that version on |
//! | `evr` or `version`, `greater than` 0 | affected, no end known |
//! | `version`, `equals` 0 | nothing: no package meets that |
//! | `arch` of a release's package | required of the package, with all that such a system can install |
//! | `arch` of a package | required of it |
//! | `signature_keyid` | required of the package as its `signer` |
//! | a stream in `etc/dnf/modules.d` | required of the package as its `module` |
//!
//! Everything else, such as a test that must not be true, two packages that must be there at once, or a test of a
//! kind that this table does not name, costs the definition: it is rejected with the reason, and affects nothing.
//! Where several statements would be made of one package in one namespace, one that names a fixed version goes
//! before one that names none.

mod criteria;
mod definition;
mod ids;
mod module;
mod publisher;
mod rating;
mod read;
mod resolve;
mod tables;
mod term;

pub use definition::{Class, Cve, Definition, Reference};
pub use publisher::{Condition, Operation, Publisher, Statement};
pub use rating::{day, worst};
pub use read::{MAX_KEPT, Summary, read};

#[cfg(test)]
mod tests;
