//! Reads EPSS scores.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_epss::Epss;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    if let Ok(collected) = feeds::parse::<Epss>("scores", data) {
        contract::check_collected(&collected, "https://epss.empiricalsecurity.com/");
    }
});
