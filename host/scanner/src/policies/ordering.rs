//! Versions of ranges in VEX documents, in the order of scheme plugins.
//!
//! Which scheme orders a range is known with the package that it is held against, so that plugins are asked when a
//! report comes upon a range, once for each version.

use std::collections::HashMap;

use limpid_model::Digest;
use limpid_policy::Order;
use limpid_runtime::Snapshot;
use parking_lot::Mutex;

/// Bytes of versions and their keys that are kept at most.
const KEPT_BYTES: usize = 16 << 20;

/// Keys of versions that were asked for.
#[derive(Debug, Default)]
pub(super) struct KnownKeys(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    keys: Keys,
    bytes: usize,
}

/// By the component that computed them. What it cannot order has none.
type Keys = HashMap<(Digest, String), Option<Vec<u8>>>;

impl Kept {
    fn add(&mut self, more: Keys) {
        let bytes = |((_, version), key): (&(Digest, String), &Option<Vec<u8>>)| {
            size_of::<Digest>() + version.len() + key.as_ref().map_or(0, Vec::len)
        };
        let more_bytes: usize = more.iter().map(bytes).sum();
        if self.bytes.saturating_add(more_bytes) > KEPT_BYTES {
            *self = Self::default();
        }
        // What is more than all that may be kept is asked for again.
        if more_bytes <= KEPT_BYTES {
            self.bytes += more_bytes;
            self.keys.extend(more);
        }
    }
}

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
        let mut found: HashMap<&str, Option<Vec<u8>>> = HashMap::new();
        {
            let known = self.known.0.lock();
            found.extend(versions.iter().filter_map(|it| Some((*it, known.keys.get(&place(it))?.clone()))));
        }
        let mut unknown: Vec<&str> =
            versions.iter().copied().filter(|version| !found.contains_key(version)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        // Not under the lock: a plugin takes its time.
        for versions in unknown.chunks(self.versions_a_call.max(1)) {
            match plugin.keys("a range of VEX", versions) {
                Ok(keys) => {
                    let keys = keys.iter().map(|key| key.ok().map(<[u8]>::to_vec));
                    found.extend(versions.iter().copied().zip(keys));
                }
                Err(failure) => {
                    tracing::warn!(scheme, "versions of VEX documents are not ordered: {failure}");
                    return Vec::new();
                }
            }
        }
        let key = |version: &str| found.get(version).cloned().flatten();
        if !unknown.is_empty() {
            let asked = unknown.iter().map(|version| (place(version), key(version)));
            self.known.0.lock().add(asked.collect());
        }
        versions.iter().map(|version| key(version)).collect()
    }
}
