//! Reads what is published of Gentoo.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_gentoo::Gentoo;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["glsa", "handed-in"] {
        if let Ok(collected) = feeds::parse::<Gentoo>(source, data) {
            contract::check_collected(&collected, "https://distfiles.gentoo.org/");
        }
    }
});
