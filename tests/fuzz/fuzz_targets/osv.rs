//! Reads records in the OSV schema, the index of ecosystems and the list of changes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_osv::Osv;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["npm", "changes", "changes since 2024-05-01T00:00:00Z", "ecosystems"] {
        if let Ok(collected) = feeds::parse::<Osv>(source, data) {
            contract::check_collected(&collected, "https://osv-vulnerabilities.storage.googleapis.com/");
        }
    }
});
