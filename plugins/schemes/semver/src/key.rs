//! How a version becomes bytes: its three numbers, then its pre-release, as `limpid_versions` writes it.

use limpid_plugin_sdk::scheme::KeyWriter;
use limpid_versions::{identifier, pre_release};

use crate::version::Version;

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let length = version.numbers.iter().map(|number| number.len()).sum::<usize>() + version.pre_release.len();
    let mut key = KeyWriter::with_capacity(2 * length + 8);
    for number in version.numbers {
        key.number(number);
    }
    pre_release(&mut key, version.pre_release, identifier);
    key.finish()
}

#[cfg(test)]
mod tests;
