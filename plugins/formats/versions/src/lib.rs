//! What versions like those of [Semantic Versioning](https://semver.org/spec/v2.0.0.html) are made of: numbers between
//! dots, a pre-release behind a hyphen and build metadata behind a plus sign. Languages differ in how many numbers there
//! are, what an identifier means and whether builds have an order; each has a scheme of its own that is made of these
//! parts.
//!
//! ```text
//! pre-release  = RELEASE | identifier+ END
//! build        = identifier* END
//! identifier   = NUMERIC ... | ALPHANUMERIC text
//! ```
//!
//! Fewer identifiers are before more, numeric ones before others, and any pre-release is before the release.
//!
//! Parts of versions of Debian, which opam orders alike, are here as well.

mod debian;
mod key;
mod parts;

pub use debian::debian_part;
pub use key::{any_build, build, identifier, integer, pre_release};
pub use parts::{Parts, are_identifiers, numbers, split_digits};
