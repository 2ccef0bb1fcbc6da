//! Reads executables as those who look for Go and Rust in them do, and a `Cargo.lock`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_go::Go;
use limpid_detector_rust::Rust;
use limpid_fuzz::contract::check_detector;
use limpid_plugin_sdk::detector::File;

fuzz_target!(|data: &[u8]| {
    let executable = [File::in_memory("usr/bin/a", data)];
    check_detector::<Go>(&executable);
    check_detector::<Rust>(&executable);
    check_detector::<Rust>(&[File::in_memory("a/Cargo.lock", data)]);
});
