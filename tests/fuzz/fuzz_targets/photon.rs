//! Reads what is published of Photon OS.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_photon::Photon;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["releases", "5.0", "handed-in"] {
        if let Ok(collected) = feeds::parse::<Photon>(source, data) {
            contract::check_collected(
                &collected,
                "https://packages.broadcom.com/photon/photon_cve_metadata/",
            );
        }
    }
});
