//! Orders versions of Perl distributions as [`version`](https://metacpan.org/pod/version) of Perl does.
//!
//! There are two kinds. What begins with `v` or has two dots is *dotted*: numbers that compare one after the other. All
//! else is *decimal*, a fraction of which each three digits are a number of the dotted form: `1.5` is `v1.500`, and
//! comes after `1.10`, which is `v1.100`. What is not there is 0: `v1.2` is `v1.2.0`. Underscores, which say that it is a
//! version for trial, are left out, as `version` does since 0.9913: `1.2_3` is `1.23`, and `v1.2_3` is `v1.23`.
//!
//! Numbers are of any length here; Perl takes those over 2147483647 for that. The suffix `-TRIAL` of what is uploaded is no
//! part of a version.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `cpan`.
#[derive(Debug)]
pub struct Cpan;

impl Scheme for Cpan {
    const NAME: &'static str = "cpan";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::Version::parse(version).map(|version| key::of(&version))
    }
}

export_scheme!(Cpan);
