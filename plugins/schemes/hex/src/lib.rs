//! Orders versions of packages of [Hex](https://hex.pm/docs/usage#version) as
//! [`Version`](https://hexdocs.pm/elixir/Version.html) of Elixir does: as Semantic Versioning, without build metadata.
//! Versions that leave their last numbers out, as advisories do (`1.2`), have 0 there.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `hex`.
#[derive(Debug)]
pub struct Hex;

impl Scheme for Hex {
    const NAME: &'static str = "hex";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Hex);
