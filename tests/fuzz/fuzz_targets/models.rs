//! Reads the heads of files of machine learning models.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_models::Models;
use limpid_fuzz::contract::check_detector;
use limpid_plugin_sdk::detector::File;

fuzz_target!(|data: &[u8]| {
    check_detector::<Models>(&[File::in_memory("models/a.gguf", data)]);
    check_detector::<Models>(&[File::in_memory("models/a.safetensors", data)]);
});
