//! Orders versions of Rust crates as Cargo does: as the order of `Version` of its crate
//! [semver](https://docs.rs/semver/latest/semver/struct.Version.html#total-ordering), which is that of Semantic Versioning
//! with an order of builds added. Versions that leave their last numbers out, as advisories do (`1.2`), have 0 there.
//!
//! # Builds of a version
//!
//! Build metadata does not count for what a requirement allows, so that `1.0.0` is also `1.0.0+openssl-3.0`: the builds of a
//! version lie between its key and its ceiling. Among them, none is first, and identifiers are ordered as those of a
//! pre-release; of numbers of one value those with more zeros come later (`0 < 00 < 1 < 01 < a`).

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `crates`.
#[derive(Debug)]
pub struct Crates;

impl Scheme for Crates {
    const NAME: &'static str = "crates";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }

    fn ceiling(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::ceiling(&version))
    }
}

export_scheme!(Crates);
