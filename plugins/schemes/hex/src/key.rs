//! How a version becomes bytes: its three numbers, then its pre-release, as `limpid_versions` writes it.

use limpid_plugin_sdk::scheme::KeyWriter;
use limpid_versions::{identifier, pre_release};

use crate::version::Version;

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let parts = &version.0;
    let mut key = KeyWriter::with_capacity(parts.length());
    for number in parts.numbers {
        key.number(number);
    }
    pre_release(&mut key, parts.pre_release, identifier);
    key.finish()
}

#[cfg(test)]
mod tests;
