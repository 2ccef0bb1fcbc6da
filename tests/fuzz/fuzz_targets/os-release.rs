//! Reads what states the distribution.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_os_release::{FILES, OsRelease};
use limpid_fuzz::contract::{check_detector, files};

/// Where packages come from.
const OTHERS: [&str; 3] = [
    "etc/apk/repositories",
    "etc/apt/sources.list.d/ubuntu-esm-infra.list",
    "etc/apt/sources.list.d/ubuntu-esm-apps.sources",
];

fuzz_target!(|data: &[u8]| {
    let paths = [FILES.as_slice(), &OTHERS].concat();
    check_detector::<OsRelease>(&files(data, &paths));
});
