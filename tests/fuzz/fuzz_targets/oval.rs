//! Reads OVAL definitions, as those of each publisher that writes them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_feed_altlinux::AltLinux;
use limpid_feed_azure_linux::AzureLinux;
use limpid_feed_oracle::Oracle;
use limpid_feed_suse::Suse;
use limpid_fuzz::{contract, feeds};

const SUSE: &str = "https://ftp.suse.com/pub/projects/security/oval/";
const ALT: &str = "https://rdb.altlinux.org/api/errata/export/oval/";

fuzz_target!(|data: &[u8]| {
    let parsed = [
        feeds::parse::<AzureLinux>("handed in", data),
        feeds::parse::<Oracle>("elsa-all", data),
        feeds::parse::<Suse>("opensuse.12.1", data),
        feeds::parse::<Suse>("index", data),
    ];
    for collected in parsed.into_iter().flatten() {
        contract::check_collected(&collected, SUSE);
    }
    for source in ["branches", "p10"] {
        if let Ok(collected) = feeds::parse::<AltLinux>(source, data) {
            contract::check_collected(&collected, ALT);
        }
    }
});
