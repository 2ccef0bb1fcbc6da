//! How a version becomes bytes: its epoch, then its upstream version and its revision, each as
//! `limpid_versions::debian_part` writes them.

use limpid_plugin_sdk::scheme::KeyWriter;
use limpid_versions::debian_part;

use crate::version::Version;

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let length = version.epoch.len() + version.upstream.len() + version.revision.len();
    let mut key = KeyWriter::with_capacity(2 * length + 10);
    key.number(version.epoch);
    debian_part(&mut key, version.upstream);
    debian_part(&mut key, version.revision);
    key.finish()
}

#[cfg(test)]
mod tests;
