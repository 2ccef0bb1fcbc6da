//! Reads what is published of Root.io.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_rootio::Root;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["cve_feed", "osv"] {
        if let Ok(collected) = feeds::parse::<Root>(source, data) {
            contract::check_collected(&collected, "https://api.root.io/external/");
        }
    }
});
