//! Orders versions of Python packages as
//! [PEP 440](https://packaging.python.org/en/latest/specifications/version-specifiers/#summary-of-permitted-suffixes-and-relative-ordering)
//! does.
//!
//! What is a version is what its appendix on parsing takes for one: all the spellings that it
//! normalises (`v1.0-Alpha.1`, `1.0c1`, `1.0-1`), but not the versions from before it (`2004d`, `1.0-SNAPSHOT`),
//! for which it knows no order. Those have no key.
//!
//! # Builds of a version
//!
//! A local version (`2.6.0+cpu`) is a build of its public version. Where a specifier names a public
//! version, the local part of what it is compared with does not count: `==2.6.0` and `<=2.6.0` contain
//! `2.6.0+cpu`, [as PEP 440 has it](https://packaging.python.org/en/latest/specifications/version-specifiers/#version-matching).
//! So the local versions of `2.6.0` lie between its key and its ceiling. Who names a local version
//! means that one. Post-releases and pre-releases are versions of their own.

mod key;
mod scanner;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `pep440`.
#[derive(Debug)]
pub struct Pep440;

impl Scheme for Pep440 {
    const NAME: &'static str = "pep440";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }

    fn ceiling(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::ceiling(&version))
    }
}

export_scheme!(Pep440);
