//! Orders versions of Swift packages as the
//! [Swift Package Manager](https://docs.swift.org/package-manager/PackageDescription/PackageDescription.html#version) does: as
//! Semantic Versioning, without build metadata. Versions are tags, so that a `v` in front is none of them, and numbers that
//! are not there are 0.
//!
//! An identifier is a number where Swift reads it as an integer of 64 bits, with its sign: `-5` is one.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `swift`.
#[derive(Debug)]
pub struct Swift;

impl Scheme for Swift {
    const NAME: &'static str = "swift";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Swift);
