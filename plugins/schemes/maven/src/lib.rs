//! Orders versions of Maven artifacts as
//! [Maven](https://maven.apache.org/pom.html#version-order-specification) does: as its class `ComparableVersion`
//! in Maven 4. Maven 3.9 differs where qualifiers follow each other, or a dot stands behind one (`1-rc.2` is after `1-rc1`
//! there, and before it here).
//!
//! A version is split at dots, at hyphens and where digits and letters meet. Numbers compare by their value, and words
//! as `alpha < beta < milestone < rc < snapshot < "" < sp <` all others, whatever the case of their letters. Zeros at
//! the end of what a hyphen or such a change ends do not count. Every text has an order; none but the empty text is
//! refused here.
//!
//! # Where Maven has no order
//!
//! `ComparableVersion` puts words before lists (what follows a hyphen), whatever is in them, though a list of `alpha`
//! is less than nothing and a word like `sp` is more: `1-alpha < 1 < 1.sp.1 < 1-alpha`. So does
//! `1.Final-redhat-1`. Such circles need a word behind a dot that something follows, two hyphens in a row, or a zero
//! before a list of lists. In all of them, what is less than nothing is before what is more than nothing here. Maven also
//! takes `1-ga1` and `1-ga2` for equal to `1`, but not to each other. Here they follow `1`.

mod key;
mod version;

use limpid_plugin_sdk::export_scheme;
use limpid_plugin_sdk::scheme::Scheme;

/// The scheme `maven`.
#[derive(Debug)]
pub struct Maven;

impl Scheme for Maven {
    const NAME: &'static str = "maven";

    fn key(version: &str) -> Result<Vec<u8>, String> {
        if version.trim().is_empty() {
            return Err("the version is empty".to_owned());
        }
        Ok(key::of(&version::Version::parse(&version.to_lowercase())))
    }
}

export_scheme!(Maven);
