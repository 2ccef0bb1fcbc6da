//! Orders Alpine package versions as apk-tools does.
//!
//! The order is that of apk-tools 3. apk-tools 2 differs from it in two corners: of numbers with
//! leading zeros it puts the one with more zeros first (`8.2.001 < 8.2.0`), and it knows no commit
//! hashes (`1.0~1234`).
//!
//! What apk-tools 3 refuses to compare, apk-tools 2 still compares, even where its `apk version
//! --check` calls it invalid, and Alpine has published such versions (`1.9.5p2`, `2.15.r-r1`,
//! `1.2.31-0`). They are ordered as apk-tools 2 does: it reads up to the place where a version is
//! invalid, and puts it there behind all that goes on otherwise (`1.2.31.1 < 1.2.31-0 < 1.2.32`).
//! Only a text that does not begin with a digit has no key.
//!
//! # Builds of a version
//!
//! Alpine and Wolfi publish whole versions of packages, with `-rN` (all but two of 2,697 in secdb),
//! and each is one build: `1.2.3-r1` is not `1.2.3-r0`. No package is without a revision, so that one
//! who writes `1.2.3` where a version ends a range or is listed means all revisions of it: they lie
//! between its key and its ceiling. A fix in `1.2.3` is in `1.2.3-r0`, as apk orders them.

mod key;
mod token;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `apk`.
#[derive(Debug)]
pub struct Apk;

impl Scheme for Apk {
    const NAME: &'static str = "apk";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        key::of(version)
    }

    fn ceiling(version: &str) -> Result<Vec<u8>, String> {
        key::ceiling(version)
    }
}

export_scheme!(Apk);
