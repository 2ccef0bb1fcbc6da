//! Reads what is published of Echo.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_echo::Echo;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["data", "osv"] {
        if let Ok(collected) = feeds::parse::<Echo>(source, data) {
            contract::check_collected(&collected, "https://advisory.echohq.com/");
        }
    }
});
