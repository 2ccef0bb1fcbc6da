//! Orders versions of Ruby gems as [RubyGems](https://docs.ruby-lang.org/en/master/Gem/Version.html) does.
//!
//! A version is numbers and words, between dots or side by side (`1.2.b1` is `1.2.b.1`); a hyphen stands for `.pre.`.
//! Numbers compare by their value, words by their bytes, and a word is less than any number: a version with one is a
//! pre-release. What is not there is 0, so that `1.0` is `1`, also before a word. RubyGems takes no text for `0`; here it
//! is no version.
//!
//! The platform that follows a version in file names (`1.10.0-x86_64-linux`) is none of the version. Who writes it there
//! has to leave it out.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `gem`.
#[derive(Debug)]
pub struct Gem;

impl Scheme for Gem {
    const NAME: &'static str = "gem";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        version::segments(version).map(|segments| key::of(&segments))
    }
}

export_scheme!(Gem);
