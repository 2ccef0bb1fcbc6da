//! Reads lists of all files of a mirror, and what the repositories that they name hold.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_fedora::Fedora;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    let repository = "fedora/linux/updates/40/Everything/x86_64";
    for source in ["fedora/files", "archive/files", repository, &format!("{repository}/repomd")] {
        if let Ok(collected) = feeds::parse::<Fedora>(source, data) {
            contract::check_collected(&collected, "https://dl.fedoraproject.org/pub/");
        }
    }
});
