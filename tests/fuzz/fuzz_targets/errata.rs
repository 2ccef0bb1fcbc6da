//! Reads the errata of AlmaLinux.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_almalinux::AlmaLinux;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["9", "handed-in.json"] {
        if let Ok(collected) = feeds::parse::<AlmaLinux>(source, data) {
            contract::check_collected(&collected, "https://errata.almalinux.org/");
        }
    }
});
