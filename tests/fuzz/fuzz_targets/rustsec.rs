//! Reads documents of the RustSec Advisory Database.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_rustsec::RustSec;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["advisories", "handed-in"] {
        if let Ok(collected) = feeds::parse::<RustSec>(source, data) {
            contract::check_collected(&collected, "https://github.com/");
        }
    }
});
