//! Orders versions of R packages as
//! [`package_version`](https://stat.ethz.ch/R-manual/R-devel/library/base/html/numeric_version.html) of R does.
//!
//! A version is numbers between dots or hyphens, which are the same (`1.2-3` is `1.2.3`). They compare by their value, one
//! after the other, and what is not there is 0: `1.0` is `1.0.0`. So R compares them where a package requires another. (Its
//! function `compareVersion` does otherwise, and puts the shorter one first.) There is no pre-release; R asks for two
//! numbers of a package, and has one here too, as advisories write it.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `cran`.
#[derive(Debug)]
pub struct Cran;

impl Scheme for Cran {
    const NAME: &'static str = "cran";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Cran);
