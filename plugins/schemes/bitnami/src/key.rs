//! How a version becomes bytes: its three numbers, then its revision as `limpid_versions` writes a build.

use limpid_plugin_sdk::scheme::KeyWriter;
use limpid_versions::{any_build, build, identifier};

use crate::version::Version;

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let mut key = release(version);
    let revision = version.0.pre_release;
    build(&mut key, (!revision.is_empty()).then_some(revision), identifier);
    key.finish()
}

/// The greatest key of the revisions that a version stands for: all, where it names none.
pub(crate) fn ceiling(version: &Version<'_>) -> Vec<u8> {
    if !version.0.pre_release.is_empty() {
        return of(version);
    }
    let mut key = release(version);
    any_build(&mut key);
    key.finish()
}

/// The key of a version up to its revision.
fn release(version: &Version<'_>) -> KeyWriter {
    let parts = &version.0;
    let mut key = KeyWriter::with_capacity(parts.length());
    for number in parts.numbers {
        key.number(number);
    }
    key
}

#[cfg(test)]
mod tests;
