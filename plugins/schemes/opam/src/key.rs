//! How a version becomes bytes: its two parts, each as `limpid_versions` writes one of Debian.

use limpid_plugin_sdk::scheme::KeyWriter;
use limpid_versions::debian_part;

use crate::version::Version;

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let mut key = KeyWriter::with_capacity(2 * (version.version.len() + version.revision.len()) + 10);
    debian_part(&mut key, version.version);
    debian_part(&mut key, version.revision);
    key.finish()
}

#[cfg(test)]
mod tests;
