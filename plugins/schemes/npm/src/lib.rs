//! Orders versions of npm packages as [node-semver](https://github.com/npm/node-semver#versions) does.
//!
//! What is a version is what that takes in its loose mode: `v1.2.3`, `=1.2.3`, `1.2.3beta`, `01.2.3-01`, `1.2.3-`. Versions
//! that leave their last numbers out, as advisories do (`1.2`), have 0 there. How long a version is or how great its numbers
//! are is not limited here. Four numbers are no version, of which that mode takes some by cutting one in two (`1.2.34.5` as
//! `1.2.3-4.5`). A range, a tag or an address (`1.x`, `latest`, `file:../x`) is no version.
//!
//! Build metadata does not count: `1.0.0+build` and `1.0.0` have one key.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `npm`.
#[derive(Debug)]
pub struct Npm;

impl Scheme for Npm {
    const NAME: &'static str = "npm";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Npm);
