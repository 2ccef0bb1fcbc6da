//! Orders versions of what has no documented order: software that is known by its name only, sources, executables.
//!
//! The order is what most people mean. A version is numbers and words, and whatever is between them separates them. Numbers
//! compare by their value, and words by their letters, whatever their case. A word that tells of what is before a release is
//! less than nothing, in this order: `dev`, `nightly`, `canary`, `snapshot`, `alpha`, `milestone`, `beta`, `preview`, `rc`,
//! under all names that they have, also `a`, `m` and `b` before a number. Any other word is more than nothing and less than
//! a number (`1.0.2 < 1.0.2a < 1.0.2.1`). What follows a `~` is before everything that does not. Zeros at the
//! end do not count, nor before a word that is less than nothing (`1.0` is `1`, and `1.0-rc1` is `1rc1`), nor does a `v`
//! before a number at the beginning.
//!
//! A text without a letter or digit is no version.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `generic`.
#[derive(Debug)]
pub struct Generic;

impl Scheme for Generic {
    const NAME: &'static str = "generic";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Generic);
