//! Reads apk's database of what is installed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_apk::Apk;
use limpid_fuzz::contract::{check_detector, files};

fuzz_target!(|data: &[u8]| check_detector::<Apk>(&files(
    data,
    &["lib/apk/db/installed", "usr/lib/apk/db/installed"]
)));
