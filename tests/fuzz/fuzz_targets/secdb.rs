//! Reads the one document of a distribution that rolls, in the form of secdb.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_wolfi::Wolfi;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    if let Ok(collected) = feeds::parse::<Wolfi>("security", data) {
        contract::check_collected(&collected, "https://packages.wolfi.dev/");
    }
});
