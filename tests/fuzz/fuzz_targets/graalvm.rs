//! Reads the bills of materials in programs of GraalVM.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_graalvm::GraalVm;
use limpid_fuzz::contract::{check_detector, files};

fuzz_target!(|data: &[u8]| check_detector::<GraalVm>(&files(data, &["usr/bin/app"])));
