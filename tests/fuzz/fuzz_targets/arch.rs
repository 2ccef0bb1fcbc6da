//! Reads what is published of Arch Linux.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_arch::Arch;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["all"] {
        if let Ok(collected) = feeds::parse::<Arch>(source, data) {
            contract::check_collected(&collected, "https://security.archlinux.org/");
        }
    }
});
