//! Orders Alpine package versions as apk-tools does.
//!
//! The order is that of apk-tools 3. apk-tools 2 differs from it in two corners: of numbers with
//! leading zeros it puts the one with more zeros first (`8.2.001 < 8.2.0`), and it knows no commit
//! hashes (`1.0~1234`). A text that `apk version --check` calls invalid has no key.

mod key;
mod token;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `apk`.
#[derive(Debug)]
pub struct Apk;

impl Scheme for Apk {
    const NAME: &'static str = "apk";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        key::of(version)
    }
}

export_scheme!(Apk);
