//! Orders versions as [Semantic Versioning 2.0.0](https://semver.org/spec/v2.0.0.html#spec-item-11)
//! does.
//!
//! What is a version at all is more than that specification allows: what npm takes in its loose mode
//! (`v1.2.3`, `=1.2.3`, `1.2.3beta`, `01.2.3`), and versions that leave their last numbers out, as
//! advisories do (`1`, `1.2-rc1`). A number that is not there is 0. Nothing is guessed of a text that
//! goes on otherwise (`1.2.3.4`, `1.x`): it has no key.
//!
//! # Builds of a version
//!
//! Build metadata does not count ([item 10](https://semver.org/spec/v2.0.0.html#spec-item-10), and so do npm
//! and Go, whose `+incompatible` it is): `1.0.0+build` and `1.0.0` have one key. What ends with `1.0.0`, includes it
//! or lists it thus holds all of its builds. A pre-release is a version of its own.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `semver`.
#[derive(Debug)]
pub struct Semver;

impl Scheme for Semver {
    const NAME: &'static str = "semver";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Semver);
