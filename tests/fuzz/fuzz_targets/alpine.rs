//! Reads secdb's index and its documents.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_alpine::Alpine;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["index", "v3.20/main.json"] {
        if let Ok(collected) = feeds::parse::<Alpine>(source, data) {
            contract::check_collected(&collected, "https://secdb.alpinelinux.org/");
        }
    }
});
