//! Reads records of the GitHub Advisory Database.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_ghsa::Ghsa;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["advisories", "handed-in"] {
        if let Ok(collected) = feeds::parse::<Ghsa>(source, data) {
            contract::check_collected(&collected, "https://github.com/");
        }
    }
});
