//! Reads documents of the PHP Security Advisories Database.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_friendsofphp::FriendsOfPhp;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["advisories", "handed-in"] {
        if let Ok(collected) = feeds::parse::<FriendsOfPhp>(source, data) {
            contract::check_collected(&collected, "https://github.com/");
        }
    }
});
