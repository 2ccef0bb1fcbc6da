//! Orders versions of Gentoo packages as the
//! [Package Manager Specification](https://projects.gentoo.org/pms/8/pms.html#version-comparison) does, and Portage.
//!
//! A version has numbers (`1.2.3`), a letter, suffixes (`_rc1`, `_p20240101`) and a revision (`-r1`). Each version is
//! one build.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

use version::Version;

/// The scheme `portage`.
#[derive(Debug)]
pub struct Portage;

impl Scheme for Portage {
    const NAME: &'static str = "portage";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Portage);
