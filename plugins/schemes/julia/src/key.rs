//! How a version becomes bytes: its three numbers, its pre-release and its build, as `limpid_versions` writes them.

use limpid_plugin_sdk::scheme::KeyWriter;
use limpid_versions::{any_build, build, identifier, pre_release};

use crate::version::{Build, PreRelease, Version};

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let mut key = release(version);
    match version.build {
        Build::None => build(&mut key, None, identifier),
        Build::Of(identifiers) => build(&mut key, Some(identifiers), identifier),
        Build::Last => any_build(&mut key),
    }
    key.finish()
}

/// The greatest key of the builds that a version stands for: all, where it names none.
pub(crate) fn ceiling(version: &Version<'_>) -> Vec<u8> {
    match version.build {
        Build::None => of(&Version { build: Build::Last, ..*version }),
        _ => of(version),
    }
}

/// The key of a version up to its build.
fn release(version: &Version<'_>) -> KeyWriter {
    let length = version.numbers.iter().map(|number| number.len()).sum::<usize>();
    let mut key = KeyWriter::with_capacity(2 * length + 16);
    for number in version.numbers {
        key.number(number);
    }
    match version.pre_release {
        // No identifiers at all are before others.
        PreRelease::First => build(&mut key, None, identifier),
        PreRelease::Of(identifiers) => pre_release(&mut key, identifiers, identifier),
        PreRelease::Release => pre_release(&mut key, "", identifier),
    }
    key
}

#[cfg(test)]
mod tests;
