//! Reads updateinfo, the index of a repository, a mirror list and the catalog of extras of Amazon Linux.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_amazon::Amazon;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    let sources = ["2/core/x86_64", "2/core/x86_64@2/core/0123/repomd", "2/core/x86_64/mirrors", "2/extras"];
    for source in sources {
        if let Ok(collected) = feeds::parse::<Amazon>(source, data) {
            contract::check_collected(&collected, "https://cdn.amazonlinux.com/");
        }
    }
});
