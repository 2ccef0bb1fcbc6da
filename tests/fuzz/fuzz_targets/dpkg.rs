//! Reads the databases of dpkg and of distroless images.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_dpkg::Dpkg;
use limpid_fuzz::contract::{check_detector, files};

const PATHS: &[&str] = &[
    "var/lib/dpkg/status",
    "var/lib/dpkg/status.d/base",
    "var/lib/dpkg/status.d/base.md5sums",
    "var/lib/dpkg/info/libc6:amd64.list",
    "var/lib/dpkg/updates/0000",
    "var/lib/dpkg/info/base.md5sums",
    "var/lib/dpkg/diversions",
];

fuzz_target!(|data: &[u8]| check_detector::<Dpkg>(&files(data, PATHS)));
