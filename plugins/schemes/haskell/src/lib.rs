//! Orders versions of Haskell packages, and of GHC, as the [Package Versioning Policy](https://pvp.haskell.org/) and Cabal do.
//!
//! A version is numbers between dots. They compare by their value, one after the other, and fewer are before more:
//! `1.0 < 1.0.0`. There is no pre-release. Zeros in front of a number, which Cabal
//! refuses, do not count. A tag behind a hyphen, which the policy has dropped, is no version.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `haskell`.
#[derive(Debug)]
pub struct Haskell;

impl Scheme for Haskell {
    const NAME: &'static str = "haskell";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Haskell);
