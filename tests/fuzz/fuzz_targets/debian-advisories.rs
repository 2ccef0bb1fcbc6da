//! Reads Debian's lists of advisories.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_debian_advisories::Advisories;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["DSA", "handed-in"] {
        if let Ok(collected) = feeds::parse::<Advisories>(source, data) {
            contract::check_collected(&collected, "https://salsa.debian.org/");
        }
    }
});
