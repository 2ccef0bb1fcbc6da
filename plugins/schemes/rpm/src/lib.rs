//! Orders versions of RPM packages, `[epoch:]version[-release]`, as rpm does.
//!
//! The order is that of [rpm-version(7)](https://rpm.org/docs/latest/man/rpm-version.7), and where that says
//! nothing, of what `rpm.vercmp` answers in rpm's Lua: an epoch that is not there is 0, and a release that is not
//! there comes before any other.
//!
//! # Builds of a version
//!
//! Publishers name a version without a release where they mean all of its releases (`1.2` as the last version that is
//! affected); rpm does so itself in dependencies. So the ceiling of a version without a release is behind the last of its
//! releases. A version with a release is one build.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

use version::Version;

/// The scheme `rpm`.
#[derive(Debug)]
pub struct Rpm;

impl Scheme for Rpm {
    const NAME: &'static str = "rpm";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        Version::parse(version).map(|version| key::of(&version))
    }

    fn ceiling(version: &str) -> Result<Vec<u8>, String> {
        Version::parse(version).map(|version| key::ceiling(&version))
    }
}

export_scheme!(Rpm);
