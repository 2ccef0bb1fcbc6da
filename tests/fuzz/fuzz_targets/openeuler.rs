//! Reads what is published of openEuler.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_openeuler::OpenEuler;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["changes", "OESA-2024-0001"] {
        if let Ok(collected) = feeds::parse::<OpenEuler>(source, data) {
            contract::check_collected(&collected, "https://repo.openeuler.org/security/data/osv/");
        }
    }
});
