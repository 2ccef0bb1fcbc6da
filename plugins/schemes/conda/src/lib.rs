//! Orders versions of Conda packages as
//! [conda](https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/pkg-specs.html#version-ordering) does: as its
//! class `VersionOrder`.
//!
//! A version has an epoch (`1!`), components between dots, and a local version (`+`) of such. A component is numbers and words
//! side by side (`2g` is 2 and `g`), and begins with a number, which is 0 where it is not written. What is not there is 0.
//! Words are less than numbers and compare by their letters, whatever their case, but for `*` and `dev`, which are less than
//! all, and `post`, which is greater than any number. A `_` or `-` is a dot, but at the end of a version, where it makes the
//! last word greater (`1.0.1_ < 1.0.1a < 1.0.1`), as OpenSSL's versions need it.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `conda`.
#[derive(Debug)]
pub struct Conda;

impl Scheme for Conda {
    const NAME: &'static str = "conda";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Conda);
