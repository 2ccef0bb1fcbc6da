//! Reads documents of the Ruby Advisory Database.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_ruby_advisory_db::RubyAdvisoryDb;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["advisories", "handed-in"] {
        if let Ok(collected) = feeds::parse::<RubyAdvisoryDb>(source, data) {
            contract::check_collected(&collected, "https://github.com/");
        }
    }
});
