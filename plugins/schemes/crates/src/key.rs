//! How a version becomes bytes: its three numbers, its pre-release and its build, as `limpid_versions` writes them.
//!
//! In a build, a number is followed by how many digits it has, because zeros before it make it greater.

use limpid_plugin_sdk::scheme::KeyWriter;
use limpid_versions::{any_build, build, identifier, pre_release};

use crate::version::Version;

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let mut key = release(version);
    build(&mut key, version.0.build, |key, text| {
        identifier(key, text);
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            key.number(&text.len().to_string());
        }
    });
    key.finish()
}

/// The greatest key of the builds that a version stands for: all, where it names none.
pub(crate) fn ceiling(version: &Version<'_>) -> Vec<u8> {
    if version.0.build.is_some() {
        return of(version);
    }
    let mut key = release(version);
    any_build(&mut key);
    key.finish()
}

/// The key of a version up to its build.
fn release(version: &Version<'_>) -> KeyWriter {
    let parts = &version.0;
    let mut key = KeyWriter::with_capacity(parts.length());
    for number in parts.numbers {
        key.number(number);
    }
    pre_release(&mut key, parts.pre_release, identifier);
    key
}

#[cfg(test)]
mod tests;
