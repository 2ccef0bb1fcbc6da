//! Orders versions of Julia packages as [`VersionNumber`](https://docs.julialang.org/en/v1/manual/strings/#man-version-number-literals)
//! of Julia does: as Semantic Versioning with an order of builds. Numbers that are not there are 0, a `v` in front is none of
//! the version, and the hyphen of a pre-release may be left out before a letter (`1.2rc1`). `1.2-` is less than any
//! pre-release of `1.2`, and `1.2+` is greater than any of its builds.
//!
//! # Builds of a version
//!
//! The builds of a version have an order (`1.2.13+0 < 1.2.13+1`), and packages of binaries are published under them. A bound
//! of a compatibility entry names no build and means all of them: they lie between the key of a version and its ceiling.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `julia`.
#[derive(Debug)]
pub struct Julia;

impl Scheme for Julia {
    const NAME: &'static str = "julia";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }

    fn ceiling(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::ceiling(&version))
    }
}

export_scheme!(Julia);
