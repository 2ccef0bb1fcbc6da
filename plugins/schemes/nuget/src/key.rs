//! How a version becomes bytes: its four numbers, then its labels, as `limpid_versions` writes a pre-release.

use limpid_plugin_sdk::scheme::KeyWriter;
use limpid_versions::{integer, pre_release};

use crate::version::Version;

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let parts = &version.0;
    let mut key = KeyWriter::with_capacity(parts.length());
    for number in parts.numbers {
        key.number(number);
    }
    pre_release(&mut key, parts.pre_release, label);
    key.finish()
}

/// NuGet reads numbers of labels into 32 bits, with their signs, and compares texts in upper case.
fn label(key: &mut KeyWriter, text: &str) {
    let within = i64::from(i32::MIN)..=i64::from(i32::MAX);
    integer(key, text.parse().ok(), within, &text.to_ascii_uppercase());
}

#[cfg(test)]
mod tests;
