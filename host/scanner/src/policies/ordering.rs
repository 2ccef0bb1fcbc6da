//! Versions of ranges in VEX documents, in the order of scheme plugins.
//!
//! Which scheme orders a range is known with the package that it is held against, so that plugins are asked when a
//! report comes upon a range, once for each version.

use std::collections::HashMap;

use limpid_model::Digest;
use limpid_policy::Order;
use limpid_runtime::Snapshot;
use parking_lot::Mutex;

/// Versions whose keys are kept at most.
const KEPT: usize = 65_536;

/// Keys of versions, by the component that computed them. What it cannot order has none.
#[derive(Debug, Default)]
pub(super) struct KnownKeys(Mutex<HashMap<(Digest, String), Option<Vec<u8>>>>);

/// Who orders the versions of ranges.
#[derive(Debug)]
pub(crate) struct Ordering<'s> {
    pub(super) plugins: &'s Snapshot,
    pub(super) versions_a_call: usize,
    pub(super) known: &'s KnownKeys,
}

impl Order for Ordering<'_> {
    fn keys(&self, scheme: &str, versions: &[&str]) -> Vec<Option<Vec<u8>>> {
        let Some(plugin) = self.plugins.scheme(scheme) else { return Vec::new() };
        let component = plugin.plugin().digest;
        let place = |version: &str| (component, version.to_owned());
        let mut unknown: Vec<&str> = {
            let known = self.known.0.lock();
            versions.iter().copied().filter(|version| !known.contains_key(&place(version))).collect()
        };
        unknown.sort_unstable();
        unknown.dedup();
        let mut asked = HashMap::new();
        // Not under the lock: a plugin takes its time.
        for versions in unknown.chunks(self.versions_a_call.max(1)) {
            match plugin.keys("a range of VEX", versions) {
                Ok(keys) => {
                    let keys = keys.iter().map(|key| key.ok().map(<[u8]>::to_vec));
                    asked.extend(versions.iter().map(|version| place(version)).zip(keys));
                }
                Err(failure) => {
                    tracing::warn!(scheme, "versions of VEX documents are not ordered: {failure}");
                    return Vec::new();
                }
            }
        }
        let mut known = self.known.0.lock();
        if known.len() + asked.len() > KEPT {
            known.clear();
        }
        let key = |version: &&str| {
            let place = place(version);
            known.get(&place).or_else(|| asked.get(&place)).cloned().flatten()
        };
        let keys = versions.iter().map(key).collect();
        known.extend(asked);
        keys
    }
}
