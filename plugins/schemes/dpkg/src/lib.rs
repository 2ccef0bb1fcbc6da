//! Orders Debian package versions as dpkg does.
//!
//! The order is that of [Debian Policy 5.6.12](https://www.debian.org/doc/debian-policy/ch-controlfields.html#version).
//! What is a version at all is what `dpkg --compare-versions` takes for one: it is more lenient than
//! the policy, and so are the archives.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `dpkg`.
#[derive(Debug)]
pub struct Dpkg;

impl Scheme for Dpkg {
    const NAME: &'static str = "dpkg";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Dpkg);
