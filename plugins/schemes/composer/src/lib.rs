//! Orders versions of PHP packages as [Composer](https://getcomposer.org/doc/articles/versions.md) does: as `version_compare`
//! of PHP orders what its `VersionParser` makes of them.
//!
//! A version has up to four numbers, of which those that are not there are 0, a stability (`-beta.2`, `RC1`, `-patch3`) and
//! perhaps `-dev`. A date (`2024.01.02`, `20240102-1`) is as many numbers as it has. `dev < alpha < beta < RC < "" < patch`. A
//! leading `v`, build metadata (`+abc`), a flag (`@beta`) and an alias (`1.0 as 2.0`) do not count.
//!
//! A branch of numbers (`1.x-dev`, `2.0.x-dev`) is greater than all of its versions. Another branch (`dev-main`) has no
//! order: Composer compares it with nothing but itself, so that it has no key.
//!
//! `STABLE` that is not in small letters is kept by Composer, and before all others. So is it here.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `composer`.
#[derive(Debug)]
pub struct Composer;

impl Scheme for Composer {
    const NAME: &'static str = "composer";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Composer);
