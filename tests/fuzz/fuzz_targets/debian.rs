//! Reads the JSON of the Debian security tracker.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_debian::Debian;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    if let Ok(collected) = feeds::parse::<Debian>("tracker", data) {
        contract::check_collected(&collected, "https://security-tracker.debian.org/");
    }
});
