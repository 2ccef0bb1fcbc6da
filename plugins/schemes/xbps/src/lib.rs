//! Orders versions of XBPS packages (Void Linux), `version_revision`, as `xbps_cmpver` of
//! [libxbps](https://github.com/void-linux/xbps/blob/master/lib/external/dewey.c) does.
//!
//! It reads a version as a list of numbers, of which a missing one is 0: `1.0` is `1`. A dot is a number as well, 0, so
//! that `1.2` is the list 1, 0, 2. Letters are numbers by their place in the alphabet, whatever their case, and the words
//! `alpha`, `beta`, `pre` and `rc` are less than 0. All else (`-`, `+`, `:`, `~`) separates numbers and counts for
//! nothing. The revision decides last.
//!
//! Numbers are compared by their values, however long they are. libxbps computes in 32 bits, and what it does with
//! greater ones is not defined; Void's packages have none.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

use version::Version;

/// The scheme `xbps`.
#[derive(Debug)]
pub struct Xbps;

impl Scheme for Xbps {
    const NAME: &'static str = "xbps";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Xbps);
