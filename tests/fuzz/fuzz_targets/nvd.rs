//! Reads pages of the NVD's API.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_nvd::Nvd;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["cves", "cves modified 2024-05-01T00:00:00 to 2024-08-28T00:00:00", "handed in"] {
        if let Ok(collected) = feeds::parse::<Nvd>(source, data) {
            contract::check_collected(&collected, "https://services.nvd.nist.gov/");
        }
    }
});
