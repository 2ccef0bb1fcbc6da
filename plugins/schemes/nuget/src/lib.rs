//! Orders versions of NuGet packages as [NuGet](https://learn.microsoft.com/nuget/concepts/package-versioning) does: as its
//! library `NuGet.Versioning` by default.
//!
//! A version has one to four numbers, of which those that are not there are 0 (`1` is `1.0.0.0`), and labels of a
//! pre-release. Letters compare whatever their case. A label is a number where 32 bits with a sign hold it (`-5` is one),
//! and numbers are before texts; a longer one, such as a date with a time, is text. Metadata behind a `+` does not count.
//! Zeros in front of a label that is a number do not either, though NuGet takes no such version.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `nuget`.
#[derive(Debug)]
pub struct Nuget;

impl Scheme for Nuget {
    const NAME: &'static str = "nuget";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Nuget);
