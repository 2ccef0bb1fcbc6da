//! Reads CISA's catalog of known exploited vulnerabilities.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_kev::Kev;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    if let Ok(collected) = feeds::parse::<Kev>("catalog", data) {
        contract::check_collected(&collected, "https://www.cisa.gov/");
    }
});
