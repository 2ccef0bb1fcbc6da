//! Orders versions of Dart packages as [pub](https://dart.dev/tools/pub/versioning) does, with its library
//! [pub_semver](https://pub.dev/documentation/pub_semver/latest/pub_semver/Version-class.html). Versions that leave their last
//! numbers out have 0 there.
//!
//! Unlike in Semantic Versioning, build metadata counts: `1.0.0+1` is a later version than `1.0.0`, and authors publish such.
//! So it is no build of that here either. An identifier is a number where Dart reads it as an integer of 64 bits: `-5` is one,
//! and so is `0x1f`.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `pub`.
#[derive(Debug)]
pub struct Pub;

impl Scheme for Pub {
    const NAME: &'static str = "pub";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Pub);
