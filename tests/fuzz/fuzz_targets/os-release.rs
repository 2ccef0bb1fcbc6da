//! Reads what states the distribution.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_os_release::{FILES, OsRelease};
use limpid_fuzz::contract::{check_detector, files};

fuzz_target!(|data: &[u8]| {
    let paths = [FILES.as_slice(), &["etc/apk/repositories"]].concat();
    check_detector::<OsRelease>(&files(data, &paths));
});
