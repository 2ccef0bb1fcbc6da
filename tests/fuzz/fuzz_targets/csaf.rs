//! Reads CSAF documents of Red Hat, and its lists of changes, deletions and the archive; and documents of SUSE.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_redhat::RedHat;
use limpid_feed_suse::Suse;
use limpid_fuzz::{contract, feeds};

fuzz_target!(|data: &[u8]| {
    for source in ["vex", "changes since 2024-05-01T00:00:00+00:00", "changes", "archive", "handed in"] {
        if let Ok(collected) = feeds::parse::<RedHat>(source, data) {
            contract::check_collected(&collected, "https://security.access.redhat.com/data/csaf/v2/vex/");
        }
    }
    for source in ["vex", "handed in"] {
        if let Ok(collected) = feeds::parse::<Suse>(source, data) {
            contract::check_collected(&collected, "https://ftp.suse.com/pub/projects/security/");
        }
    }
});
