//! Orders versions of Bitnami components as [Bitnami](https://github.com/bitnami/go-version) does: as Semantic Versioning but
//! for what follows a hyphen, which is no pre-release but a revision of the container or chart, and later than the version
//! without (`1.2.3 < 1.2.3-0 < 1.2.3-1`). Build metadata does not count, and numbers that are not there are 0.
//!
//! # Builds of a version
//!
//! The versions of advisories are those of the software, and no package is without a revision. So who writes `1.2.3` where a
//! version ends a range or is listed means all of its revisions: they lie between its key and its ceiling. A fix in `1.2.3`
//! is in `1.2.3-0`.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `bitnami`.
#[derive(Debug)]
pub struct Bitnami;

impl Scheme for Bitnami {
    const NAME: &'static str = "bitnami";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }

    fn ceiling(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::ceiling(&version))
    }
}

export_scheme!(Bitnami);
