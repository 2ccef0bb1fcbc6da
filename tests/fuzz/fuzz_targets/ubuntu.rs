//! Reads Ubuntu's OVAL definitions, files of its CVE tracker, and the page that lists documents.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_ubuntu::Ubuntu;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["tracker", "oval/jammy", "releases"] {
        if let Ok(collected) = feeds::parse::<Ubuntu>(source, data) {
            contract::check_collected(&collected, "https://security-metadata.canonical.com/");
        }
    }
});
