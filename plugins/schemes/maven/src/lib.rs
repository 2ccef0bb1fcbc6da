//! Orders versions of Maven artifacts as
//! [Maven](https://maven.apache.org/pom.html#version-order-specification) does: as its class `ComparableVersion` in Maven
//! 3.9. (Maven 4 takes a word with digits for one item, so that `1-rc.2` is before `1-rc1` there, against its own
//! specification.)
//!
//! A version is split at dots, at hyphens and where digits and letters meet, which is as a hyphen. Numbers compare by
//! their value, and words as `alpha < beta < milestone < rc < snapshot < "" < sp <` all others, whatever the case of their
//! letters. Zeros and words like `final` do not count at the end of what a hyphen ends. Every text has an order; only the
//! empty text is refused here.
//!
//! # Where Maven has no order
//!
//! `ComparableVersion` puts words before lists (what follows a hyphen), and those before numbers, whatever is in them,
//! though a list of `alpha` is less than nothing and a word like `sp` is more: `1-alpha < 1 < 1.sp.1 < 1-alpha`. Such
//! circles need a word between dots, or two hyphens in a row. In all of them, what is less than nothing is before what is
//! more than nothing here.

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
