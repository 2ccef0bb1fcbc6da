//! Orders Debian package versions as dpkg does.
//!
//! The order is that of [Debian Policy 5.6.12](https://www.debian.org/doc/debian-policy/ch-controlfields.html#version).
//! What is a version at all is what `dpkg --compare-versions` takes for one: it is more lenient than
//! the policy, and so are the archives.
//!
//! # Builds of a version
//!
//! Each version is one build, and is equal to none but those that dpkg calls equal (`1.0`, `1.0-0` and
//! `0:1.0`). What is built again without a change of its source (`1.2-3+b1`, a binNMU) is greater than `1.2-3`, but
//! publishers name versions of sources, and so do `debsecan` and the security tracker: the package
//! states that its source is `1.2-3`, and that is what is compared with advisories. No ceiling could
//! do this here: between `1.2-3` and its builds lie versions with other content (`1.2-3ubuntu1`), as do
//! those that a suffix names (`1.2-3~bpo12+1` before it, `1.2-3+deb12u1` behind it).

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
