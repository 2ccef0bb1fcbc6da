//! Orders versions of pacman packages, `[epoch:]version[-release]`, as `alpm_pkg_vercmp` of
//! [libalpm](https://man.archlinux.org/man/vercmp.8) does.
//!
//! The order is that of an old rpm, in which the length of separators counts as well: `1.0` is less than `1..0`.
//!
//! # What has no order
//!
//! A version or release that ends in a separator has none: libalpm orders `1.1` before `1..a` by the length of their
//! separators, `1..a` before `1.` because letters are less than nothing, and `1.` before `1.1`. Nor has a version that
//! is empty.
//!
//! # Builds of a version
//!
//! libalpm takes a version without a release for equal to all of its releases, which no key could be. Its key is before
//! them, and its ceiling behind them. A version with a release is one build.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

use version::Version;

/// The scheme `alpm`.
#[derive(Debug)]
pub struct Alpm;

impl Scheme for Alpm {
    const NAME: &'static str = "alpm";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        Version::parse(version).map(|version| key::of(&version))
    }

    fn ceiling(version: &str) -> Result<Vec<u8>, String> {
        Version::parse(version).map(|version| key::ceiling(&version))
    }
}

export_scheme!(Alpm);
